"""Read a position from the fields of a JSON answer, under any key and at any depth."""

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from sextant.agent.answers.angles import DIGITS, Angle, parse_angle, parse_angle_at, with_hemisphere
from sextant.agent.answers.characters import clean, fold
from sextant.agent.answers.notations.axis_words import find_axis_of_key
from sextant.agent.answers.outcome import CLUE_SOURCES, Clue, Precision
from sextant.agent.answers.positions import order_angles

_LATITUDE = {"lat", "latitude", "lattitude", "latitud", "latitudine", "breite", "breitengrad", "широта", "纬度", "緯度"}
_LONGITUDE = {
    "lon", "lng", "long", "longitude", "longtitude", "longitud", "longitudine", "länge", "längengrad", "долгота",
    "经度", "經度", "経度",
}  # fmt: skip
_NO_VALUE = {"min", "max", "error", "uncertainty", "range", "reasoning"}
_DIRECTION = {"direction", "dir", "ref", "reference", "hemisphere", "hemi", "cardinal", "ns", "ew", "side", "suffix"}
_SIDES = {"north", "south", "east", "west", "n", "s", "e", "w"}
_PAIR = {
    "coordinates",
    "coordinate",
    "coords",
    "position",
    "gps",
    "latlng",
    "latlon",
    "lnglat",
    "lonlat",
    "location",
    "point",
}
_PLACE = ("place", "landmark", "address", "city", "town", "village", "place_name", "location", "name", "state")
_COUNTRY = ("country", "country_name", "nation", "pays", "país", "страна", "国家", "國家")
_CONFIDENCE = ("confidence", "probability", "certainty", "confidence_score", "score", "likelihood")
_CLUES = ("clues", "evidence", "reasons", "observations")
_ALTERNATIVES = ("alternatives", "alternative", "other_candidates", "other_guesses", "alternative_locations")
_CANDIDATES = ("candidates", "guesses", "predictions", "answers", "locations", "results", "result", "answer")
_OTHERS = {"references", "reference", "nearest", "farthest", "rival", "references_used"}  # positions not its own
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LONGITUDE_FIRST = re.compile(r"(?:^|[^a-z])(?:lon|lng|x)[a-z]*[^a-z]{0,3}(?:lat|y)", re.IGNORECASE)
_DEGREES_OF_E7 = 1e-7
_WGS84 = {"4326", "wgs84", "wgs 84", "epsg:4326"}
_DEEPEST = 5
_MOST = 20  # list items read; an answer that lists more is not answering

