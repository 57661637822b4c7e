"""The read_text tool: OCR of the text in the photo, by RapidOCR (extra `ocr`).

The reader's models are loaded by path from the rapidocr package, so nothing is downloaded. The text is untrusted: the
tool is marked so, and the graph quotes its result.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from PIL import Image

from sextant.base.errors import SextantError
from sextant.tools.crops import Box, NoSuchPart, Photo, crop
from sextant.tools.scripts import find_script, list_scripts

_ONE_AT_A_TIME = Lock()  # the reader stores the settings of a call in itself, and one call already uses all cores
_LEAST_SCORE = 0.5  # RapidOCR's own default; below it the lines are mostly noise
_LONGEST_LINES = 80
_LETTERS_FOR_LANGUAGE = 12  # fewer are not enough to detect a language
_SURE = 0.8  # lowest probability at which the language is named
_MODELS = {"Det": "*_det_*.onnx", "Rec": "*_rec_*.onnx", "Cls": "*_cls_*.onnx"}

# Scripts of street signs, with sample letters; a reader supports a script if it knows most of them.
_SCRIPTS = {
    "Latin": "abcdefghijklmnopqrstuvwxyzäéñß",
    "Han": "中国人大小口日月山水",
    "Hiragana": "あいうえおかきくけこ",
    "Katakana": "アイウエオカキクケコ",
    "Hangul": "가나다라마바사아자차",
    "Cyrillic": "абвгдежзийклмнопрст",
    "Greek": "αβγδεζηθικλμνξοπρστ",
    "Arabic": "ابتثجحخدذرزسشصض",
    "Hebrew": "אבגדהוזחטיכלמנ",
    "Devanagari": "अआइईउकखगघच",
    "Bengali": "অআইঈউকখগঘচ",
    "Tamil": "அஆஇஈஉகஙசஞட",
    "Telugu": "అఆఇఈఉకఖగఘచ",
    "Thai": "กขคงจฉชซญด",
    "Lao": "ກຂຄງຈສຊຍດຕ",
    "Khmer": "កខគឃងចឆជឈញ",
    "Myanmar": "ကခဂဃငစဆဇဈည",
    "Sinhala": "අආඇඈඉකඛගඝච",
    "Georgian": "აბგდევზთიკლმ",
    "Armenian": "աբգդեզէըթժիլ",
    "Ethiopic": "ሀለሐመሠረሰሸቀበ",
}


class ReaderMissing(SextantError):
    """The text reader, or one of its models, is not installed."""


@dataclass(frozen=True)
class TextLine:
    """One line of text in the picture: its words, the reader's confidence (0 to 1), and the box as fractions."""

    text: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class TextReading:
    """Result of reading: lines from top to bottom, scripts by frequency, and the language code if it is clear."""

    lines: tuple[TextLine, ...]
    scripts: tuple[str, ...]
    language: str | None


@dataclass(frozen=True)
class Reader:
    """A loaded text reader and the characters it knows."""

    read: Callable[[Any], Any]
    characters: frozenset[str]

    def list_unreadable(self) -> list[str]:
        """List the scripts of street signs that this reader cannot read."""
        return sorted(
            script
            for script, sample in _SCRIPTS.items()
            if sum(char in self.characters for char in sample) < 0.8 * len(sample)
        )


def read_text(image: Image.Image, box: Box, reader: Reader) -> TextReading:
    """Read the text in a part of a picture.

    Raises:
        NoSuchPart: the box does not contain a usable part.
    """
    part = crop(image, box).convert("RGB")
    with _ONE_AT_A_TIME:
        result = reader.read(np.asarray(part)[:, :, ::-1])  # the reader expects blue, green, red
    lines: list[TextLine] = []
    if result.txts is not None:
        for corners, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
            if score >= _LEAST_SCORE and text.strip():
                lines.append(TextLine(text.strip(), round(float(score), 3), *_to_fractions(corners, part.size, box)))
    lines.sort(key=lambda line: (round(line.top, 2), line.left))
    text = "\n".join(line.text for line in lines)
    return TextReading(tuple(lines), tuple(list_scripts(text)), detect_language(text))


