"""Text for people: foreign text without control and escape characters (the one sanitizer), and counts with their noun.

A file name, a caption, a model's words or an imported run may hold escape sequences that move the cursor, rename the
window or hide what stands before them, or Unicode controls that turn the direction of writing.
"""

import re

# Cheaper than asking every character of a long text: most texts have none.
_SUSPECT = re.compile(r"[^\n\x20-\x7e]")


def make_printable(text: str) -> str:
    """Return the text with every character that is not printable replaced by a space; line ends stay."""
    return _SUSPECT.sub(lambda found: found[0] if found[0].isprintable() else " ", text)


def escape_controls(json_text: str) -> str:
    r"""Return a JSON document in which every character that is not printable is written as ``\uXXXX``.

    The document keeps its value. ``json.dumps(..., ensure_ascii=False)`` escapes the ASCII controls alone.
    """
    return _SUSPECT.sub(lambda found: found[0] if found[0].isprintable() else _escape(found[0]), json_text)


def _escape(character: str) -> str:
    """Return one character as JSON escapes; beyond the basic plane as a pair of surrogates."""
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD800 + ((code - 0x10000) >> 10):04x}\\u{0xDC00 + ((code - 0x10000) & 0x3FF):04x}"


def pluralise(count: int, noun: str) -> str:
    """Return the count with its noun, in the singular for one: ``1 photo``, ``1,374 photos``. The noun takes an s."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def leave(count: int, noun: str) -> str:
    """Return that a count of things is left: ``1 photo is left``, ``3 photos are left``."""
    return f"{pluralise(count, noun)} {'is' if count == 1 else 'are'} left"
