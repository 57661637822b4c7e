"""Read CSV tables of photos and positions, in every published form, recognised by their columns."""

import csv
import hashlib
import math
import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from urllib.parse import unquote_plus

from sextant.base.printable import pluralise
from sextant.gallery.sources.column_names import (
    IMAGE,
    LATITUDE,
    LATITUDE_LETTER,
    LONGITUDE,
    LONGITUDE_LETTER,
    POSITION,
    find_column,
    is_header,
)
from sextant.gallery.sources.degree_cells import apply_hemisphere, read_degrees, split_position, states_nothing
from sextant.gallery.sources.names import FileNames
from sextant.gallery.sources.records import PlaceNames, SourceError
from sextant.gallery.sources.text_tables import HEADER_WITHIN, detect_form

# Column names by meaning, in order of preference, compared without case.
_AUTHOR = ("author", "ownernsid", "creator_username", "creator_id")
_COUNTRY = ("country_code", "country")
_CAPTURED = ("captured_at",)
# Beside a bare ``id``, these columns say that rows are points of a track, not photos.
_TRACK = {"time", "timestamp", "ele", "elevation", "altitude", "speed", "course", "hdop", "track", "segment"}
_SWAPPED_SHARE = 0.1  # a tenth of the rows beyond ±90 under LAT is a header's fault, not a typing slip


@dataclass(frozen=True)
class TableRow:
    """One row: ``latitude`` and ``longitude`` are degrees or NaN; ``problem`` says what is wrong with them."""

    image: str
    latitude: float
    longitude: float
    author: str | None
    country_code: str | None
    country_known: bool
    captured_at: str | None
    place: PlaceNames | None = None
    unread: str | None = None
    """What the row states as its position, where that could not be read."""

    @property
    def problem(self) -> str | None:
        """Say what is wrong with the row's position; None where nothing is."""
        if self.unread is not None:
            return f"position {self.unread!r} cannot be read; write decimal degrees such as 48.8583, 2.2944"
        if math.isnan(self.latitude) or math.isnan(self.longitude):
            return "its row has no position"
        if self.latitude == 0 and self.longitude == 0:
            return "position is 0, 0, which tables use for an unknown position"
        if abs(self.latitude) > 90 or abs(self.longitude) > 180:
            return f"position {self.latitude:g}, {self.longitude:g} is out of range"
        return None