def detect_language(text: str) -> str | None:
    """Detect the language of a text as its ISO 639-1 code; None if the text is too short or unclear.

    Raises:
        ReaderMissing: py3langid is not installed.
    """
    if sum(find_script(char) is not None for char in text) < _LETTERS_FOR_LANGUAGE:
        return None
    ranked = _rank_languages(" ".join(text.lower().split()))
    scores = np.array([score for _, score in ranked], dtype=float)  # log-likelihoods
    probability = 1.0 / np.exp(scores - scores[0]).sum()
    return str(ranked[0][0]) if probability >= _SURE else None


@lru_cache(maxsize=1)
def load_reader() -> Reader:
    """Load the reader with the models of the rapidocr package.

    Raises:
        ReaderMissing: the package or a model file is missing.
    """
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None or find_spec("onnxruntime") is None:
        raise ReaderMissing("reading text needs rapidocr and onnxruntime; pip install 'sextant-geo[ocr]'")
    folder = Path(spec.origin).parent / "models"
    paths: dict[str, Path] = {}
    for part, pattern in _MODELS.items():
        found = sorted(folder.glob(pattern))
        if not found:
            raise ReaderMissing(
                f"rapidocr has no model {pattern!r} in its folder 'models', and none is downloaded; "
                "pip install --force-reinstall 'rapidocr>=3.10'"
            )
        paths[part] = found[0]
    from rapidocr import RapidOCR

    settings = {f"{part}.model_path": str(path) for part, path in paths.items()}
    engine = RapidOCR(params={**settings, "Global.log_level": "critical"})
    return Reader(engine, _read_characters(paths["Rec"]))


def _read_characters(model: Path) -> frozenset[str]:
    """Read the characters a recogniser knows from its model file."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    return frozenset(session.get_modelmeta().custom_metadata_map.get("character", ""))


def _rank_languages(text: str) -> Any:
    if find_spec("py3langid") is None:
        raise ReaderMissing("naming the language needs py3langid; pip install 'sextant-geo[ocr]'")
    from py3langid import rank

    return rank(text)


def _to_fractions(corners: Any, size: tuple[int, int], box: Box) -> tuple[float, float, float, float]:
    """Convert corner points in pixels of the part to left, top, right, bottom as fractions of the whole picture."""
    x, y = np.asarray(corners, dtype=float).T
    wide, high = (box.right - box.left) / size[0], (box.bottom - box.top) / size[1]
    edges = (box.left + x.min() * wide, box.top + y.min() * high, box.left + x.max() * wide, box.top + y.max() * high)
    left, top, right, bottom = (round(float(edge), 4) for edge in edges)
    return left, top, right, bottom


def describe_reading(reading: TextReading, unreadable: list[str]) -> str:
    """Describe the lines, then their scripts and language."""
    lines = [line.text for line in reading.lines[:_LONGEST_LINES]] or ["no text found"]
    about = f"scripts: {', '.join(reading.scripts) or 'none'}; language: {reading.language or 'not clear'}"
    limits = f"This reader does not know {', '.join(unreadable)}: such text is missed or comes out as other letters."
    return "\n".join([*lines, about, *([limits] if unreadable else [])])


def make_read_text_tool(photo: Photo) -> BaseTool:
    """Make the tool for one photo."""

    def run(left: float = 0.0, top: float = 0.0, right: float = 1.0, bottom: float = 1.0) -> tuple[str, dict[str, Any]]:
        try:
            reader = load_reader()
            reading = read_text(photo(), Box(left=left, top=top, right=right, bottom=bottom), reader)
        except (NoSuchPart, ReaderMissing) as error:
            raise ToolException(str(error)) from error
        return describe_reading(reading, reader.list_unreadable()), asdict(reading)

    return StructuredTool.from_function(
        run,
        name="read_text",
        description=(
            "Read the text in the photo, or in a part of it (box as fractions of width and height): signs, plates, "
            "shop fronts. Small text is read better in a small box. Also names the scripts and the language."
        ),
        args_schema=Box,
        response_format="content_and_artifact",
        metadata={"untrusted": True},
    )
