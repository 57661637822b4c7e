"""Parse typed areas and places: pins, rejected places, corners, and GeoJSON files."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from sextant.agent.chat.constraints import constrain_to, draw, pin, reject
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.geo.drawn_area import read_geojson_area

RULES = {"inside": "only", "outside": "exclude"}
BIGGEST = 10 * 2**20  # bytes of a GeoJSON file; a country in full detail has less
EXAMPLE = "inside area.geojson, or outside 36,-10 36,4 44,4 44,-10"


def parse_constraint(words: str) -> Json | None:
    """Parse ``pin``, ``reject``, ``inside`` or ``outside`` into a constraint; None if the text begins otherwise.

    Raises:
        WrongUse: no position, no such file, or nothing enclosed.
    """
    kind, _, rest = words.strip().partition(" ")
    if kind in ("pin", "reject"):
        return (pin if kind == "pin" else reject)(
            *_parse_position(rest, f"/steer {kind} takes a latitude and a longitude")
        )
    if kind not in RULES:
        return None
    try:
        parts = shlex.split(rest)
    except ValueError as error:
        raise WrongUse(f"/steer {kind} {rest!r} has an open quotation mark; close it") from error
    if len(parts) == 1:
        path = Path(parts[0]).expanduser()
        return constrain_to(read_geojson_area(_read_document(path)), RULES[kind], f"the area of {path.name}")
    return draw(_parse_corners(parts, kind), RULES[kind])


def _parse_corners(parts: Sequence[str], kind: str) -> list[tuple[float, float]]:
    if not parts:
        raise WrongUse(f"/steer {kind} takes a GeoJSON file or corners, for example: {EXAMPLE}")
    return [_parse_position(part, f"/steer {kind} takes corners as LATITUDE,LONGITUDE") for part in parts]


def _parse_position(text: str, takes: str) -> tuple[float, float]:
    try:
        latitude, longitude = (float(number) for number in text.replace(",", " ").split())
    except ValueError as error:
        raise WrongUse(f"{takes}, for example: 38.7 -9.1; got {text[:60]!r}") from error
    return latitude, longitude


def _read_document(path: Path) -> Json:
    try:
        if path.stat().st_size > BIGGEST:
            raise WrongUse(f"{str(path)!r} is larger than {BIGGEST // 2**20} MB; simplify the area")
        document: Json = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise WrongUse(f"cannot read {str(path)!r}: {error.strerror}; name a GeoJSON file") from error
    except (ValueError, RecursionError) as error:
        raise WrongUse(f"{str(path)!r} is not GeoJSON; for example: {EXAMPLE}") from error
    return document
