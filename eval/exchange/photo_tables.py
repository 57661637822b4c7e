"""One row for each photo of an evaluation, as CSV or Parquet; `sextant eval import predictions` reads both."""

import csv
import io
from pathlib import Path
from typing import Any

from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.base.documents.record import EvaluationRecord
from sextant.base.files import write_atomic
from sextant.base.json_types import Json
from sextant.base.spreadsheets import guard_formula
from sextant.eval.results import Results

PLACE = ("country", "country_code", "admin1", "place", "sight")
SPENT = ("calls", "tokens", "seconds", "usd")


def make_rows(run: Results) -> list[Json]:
    """Make the rows, by image: truth, prediction, error in km, stated probabilities, cost, outcome."""
    return [_make_row(line) for line in run.lines]


def _make_row(line: EvaluationRecord) -> Json:
    answer: Any = line["answer"] or {}
    best = answer.get("best") or {}
    stated, spent = answer.get("probability") or {}, answer.get("spent") or {}
    regions = answer.get("region") or {}
    return {
        "image": line["image"],
        "author": line["author"],
        "latitude": line["latitude"],
        "longitude": line["longitude"],
        "predicted_latitude": best.get("latitude"),
        "predicted_longitude": best.get("longitude"),
        "distance_km": line["distance_km"],
        "outcome": line["outcome"],
        "stop": answer.get("stop"),
        **{f"predicted_{name}": best.get(name) for name in PLACE},
        **{f"probability_{name}_km": stated.get(name) for name in RADIUS_NAMES},
        **{f"region_{share}_area_km2": (regions.get(share) or {}).get("area_km2") for share in ("50", "90")},
        **{name: spent.get(name) for name in SPENT},
    }


def write_csv(run: Results, file: Path) -> None:
    """Write the rows as CSV (UTF-8). A text that a spreadsheet would take as a formula gets an apostrophe before it.

    Raises:
        OSError: the disk does not take it.
    """
    rows = make_rows(run)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["image"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: guard_formula(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows
    )
    write_atomic(file, text.getvalue().encode("utf-8", "replace"))


def write_parquet(run: Results, file: Path) -> None:
    """Write the rows as Parquet.

    Raises:
        OSError: the disk does not take it.
    """
    import pyarrow
    import pyarrow.parquet

    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(make_rows(run)), sink)
    write_atomic(file, sink.getvalue().to_pybytes())
