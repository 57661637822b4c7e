"""Quote untrusted text (signs, captions, tool results, other models' answers), against prompt injection.

Such text reaches a model only inside a block that names its source and that the text cannot close:

    <quoted from="read_text">
    | RUE DE RIVOLI
    </quoted>

Inside, every line begins with a bar, and angle brackets, control and invisible characters are removed, so the text
cannot end the block. Instructions are kept, quoted and reported by ``find_instructions``.
"""

import unicodedata

from sextant.agent.guard.prompt_injection import find_instructions

__all__ = ["LONGEST", "find_instructions", "quote"]

LONGEST = 2000  # characters quoted per source; signs and captions are shorter

_BRACKETS = dict.fromkeys(map(ord, "<＜﹤‹«〈⟨《≪❮❰˂ᐸ"), "(") | dict.fromkeys(map(ord, ">＞﹥›»〉⟩》≫❯❱˃ᐳ"), ")")
_BREAKS = dict.fromkeys(map(ord, "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), "\n")
# Invisible letters and marks: fillers, blank braille, variation selectors.
_BLANK = dict.fromkeys([0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x034F, 0x17B4, 0x17B5], " ")
_SELECTORS = dict.fromkeys([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x180B, 0x180E)], "")
_TABLE: dict[int, str] = {**_BRACKETS, **_BREAKS, **_BLANK, **_SELECTORS}


def quote(text: str, source: str) -> str:
    """Quote a text in a block named after its ``source``.

    Texts longer than LONGEST are cut, and the block says by how much. Equal texts give equal blocks.
    """
    shown = strip_invisible(text[: 4 * LONGEST])
    kept = shown[:LONGEST]
    lines = [f"| {line}" for line in kept.split("\n")] if kept else ["(nothing)"]
    cut = len(shown) - len(kept) + max(0, len(text) - 4 * LONGEST)
    if cut:
        lines.append(f"(cut: about {cut} more characters)")
    return "\n".join([f'<quoted from="{_clean_name(source)}">', *lines, "</quoted>"])


def strip_invisible(text: str) -> str:
    """Remove invisible characters (control, text-direction, zero-width) and padding.

    All kinds of angle brackets become round ones; all kinds of line breaks become one.
    """
    text = text.translate(_TABLE)
    text = "".join(char if char == "\n" else _replace_character(char) for char in text)
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return "\n".join(line for line in lines if line)


def _replace_character(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc":
        return " "
    if category in ("Cf", "Cn", "Co"):
        return ""
    return "\N{REPLACEMENT CHARACTER}" if category == "Cs" else char


def _clean_name(source: str) -> str:
    return "".join(char if char.isascii() and (char.isalnum() or char in " _-.") else "_" for char in source[:40])
