"""Draw shop signs: real words in Latin, Cyrillic and Greek, imitations of other scripts (letters.yaml).

Pillow's built-in font knows ASCII alone, and a project that runs anywhere counts on no other. So marks, Cyrillic and
Greek capitals are strokes of our own.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sextant.base.yaml_text import parse_yaml
from sextant.gallery.synthetic.facts import CountryStyle

CAP_PIXELS = 42  # height of a capital as drawn; signs scale it
ROOM_PIXELS = 18  # above and below a capital, for marks and descenders
ADVANCE = 1.28  # of a stroke letter, in widths of its grid
IMITATED_GLYPHS = (3, 5)  # of a word, least and most


def draw_sign_text(country: CountryStyle, rng: np.random.Generator) -> Image.Image:
    """Draw one shop word of a country as a mask (mode L, ink 255), cut to the ink from side to side."""
    if country.words:
        mask = _choose_letters(country.words[int(rng.integers(len(country.words)))])
    else:
        mask = _imitate(country.script, rng)
    left, _, right, _ = mask.getbbox() or (0, 0, *mask.size)
    return mask.crop((left, 0, right, mask.height))


@cache
def _choose_letters(word: str) -> Image.Image:
    letters = _load_table()
    mask, pen = _make_paper(len(word)), ROOM_PIXELS
    draw = ImageDraw.Draw(mask)
    for base, marks in _add_marks(word):
        if base in letters["letters"]:
            width = _draw_strokes(draw, letters["letters"][base], pen, ROOM_PIXELS)
        else:
            width = _draw_letter(draw, letters["alike"].get(base, base), pen)
        _draw_strokes(draw, letters["over"].get(base, ()), pen, ROOM_PIXELS, width)
        for mark in marks:
            _draw_strokes(draw, letters["marks"]["above"].get(mark, ()), pen, ROOM_PIXELS - 17, width)
            _draw_strokes(draw, letters["marks"]["below"].get(mark, ()), pen, ROOM_PIXELS + CAP_PIXELS + 3, width)
        pen += width + CAP_PIXELS // 6
    return mask


def _imitate(script: str, rng: np.random.Generator) -> Image.Image:
    form = _load_table()["imitations"][script]
    glyphs = int(rng.integers(IMITATED_GLYPHS[0], IMITATED_GLYPHS[1] + 1))
    mask, start = _make_paper(glyphs), ROOM_PIXELS
    draw = ImageDraw.Draw(mask)
    width = _measure_grid(4)
    step = width if "line" in form else int(width * ADVANCE)
    for glyph in range(glyphs):
        for slot in form["slots"]:
            _draw_strokes(draw, slot[int(rng.integers(len(slot)))], start + glyph * step, ROOM_PIXELS)
    if "line" in form:
        height = ROOM_PIXELS + _measure_grid(form["line"])
        draw.line([(start, height), (start + glyphs * step, height)], fill=255, width=_compute_pen_width())
    return mask


def _add_marks(word: str) -> list[tuple[str, list[str]]]:
    """Return letters with the code points of their combining marks."""
    result: list[tuple[str, list[str]]] = []
    for character in unicodedata.normalize("NFD", word):
        if unicodedata.combining(character):
            result[-1][1].append(f"{ord(character):04X}")
        else:
            result.append((character, []))
    return result


def _draw_letter(draw: ImageDraw.ImageDraw, letter: str, left: int) -> int:
    """Set a letter of the built-in font; returns its width."""
    font = _load_font()
    draw.text((left, ROOM_PIXELS + CAP_PIXELS), letter, font=font, fill=255, anchor="ls")
    return round(font.getlength(letter))


def _draw_strokes(
    draw: ImageDraw.ImageDraw, strokes: Sequence[str], left: int, top: int, width: int | None = None
) -> int:
    """Draw strokes of letters.yaml with their grid at a position; returns the width of the grid."""
    width = _measure_grid(4) if width is None else width
    half = _compute_pen_width() // 2
    for stroke in strokes:
        if stroke.startswith("o"):
            x, y, radius = (int(digit) for digit in stroke[1:])
            across, down = left + x * width / 4, top + _measure_grid(y)
            reach = _measure_grid(radius) + half
            draw.ellipse((across - reach, down - reach, across + reach, down + reach), outline=255, width=2 * half)
        else:
            digits = [int(digit) for digit in stroke]
            points = [
                (left + x * width / 4, top + _measure_grid(y)) for x, y in zip(digits[::2], digits[1::2], strict=True)
            ]
            draw.line(points, fill=255, width=_compute_pen_width(), joint="curve")
    return width


def _make_paper(letters: int) -> Image.Image:
    return Image.new("L", (2 * ROOM_PIXELS + letters * 2 * CAP_PIXELS, CAP_PIXELS + 2 * ROOM_PIXELS))


def _measure_grid(steps: float) -> int:
    return round(steps * CAP_PIXELS / 6)


def _compute_pen_width() -> int:
    return CAP_PIXELS // 7


@cache
def _load_font() -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(CAP_PIXELS / 0.7)  # a capital of this font is 0.7 of its size
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow is built with FreeType"
    return font


@cache
def _load_table() -> dict[str, Any]:
    table: dict[str, Any] = parse_yaml(
        (files("sextant.gallery.synthetic") / "letters.yaml").read_text(encoding="utf-8")
    )
    return table