class PhotoTable:
    """A table held by columns: some 200 bytes a row, so that MP16's 4.1 million rows fit beside a build."""

    def __init__(self, path: Path, swapped: bool | None = None, photos: Iterable[str] = ()) -> None:
        """Read the table; ``swapped`` overrides the detection of exchanged LAT and LON headers.

        ``photos`` are names that may stand in it: they tell the encoding of a table that is not UTF-8.

        Raises:
            SourceError: no such file, not a CSV, or no columns for image, latitude and longitude.
        """
        self.path = path
        self.notes: list[str] = []
        self.broken_lines: list[int] = []
        self.images: list[str] = []
        self._latitude, self._longitude = array("d"), array("d")
        self._author: list[str | None] = []
        self._country: list[str | None] = []
        self._captured: list[str | None] = []
        self._place: list[PlaceNames | None] = []
        self._unread: dict[int, str] = {}
        self._read(path, photos)
        columns = self._columns
        if columns.latitude == columns.longitude and not any(map(math.isfinite, self._latitude)):
            raise SourceError(
                f"table {str(path)!r}: its column {columns.position_name!r} holds no positions; "
                "name two columns latitude and longitude"
            )
        self.swapped = swapped if swapped is not None else self._looks_swapped()
        if self.swapped:
            self._latitude, self._longitude = self._longitude, self._latitude
            self.notes.append(
                f"table {path.name!r}: the LAT and LON headers are swapped; they are read in the right order"
            )
        if self.broken_lines:
            lines = ", ".join(str(line) for line in self.broken_lines[:5])
            count = len(self.broken_lines)
            self.notes.append(
                f"table {path.name!r}: {pluralise(count, 'line')} skipped that cannot be read as rows (line {lines})"
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def identity(self) -> str:
        """The table's content and how it is read: what must be unchanged to resume an interrupted build."""
        return f"table {self.path.resolve()} sha256={self.sha256} rows={len(self)} swapped={self.swapped}"

    def row(self, index: int) -> TableRow:
        country = self._country[index]
        code = country.upper() if country and re.fullmatch(r"[A-Za-z]{2}", country) else None
        position = self._latitude[index], self._longitude[index]
        author, captured = self._author[index], self._captured[index]
        unread = self._unread.get(index)
        place = self._place[index] if self._place else None
        return TableRow(self.images[index], *position, author, code, bool(country), captured, place, unread)

    def matches(self, files: FileNames) -> bool:
        """Tell whether any row names one of these files."""
        return any(image in files for image in self.images) or any(files.find(image) for image in self.images)

    def _read(self, path: Path, photos: Iterable[str]) -> None:
        csv.field_size_limit(1 << 24)
        try:
            with path.open("rb") as content:
                self.sha256 = hashlib.file_digest(content, "sha256").hexdigest()
            form = detect_form(path, is_header, photos)
            if not form.plain:
                written = "tabs" if form.delimiter == "\t" else repr(form.delimiter)
                self.notes.append(f"table {path.name!r} is read as {form.encoding} with {written} between cells")
            with path.open(encoding=form.encoding, errors="replace", newline="") as lines:
                reader = csv.reader((line.replace("\0", "") for line in lines), delimiter=form.delimiter)
                header = _find_header(reader)
                header[:1] = [cell.removeprefix("\ufeff") for cell in header[:1]]
                self._columns = _Columns(header, path)
                row: list[str] = []
                for row in reader:
                    self._take(row, len(header), reader.line_num)
                if 0 < len(row) < len(header) and not _ends_with_newline(path):
                    self._drop_last(reader.line_num)
        except OSError as error:
            raise SourceError(f"table {str(path)!r} cannot be read ({error.strerror}); check the path") from error
        except csv.Error as error:
            self.notes.append(
                f"table {path.name!r} ends in a fragment that is not CSV ({error}); the rows before it are used"
            )

    def _take(self, row: list[str], width: int, line: int) -> None:
        if not row:
            return
        columns = self._columns
        beyond = any(cell.strip() for cell in row[width:])
        if beyond or len(row) <= columns.last or not row[columns.image].strip():
            self.broken_lines.append(line)
            return
        row = [*row, *[""] * (width - len(row))]  # programs leave out empty cells at the end of a line
        cells = columns.position(row)
        latitude, longitude = read_degrees(cells[0], "NS"), read_degrees(cells[1], "EW")
        if any(
            math.isnan(value) and not states_nothing(cell)
            for value, cell in zip((latitude, longitude), cells, strict=True)
        ):
            self._unread[len(self.images)] = f"{cells[0]}, {cells[1]}"[:80]
        latitude, longitude = (
            apply_hemisphere(value, row[column]) if column is not None else value
            for value, column in ((latitude, columns.latitude_letter), (longitude, columns.longitude_letter))
        )
        self.images.append(row[columns.image].strip())
        self._latitude.append(latitude)
        self._longitude.append(longitude)
        self._author.append(columns.author_of(row))
        self._country.append(columns.text(row, columns.country))
        self._captured.append(_parse_time(columns.text(row, columns.captured)))
        if columns.names:
            self._place.append(columns.place(row))

    def _drop_last(self, line: int) -> None:
        """Take back a last row whose line is cut off: its last number may be a part of one."""
        if line in self.broken_lines:
            return
        self.broken_lines.append(line)
        self._unread.pop(len(self.images) - 1, None)
        for column in (self.images, self._latitude, self._longitude, self._author, self._country, self._captured):
            column.pop()
        del self._place[len(self.images) :]

    def _looks_swapped(self) -> bool:
        """Return whether latitude and longitude headers are exchanged, as in IM2GPS3K's first published table."""
        if not self._columns.published or not self.images:
            return False
        beyond = sum(90 < abs(value) <= 180 for value in self._latitude)
        otherwise = sum(abs(value) > 90 for value in self._longitude)
        return otherwise == 0 and beyond >= max(1.0, _SWAPPED_SHARE * len(self.images))


class _Columns:
    """Which column holds what."""

    def __init__(self, header: list[str], path: Path) -> None:
        names = [name.strip().lower() for name in header]
        image, latitude, longitude = (find_column(header, wanted) for wanted in (IMAGE, LATITUDE, LONGITUDE))
        if latitude is None and longitude is None:
            latitude = longitude = find_column(header, POSITION)
        missing = [
            meaning
            for meaning, column in (("image", image), ("latitude", latitude), ("longitude", longitude))
            if column is None
        ]
        if image is None or latitude is None or longitude is None:
            shown = ",".join(header)[:80]
            raise SourceError(
                f"table {str(path)!r} has no column for {' or '.join(missing)} (its header: {shown!r}); "
                "name them image,latitude,longitude"
            )
        if names[image] == "id" and _TRACK & set(names):
            column = min(_TRACK & set(names))
            raise SourceError(f"table {str(path)!r} is a track of positions, not a table of photos (column {column!r})")
        self.image, self.latitude, self.longitude = image, latitude, longitude
        self.last = max(image, latitude, longitude)
        self.latitude_letter = find_column(header, LATITUDE_LETTER)
        self.longitude_letter = find_column(header, LONGITUDE_LETTER)
        self.position_name = header[latitude].strip()
        numeric = "img_id" in names and sum(name.isdigit() for name in names) >= 10
        self.url_encoded = numeric  # YFCC100M's columns: 3 is the owner, and text is URL-encoded
        self.author = names.index("3") if numeric and "3" in names else _find_first(names, _AUTHOR)
        self.country, self.captured = _find_first(names, _COUNTRY), _find_first(names, _CAPTURED)
        self.published = names[image] == "img_id" and {"lat", "lon"} <= set(names)
        self._interned: dict[str, str] = {}
        # OSV-5M names a city and a country's code beside it; only a table with all three names the place in words.
        complete = {"city", "state", "country"} <= set(names)
        self.names = [names.index(part) if part in names else None for part in PlaceNames._fields] if complete else []
        self._places: dict[PlaceNames, PlaceNames] = {}

    def position(self, row: list[str]) -> tuple[str, str]:
        """Return what the row states as latitude and longitude, which can stand in one cell."""
        if self.latitude == self.longitude:
            return split_position(row[self.latitude])
        return row[self.latitude].strip(), row[self.longitude].strip()

    def text(self, row: list[str], column: int | None) -> str | None:
        value = row[column].strip() if column is not None else ""
        if not value or value.lower() in ("nan", "none", "null"):
            return None
        return self._interned.setdefault(value, value)

    def place(self, row: list[str]) -> PlaceNames | None:
        """Read what the row calls its place; None where it names no country."""
        place = PlaceNames(*(self._name(row, column) for column in self.names))
        return self._places.setdefault(place, place) if place.country else None

    def _name(self, row: list[str], column: int | None) -> str:
        name = self.text(row, column) or ""
        return "" if states_nothing(name) else name

    def author_of(self, row: list[str]) -> str | None:
        author = self.text(row, self.author)
        return unquote_plus(author) if author and self.url_encoded else author


def _find_header(reader: Iterator[list[str]]) -> list[str]:
    """Return the first row that can be a header, else the first that is not empty: titles and notes may stand above."""
    first: list[str] = []
    for row in islice(reader, HEADER_WITHIN):
        if is_header(row):
            return row
        if not first and any(cell.strip() for cell in row):
            first = row
    return first


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2))
        return any(mark in file.read() for mark in (b"\n", b"\r"))


def _find_first(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _parse_time(text: str | None) -> str | None:
    """Parse ISO 8601, or milliseconds since 1970 as OSV-5M writes them."""
    if text is None or not re.fullmatch(r"\d{12,13}", text):
        return text
    return datetime.fromtimestamp(int(text) / 1000, UTC).isoformat(timespec="seconds")
