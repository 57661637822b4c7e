from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.tools import ToolException
from PIL import Image, ImageDraw, ImageFont

from sextant.tools import read_text as read_text_module
from sextant.tools.crops import Box
from sextant.tools.read_text import Reader, ReaderMissing, detect_language, load_reader, make_read_text_tool, read_text
from sextant.tools.scripts import list_scripts

needs_reader = pytest.mark.skipif(find_spec("rapidocr") is None, reason="the extra 'ocr' is not installed")

SIGN = Image.new("RGB", (400, 200), "white")
_draw = ImageDraw.Draw(SIGN)
_draw.text((20, 20), "RUE DE RIVOLI", font=ImageFont.load_default(36), fill="black")
_draw.text((20, 120), "Boulangerie 75001", font=ImageFont.load_default(36), fill="black")


@dataclass
class Found:
    boxes: Any
    txts: Any
    scores: Any


def scripted(*lines: tuple[str, float, tuple[int, int, int, int]]) -> Reader:
    """A reader that reads these lines, each with its score and left, top, right, bottom in pixels."""
    boxes = np.array([[(a, b), (c, b), (c, d), (a, d)] for _, _, (a, b, c, d) in lines], dtype=float)
    found = Found(boxes, tuple(text for text, _, _ in lines), tuple(score for _, score, _ in lines))
    return Reader(
        lambda image: found if lines else Found(None, None, None), frozenset("abcdefghijklmnopqrstuvwxyzäéñß")
    )


@needs_reader
def test_the_installed_reader_reads_a_sign_without_any_network() -> None:
    reader = load_reader()
    reading = read_text(SIGN, Box(), reader)
    assert [line.text for line in reading.lines] == ["RUE DE RIVOLI", "Boulangerie 75001"]
    assert reading.scripts == ("Latin",)
    assert reading.lines[0].bottom < reading.lines[1].top
    assert "Arabic" in reader.list_unreadable()
    assert "Latin" not in reader.list_unreadable()


def test_lines_come_from_top_to_bottom_as_fractions_of_the_whole_photo() -> None:
    reader = scripted(("below", 0.9, (0, 50, 100, 60)), ("above", 0.9, (0, 0, 200, 10)))
    reading = read_text(SIGN, Box(left=0.5, top=0.5), reader)
    assert [line.text for line in reading.lines] == ["above", "below"]
    assert (reading.lines[0].left, reading.lines[0].top, reading.lines[0].right) == (0.5, 0.5, 1.0)


def test_lines_the_reader_doubts_are_left_out() -> None:
    assert read_text(SIGN, Box(), scripted(("noise", 0.3, (0, 0, 10, 10)))).lines == ()


def test_a_photo_without_text_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_text_module, "load_reader", scripted)
    assert make_read_text_tool(lambda: SIGN).invoke({}).startswith("no text found")


def test_the_model_is_told_what_the_reader_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_text_module, "load_reader", scripted)
    assert "does not know Arabic, Armenian" in make_read_text_tool(lambda: SIGN).invoke({})


def test_its_result_is_marked_as_a_strangers_words() -> None:
    assert make_read_text_tool(lambda: SIGN).metadata == {"untrusted": True}


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    load_reader.cache_clear()
    monkeypatch.setattr(read_text_module, "find_spec", lambda name: None)
    with pytest.raises(ToolException, match=r"sextant-geo\[ocr\]"):
        make_read_text_tool(lambda: SIGN).invoke({})
    with pytest.raises(ReaderMissing, match=r"sextant-geo\[ocr\]"):
        detect_language("Boulangerie artisanale")


@needs_reader
def test_a_missing_model_is_an_error_not_a_download(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    load_reader.cache_clear()
    spec = find_spec("rapidocr")
    assert spec is not None
    monkeypatch.setattr(spec, "origin", str(tmp_path / "__init__.py"))
    monkeypatch.setattr(read_text_module, "find_spec", lambda name: spec)
    with pytest.raises(ReaderMissing, match="none is downloaded"):
        load_reader()
    load_reader.cache_clear()


@pytest.mark.skipif(find_spec("py3langid") is None, reason="the extra 'ocr' is not installed")
def test_the_language_is_named_where_it_is_clear() -> None:
    assert detect_language("BOULANGERIE ARTISANALE ET PATISSERIE") == "fr"
    assert detect_language("Straße gesperrt, bitte die Umleitung benutzen") == "de"
    assert detect_language("BAR") is None


def test_scripts_are_told_apart_by_their_letters() -> None:
    assert list_scripts("東京 Tokyo とうきょう") == ["Hiragana", "Latin", "Han"]
    assert list_scripts("Привет, Αθήνα 12") == ["Cyrillic", "Greek"]
    assert list_scripts("12:30 — €") == []
