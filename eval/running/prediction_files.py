"""Read CSV files of predictions: image, true position, predicted position, optional footer lines."""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sextant.agent.verification.pool import Candidate, Pool
from sextant.base.errors import SextantError, format_system_reason
from sextant.base.printable import pluralise
from sextant.eval.benchmarks import BenchmarkPhoto

_IMAGE = ("img_id", "image", "img_file", "img", "file", "id")
_LATITUDE = ("lat", "latitude", "gt_lat", "true_lat", "gt_latitude", "true_latitude")
_LONGITUDE = (
    "lon",
    "lng",
    "long",
    "longitude",
    "gt_lon",
    "gt_lng",
    "gt_long",
    "true_lon",
    "gt_longitude",
    "true_longitude",
)
_AUTHOR = ("author", "photographer", "ownernsid", "owner", "user", "user_id", "creator_username", "creator_id")
_FLICKR_OWNER = re.compile(r"_(\d+@N\d\d)(?:\.\w+)?$")  # the end of a Flickr photo's name in IM2GPS and YFCC tables
_PREDICTED = re.compile(r"^(?:p(?:red(?:icted|iction)?)?_(lat|lon|lng|long)\w*|(lat|lon|lng|long)\w*_pred\w*)$")
_FOOTER = 2  # ISN's result files end in a header of summaries and their values


class PredictionError(SextantError):
    """A file of predictions cannot be read; the message names the file and the line."""


@dataclass(frozen=True)
class Prediction:
    """One photo with its truth and what was predicted: an empty pool where nothing was."""

    photo: BenchmarkPhoto
    pool: Pool


def read_predictions(file: Path) -> tuple[list[Prediction], list[str]]:
    """Read the predictions of a CSV or Parquet file, and note its oddities: footers left out, headers swapped.

    Raises:
        PredictionError: no such file, missing columns, or an invalid row before the last two.
    """
    try:
        if file.suffix == ".parquet":
            header, rows = _read_parquet(file)
        else:
            with file.open(encoding="utf-8-sig", newline="") as text:
                reader = csv.DictReader(text)
                header, rows = reader.fieldnames or (), list(reader)
        columns = _map_columns(header, file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PredictionError(
            f"cannot read {str(file)!r}: {format_system_reason(error)}; give a CSV or Parquet file of predictions"
        ) from error
    notes: list[str] = []
    kept = _cut_footer(rows, columns, file, notes)
    truths = [(float(row[columns["latitude"]]), float(row[columns["longitude"]])) for row in kept]
    if any(abs(latitude) > 90 for latitude, _ in truths) and all(abs(longitude) <= 90 for _, longitude in truths):
        truths = [(longitude, latitude) for latitude, longitude in truths]
        notes.append("the headers of latitude and longitude are swapped; they are read in the right order")
    return [_make_prediction(row, truth, columns) for row, truth in zip(kept, truths, strict=True)], notes


def _read_parquet(file: Path) -> tuple[Sequence[str], list[dict[str, str]]]:
    """Read header and rows, every value as the text that a CSV would hold.

    Raises:
        OSError: it is no Parquet file.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with file.open("rb") as data:  # opened here, since pyarrow has words of its own for a missing file
            table = pyarrow.parquet.read_table(data)
    except pyarrow.ArrowException as error:
        raise OSError("it is not a Parquet file") from error
    rows = [{name: "" if value is None else str(value) for name, value in row.items()} for row in table.to_pylist()]
    return table.column_names, rows


def _map_columns(header: Sequence[str], file: Path) -> dict[str, str]:
    """Map the columns image, latitude, longitude, predicted_latitude, predicted_longitude, and author where known."""
    by_name = {name.strip().lower(): name for name in header}
    found = {
        meaning: by_name[name]
        for meaning, names in (
            ("image", _IMAGE),
            ("latitude", _LATITUDE),
            ("longitude", _LONGITUDE),
            ("author", _AUTHOR),
        )
        for name in reversed(names)
        if name in by_name
    }
    for name, written in by_name.items():
        match = _PREDICTED.match(name)
        if match:
            latitude = (match[1] or match[2]) == "lat"
            found.setdefault("predicted_latitude" if latitude else "predicted_longitude", written)
    wanted = ("image", "latitude", "longitude", "predicted_latitude", "predicted_longitude")
    missing = [meaning for meaning in wanted if meaning not in found]
    if missing:
        raise PredictionError(
            f"{str(file)!r} has no column for {', '.join(missing)}; "
            "name them image,latitude,longitude,predicted_latitude,predicted_longitude"
        )
    return found


def _cut_footer(
    rows: list[dict[str, str]], columns: Mapping[str, str], file: Path, notes: list[str]
) -> list[dict[str, str]]:
    """Drop a footer: keep the rows that state a true position; only the last two lines may be something else."""
    kept = []
    for number, row in enumerate(rows):
        if all(_is_number(row.get(columns[name])) for name in ("latitude", "longitude")):
            kept.append(row)
            continue
        if number < len(rows) - _FOOTER:
            raise PredictionError(f"{str(file)!r} line {number + 2} has no true position; correct or remove the line")
        # The line after a footer's header holds numbers: nothing from here on is a row.
        notes.append(f"{pluralise(len(rows) - number, 'line')} at the end skipped that cannot be read as rows")
        break
    if not kept:
        raise PredictionError(f"{str(file)!r} has no row; give a CSV or Parquet file of predictions")
    return kept


def _make_prediction(row: Mapping[str, str], truth: tuple[float, float], columns: Mapping[str, str]) -> Prediction:
    image = row[columns["image"]].strip()
    owner = _FLICKR_OWNER.search(image)
    author = row.get(columns.get("author", ""), "") or (owner[1] if owner else None)
    photo = BenchmarkPhoto(image, *truth, author=author)
    said = [row.get(columns[f"predicted_{name}"]) for name in ("latitude", "longitude")]
    if not all(_is_number(value) for value in said):
        return Prediction(photo, Pool(outcomes={"unparsable": 1}))
    latitude, longitude = float(said[0] or 0), float(said[1] or 0)
    if abs(latitude) > 90 or abs(longitude) > 180:
        return Prediction(photo, Pool(outcomes={"unparsable": 1}))
    return Prediction(
        photo, Pool((Candidate(latitude, longitude, "answer", model="predictions"),), outcomes={"answered": 1})
    )


def _is_number(text: str | None) -> bool:
    try:
        return text is not None and math.isfinite(float(text))
    except ValueError:
        return False