_SHARE = re.compile(r"\s{0,9}~?(?P<number>\d{1,3}(?:[.,]\d{1,9})?)\s?(?P<of>%|/\s?100?\b)?")
_TEMPLATE = re.compile(
    r"<[^<>]{1,40}>|\[(?:lat|lon|lng)[a-z]{0,9}\]|[xyn?#_]{1,9}(?:\.[xyn?#_]{1,9})?|\.{2,9}|…"
    r"|(?:lat|latitude|lon|lng|long|longitude|float|number|double|decimal|string|value|city|country|place)"
    r"(?:[\s_-](?:value|degrees?|float|number|here|name)){0,2}",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"\W{0,9}(?:$|(?:unknown|n/?a|none|null|nil|unspecified|undetermined|undefined|indeterminate|unidentified|uncertain|unclear)\b"
    r"|(?:not|cannot|can't|could not|unable|no specific|desconocid|unbekannt|inconnu|неизвест|未知|不明))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reading:
    """One answer as read: a position if it has one, and what was said beside it.

    ``names`` are all the place words, the narrowest first. ``absent`` tells why there is no position: null or
    "unknown" stands in its place, the prompt's placeholders do, or (0, 0), where nobody has taken a photo.
    """

    latitude: float | None = None
    longitude: float | None = None
    how: str = ""
    place: str | None = None
    country: str | None = None
    confidence: float | None = None
    names: tuple[str, ...] = ()
    clues: tuple[Clue, ...] = ()
    alternatives: tuple["Reading", ...] = ()
    absent: Literal["", "declined", "template", "zeros"] = ""
    precision: Precision | None = None
    radius_km: float | None = None


def read_value(value: Any, depth: int = 0) -> Reading | None:
    """Return the answer in a JSON value: an object, or a list whose likeliest (else first) object is the answer."""
    if isinstance(value, list):
        if (listed := _join_named_values(value)) is not None:
            return read_value(listed, depth)
        return _rank([read_value(item, depth + 1) for item in value[:_MOST] if isinstance(item, dict)])
    if not isinstance(value, dict) or depth > _DEEPEST:
        return None
    fields = {_simplify_key(key): item for key, item in value.items()}
    if is_tool_call(value):
        return None
    reading = _read_own_position(fields) or _find_nested_position(fields, depth)
    if reading is None:
        named = Reading(how="json")
        reading = named if _list_words(fields, _PLACE + _COUNTRY) else None
    if reading is None:
        return None
    return _with_words(reading, fields, depth)


def _join_named_values(items: list[Any]) -> dict[str, Any] | None:
    """Return ``[{"name": "latitude", "value": 41.9}, …]`` as one object; None for other lists."""
    if not items or not all(isinstance(item, dict) and "value" in item for item in items):
        return None
    named = {str(item.get("name", item.get("key", item.get("field")))): item["value"] for item in items[:_MOST]}
    return named if {"latitude", "longitude"} <= {find_axis_of_key(_simplify_key(key)) for key in named} else None


def is_tool_call(value: Any) -> bool:
    """Return whether a JSON value is a tool call written as text: its coordinates are a question, not an answer."""
    return isinstance(value, dict) and "name" in value and ("arguments" in value or "parameters" in value)


def is_unknown(word: str) -> bool:
    return bool(_UNKNOWN.match(word))


def _simplify_key(key: str) -> str:
    parted = _CAMEL.sub("_", fold(key).strip())
    return re.sub(r"[^\w]+", "_", parted.lower()).strip("_")


def _read_own_position(fields: dict[str, Any]) -> Reading | None:
    """Return the position in the object's own latitude and longitude, or why these hold none."""
    sides = [_find_axis_value(fields, name, names) for name, names in _AXES.items()]
    if sides[0] is _MISSING and sides[1] is _MISSING and _says_wgs84(fields):
        sides = [fields.get("y", _MISSING), fields.get("x", _MISSING)]
    if sides[0] is _MISSING or sides[1] is _MISSING:
        return _read_pair_in_one_field(fields)
    if all(side is None or (isinstance(side, str) and is_unknown(side)) for side in sides):
        return Reading(how="json", absent="declined")
    if any(isinstance(side, str) and _TEMPLATE.fullmatch(side.strip()) for side in sides):
        return Reading(how="json", absent="template")
    latitude, longitude = parse_angle(_join_parts(sides[0])), parse_angle(_join_parts(sides[1]))
    if latitude is None or longitude is None:
        return Reading(how="json")
    latitude = with_hemisphere(latitude, _find_direction(fields, _LATITUDE, "ns"))
    longitude = with_hemisphere(longitude, _find_direction(fields, _LONGITUDE, "ew"))
    return make_reading(latitude, longitude, "json")


def _find_direction(fields: dict[str, Any], names: set[str], both: str) -> str:
    """Return the hemisphere that a field of its own states, or the very key of the number: ``latitude_south``."""
    if isinstance(fields.get(both), str):
        return str(fields[both])
    for key, value in fields.items():
        words = set(key.split("_"))
        if not words & names:
            continue
        if words & _DIRECTION and isinstance(value, str):
            return value
        if side := words & _SIDES:
            return min(side)
    return ""


def _join_parts(value: Any) -> Any:
    """Return degrees, minutes, seconds and hemisphere of an object, as a list of them; other values as they are."""
    if not isinstance(value, dict):
        return value
    fields = {_simplify_key(key): item for key, item in value.items()}
    side = next(
        (item for key, item in fields.items() if set(key.split("_")) & _DIRECTION and isinstance(item, str)), None
    )
    if "degrees" in fields or "deg" in fields:
        degrees = fields.get("degrees", fields.get("deg"))
        parts = [degrees, fields.get("minutes", fields.get("min", 0)), fields.get("seconds", fields.get("sec", 0))]
        return [*parts, side] if side else parts
    whole = next((fields[name] for name in ("value", "decimal", "decimal_degrees", "angle") if name in fields), value)
    if side and isinstance(whole, str):
        return f"{whole} {side}"
    return [whole, 0, 0, side] if side else whole


def make_reading(first: Angle, second: Angle, how: str) -> Reading | None:
    """Return a reading at two angles, without a position at (0, 0); None where no order is valid."""
    found = order_angles(first, second)
    if found is None:
        return None
    latitude, longitude, note = found
    if latitude == 0 and longitude == 0:
        return Reading(how=how, absent="zeros")
    return Reading(latitude, longitude, f"{how}; {note}" if note else how)


_MISSING = object()


_AXES = {"latitude": _LATITUDE, "longitude": _LONGITUDE}


def _find_axis_value(fields: dict[str, Any], axis: str, names: set[str]) -> Any:
    """Return the value of the field that is called by one axis, not by both."""
    others = _LONGITUDE if axis == "latitude" else _LATITUDE
    for key, value in fields.items():
        words = set(key.split("_"))
        if not words & names and find_axis_of_key(key.replace("_", " ")) != axis:
            continue
        if words & others or words & (_NO_VALUE | _DIRECTION):
            continue
        return value * _DEGREES_OF_E7 if "e7" in words and isinstance(value, int | float) else value
    return _MISSING


def _says_wgs84(fields: dict[str, Any]) -> bool:
    """Return whether a field says that x and y are degrees: they are pixels elsewhere."""
    return any(str(fields.get(key, "")).lower() in _WGS84 for key in ("srid", "wkid", "crs", "epsg", "srs"))


def _is_longitude_first(key: str, fields: dict[str, Any]) -> bool:
    """Return whether the key, the object's kind or a field beside it says that a pair begins with the longitude."""
    if str(fields.get("type", "")).lower() == "point" or _LONGITUDE_FIRST.search(key):
        return True
    return any(
        isinstance(item, str) and bool(_LONGITUDE_FIRST.search(item))
        for name, item in fields.items()
        if set(name.split("_")) & {"order", "format", "axis", "axes", "convention"}
    )


def _read_pair_in_one_field(fields: dict[str, Any]) -> Reading | None:
    """Return a position written as one value: "48.86, 2.35", [48.86, 2.35], or GeoJSON, which alone is lon, lat."""
    for key, value in fields.items():
        words = set(key.split("_"))
        if not (words & _PAIR or (words & _LATITUDE and words & _LONGITUDE)):
            continue
        angles: list[Angle | None] = []
        if isinstance(value, list) and len(value) in (2, 3):
            angles = [parse_angle(item) for item in value[:2]]
        elif isinstance(value, str) and len(value) <= 200:
            angles = list(parse_two_angles(value))
        if len(angles) == 2 and angles[0] and angles[1]:
            if _is_longitude_first(key, fields):
                angles.reverse()
            return make_reading(angles[0], angles[1], "json")
    return None


def parse_two_angles(text: str) -> tuple[Angle | None, ...]:
    """Return the two angles of a text that holds exactly two, else nothing."""
    text = fold(text)
    found: list[Angle | None] = []
    at = 0
    while (start := DIGITS.search(text, at)) is not None and len(found) < 3:
        angle = parse_angle_at(text, start.start(), floor=at)
        at = angle.end if angle else start.end()
        found.append(angle)
    return tuple(found) if len(found) == 2 else ()


def _find_nested_position(fields: dict[str, Any], depth: int) -> Reading | None:
    """Return the position of the first inner object that has one; a list of candidates ranks itself."""
    unlocated = None
    for key, value in fields.items():
        if key in _ALTERNATIVES or key in _CLUES or key in _OTHERS:
            continue
        if isinstance(value, dict) or (isinstance(value, list) and key in _CANDIDATES):
            reading = read_value(value, depth + 1)
            if reading is not None and reading.latitude is not None:
                return reading
            unlocated = unlocated or reading
    return unlocated


def _rank(readings: list[Reading | None]) -> Reading | None:
    found = [reading for reading in readings if reading is not None]
    if not found:
        return None
    best = max(found, key=lambda reading: (reading.latitude is not None, reading.confidence or 0.0))
    others = tuple(reading for reading in found if reading is not best and reading.latitude is not None)
    return replace(best, alternatives=best.alternatives + others)


def _with_words(reading: Reading, fields: dict[str, Any], depth: int) -> Reading:
    places, countries = _list_words(fields, _PLACE), _list_words(fields, _COUNTRY)
    if reading.absent == "zeros":
        reading = replace(reading, absent=_explain_zeros(fields))
    alternatives: list[Reading] = []
    for key in _ALTERNATIVES:
        items = fields.get(key)
        for item in (items if isinstance(items, list) else [items])[:_MOST]:
            other = read_value(item, depth + 1) if isinstance(item, dict) else None
            if other is not None and (other.latitude is not None or other.names):
                alternatives.append(other)
    return replace(
        reading,
        place=reading.place or (places[0] if places else None),
        country=reading.country or (countries[0] if countries else None),
        names=reading.names or tuple(places),
        confidence=reading.confidence if reading.confidence is not None else _read_confidence(fields),
        clues=reading.clues or _read_clues(fields),
        alternatives=reading.alternatives + tuple(alternatives),
    )


def _explain_zeros(fields: dict[str, Any]) -> Literal["declined", "template", "zeros"]:
    words = [fields[key] for key in _PLACE + _COUNTRY if key in fields]
    if any(isinstance(word, str) and word.strip() and _TEMPLATE.fullmatch(word.strip()) for word in words):
        return "template"
    return (
        "declined" if any(word is None or (isinstance(word, str) and is_unknown(word)) for word in words) else "zeros"
    )


def _list_words(fields: dict[str, Any], keys: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and not is_unknown(value) and not _TEMPLATE.fullmatch(value.strip()):
            word = clean(value)
            if word and word not in found:
                found.append(word)
    return found


def _read_confidence(fields: dict[str, Any]) -> float | None:
    """Return the stated confidence from 0 to 1; "85 %" and 85 are read as 0.85, "8/10" as 0.8; words say no number."""
    for key in _CONFIDENCE:
        value = fields.get(key)
        if isinstance(value, str):
            value = _read_share(fold(value[:40]))
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = value / 100 if 1 < value <= 100 else value
            if 0 <= value <= 1:
                return float(value)
    return None


def _read_share(text: str) -> float | None:
    found = _SHARE.match(text)
    if found is None:
        return None
    number = float(found["number"].replace(",", "."))
    return number / {"%": 100, "/10": 10, "/100": 100}.get((found["of"] or "").replace(" ", ""), 1)


def _read_clues(fields: dict[str, Any]) -> tuple[Clue, ...]:
    found: list[Clue] = []
    for key in _CLUES:
        items = fields.get(key)
        for item in (items if isinstance(items, list) else [items])[:_MOST]:
            text = item.get("text") or item.get("clue") or item.get("description") if isinstance(item, dict) else item
            source = str(item.get("source", "")).strip().lower() if isinstance(item, dict) else ""
            if isinstance(text, str) and (words := clean(text, 400)):
                found.append(Clue(words, source if source in CLUE_SOURCES else "unstated"))
    return tuple(found)
