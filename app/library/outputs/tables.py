"""Tables of a library: one flat row a photo, and the sheets that Azimut and Atlos import."""

import csv
from collections.abc import Callable
from typing import IO, Any

from sextant.agent.answer_words import format_place_name
from sextant.app.library.outputs.placed import PlacedPhoto
from sextant.base.spreadsheets import guard_formula

Row = dict[str, Any]


class TableWriter:
    """Writes a CSV file row by row; text that a spreadsheet would run as a formula begins with an apostrophe."""

    def __init__(self, file: IO[str], make: Callable[[PlacedPhoto], Row | None]) -> None:
        """Begin a table.

        Args:
            file: open for text, with ``newline=""``.
            make: the row of a photo; None leaves it out.
        """
        self._file, self._make = file, make
        self._writer: csv.DictWriter[str] | None = None

    def add(self, photo: PlacedPhoto) -> None:
        """Add a photo's row."""
        row = self._make(photo)
        if row is None:
            return
        if self._writer is None:
            self._writer = csv.DictWriter(self._file, list(row), lineterminator="\r\n")
            self._writer.writeheader()
        self._writer.writerow({name: _format_cell(value) for name, value in row.items()})

    def close(self) -> None:
        """End the table."""


def make_azimut_row(photo: PlacedPhoto) -> Row | None:
    """Make a row of an Azimut sheet: ``coordinates`` maps it; photos without a place are left out."""
    best = photo.best
    if best is None or photo.answer is None:
        return None
    region = photo.get_region("90") or {}
    return {
        "title": photo.name,
        "coordinates": f"{best['latitude']:.6f}, {best['longitude']:.6f}",
        "place": format_place_name(best),
        "country": best.get("country_code"),
        "probability within 25 km": photo.probability["25"],
        "probability within 200 km": photo.probability["200"],
        "90 % region, km2": region.get("area_km2"),
        "own position": photo.own["verdict"],
        "notes": photo.headline,
    }


def make_atlos_row(photo: PlacedPhoto) -> Row | None:
    """Make a row of Atlos's bulk import, whose header is exactly ``status,description,sensitive``."""
    best = photo.best
    if best is None:
        return None
    where = f"{best['latitude']:.6f},{best['longitude']:.6f}"
    text = f"{photo.name}: {photo.headline} Proposed geolocation {where} (automatic, unverified)."
    return {"status": "Unclaimed", "description": text, "sensitive": "Not Sensitive"}


def _format_cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.encode("utf-8", "backslashreplace").decode()
    return guard_formula(text)
