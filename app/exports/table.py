"""A session as CSV: one row per candidate, the answer first."""

import csv
import io
from typing import Any

from sextant.agent.guard.metadata_check import read_file_position
from sextant.base.documents.session import SessionView, ShownPhoto
from sextant.base.json_types import Document
from sextant.base.spreadsheets import guard_formula

COLUMNS = (
    *("photo", "file", "sha256", "role", "latitude", "longitude", "country", "place", "score", "origin", "variant"),
    *("similarity", "run", "precision", "weighed"),
)


def make_table(session: SessionView) -> str:
    """Make the rows, with a header. Text that a spreadsheet would run as a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    cap = session["precision"]["cap"] if session["precision"] else None
    for photo in session["photos"]:
        if photo["status"] != "located":
            continue
        for role, place in _list_places(photo):
            row: dict[str, Any] = {name: place.get(name) for name in COLUMNS}
            row |= {"photo": photo["name"], "file": photo["file"], "sha256": photo["sha256"], "role": role}
            row |= {"run": photo["run"], "precision": cap}
            row["weighed"] = "; ".join(photo["told"]["effects"]) if role == "answer" else None
            writer.writerow({name: _format_cell(value) for name, value in row.items()})
    return out.getvalue()


def _list_places(photo: ShownPhoto) -> list[tuple[str, Document]]:
    answer = photo["answer"]
    places: list[tuple[str, Document | None]] = [("answer", answer["best"]), ("rival", answer["rival"])]
    places += [("file", read_file_position(answer.get("metadata")))]
    places += [("candidate", item) for item in answer["candidates"]]
    return [(role, place) for role, place in places if place and place["latitude"] is not None]


def _format_cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return guard_formula(value)
