"""Texts for spreadsheets: one that would run as a formula gets an apostrophe before it."""

import unicodedata

# The last four are other minus signs and look-alikes of signs that some spreadsheets read.
FORMULA_SIGNS = ("=", "+", "-", "@", "|", "%", "\u2212", "\u2010", "\u2013", "\u2e40")


def guard_formula(text: str) -> str:
    """Return the text, with an apostrophe before it if a spreadsheet could run it."""
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet could run the text: it trims blanks and reads full-width signs like plain ones."""
    shown = unicodedata.normalize("NFKC", "".join(char for char in text if unicodedata.category(char)[0] != "C"))
    return text[:1] in ("\t", "\r", "\n") or shown.lstrip()[:1] in FORMULA_SIGNS
