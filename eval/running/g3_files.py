"""Read the two CSV files of a G3 run, row by row (columns as published, see docs/verification.md)."""

import json
import re

from sextant.agent.verification.pool import Position, checked_position
from sextant.base.json_types import Json

_GENERATED = re.compile(r"^(zs|\d+_rag)_(\d+)_latitude$")


def is_g3_header(line: str) -> bool:
    """Return whether a file that begins with this line is one of a G3 run."""
    columns = line.strip().split(",")
    return any(column in ("candidate_0_gps", "rag_response") or _GENERATED.match(column) for column in columns)


def read_g3_record(row: Json) -> Json:
    """Make the fields of a record; `answers` as (model, recorded answer) pairs.

    Raises:
        KeyError, ValueError, PositionError: the row lacks a column or holds no position where one belongs.
    """
    latitude, longitude = checked_position(float(row["LAT"]), float(row["LON"]))
    answers: list[tuple[str, Json]] = []
    if row.get("rag_response"):
        answers.append(("g3", {"raw": row["rag_response"]}))
    for column in row:
        found = _GENERATED.match(column or "")
        if found:
            answers.append((f"g3-{found[1]}", _read_generated(row, column)))
    return {
        "image": row["IMG_ID"],
        "author": row.get("AUTHOR") or None,
        "latitude": latitude,
        "longitude": longitude,
        "nearest": _read_listed(row, "candidate_{}_gps"),
        "farthest": _read_listed(row, "reverse_{}_gps"),
        "answers": answers,
    }


def _read_generated(row: Json, column: str) -> Json:
    """Read a generated answer; a failed one stands as (0, 0) in such files and has no position."""
    latitude, longitude = row[column], row[column.replace("latitude", "longitude")]
    if not latitude or not longitude or (float(latitude) == 0 and float(longitude) == 0):
        return {"outcome": "unparsable"}
    return {"latitude": float(latitude), "longitude": float(longitude)}


def _read_listed(row: Json, pattern: str) -> tuple[Position, ...]:
    places: list[Position] = []
    while row.get(pattern.format(len(places))):
        latitude, longitude = json.loads(row[pattern.format(len(places))])
        places.append(checked_position(float(latitude), float(longitude)))
    return tuple(places)
