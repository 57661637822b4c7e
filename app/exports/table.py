"""A session as CSV: one row a candidate, the answer first."""

import csv
import io
from typing import Any

from sextant.base.json_types import Json

COLUMNS = (
    *("photo", "file", "sha256", "role", "latitude", "longitude", "country", "place", "score", "origin", "variant"),
    *("similarity", "run", "precision"),
)


def table(session: Json) -> str:
    """The rows, with a header. Text that a spreadsheet would run as a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    cap = (session["precision"] or {}).get("cap")
    for photo in session["photos"]:
        if photo["status"] != "located":
            continue
        for role, place in _places(photo):
            row: dict[str, Any] = {name: place.get(name) for name in COLUMNS}
            row |= {"photo": photo["name"], "file": photo["file"], "sha256": photo["sha256"], "role": role}
            row |= {"run": photo["run"], "precision": cap}
            writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def _places(photo: Json) -> list[tuple[str, Json]]:
    answer = photo["answer"]
    places = [("answer", answer["best"]), ("rival", answer["rival"])]
    places += [("candidate", item) for item in answer["candidates"]]
    return [(role, place) for role, place in places if place]


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
