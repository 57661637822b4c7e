"""Counts in words: one photo, two photos."""


def pluralise(count: int, noun: str) -> str:
    """Return the count with its noun, in the singular for one: ``1 photo``, ``1,374 photos``. The noun takes an s."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def leave(count: int, noun: str) -> str:
    """Return that a count of things is left: ``1 photo is left``, ``3 photos are left``."""
    return f"{pluralise(count, noun)} {'is' if count == 1 else 'are'} left"
