"""Published accuracies of other systems, each with its source; unknown cells are empty."""

import csv
from dataclasses import dataclass
from importlib.resources import files

from sextant.agent.verification.decision import RADIUS_NAMES

SOURCES = {
    "L": "the survey list by G3's first author",
    "S": "a table copied from the paper",
    "R": "read in the paper's page",
    "C": "recomputed from a committed result file",
    "D": "the paper's own summary",
}


@dataclass(frozen=True)
class PublishedResult:
    """One system on one benchmark: percent by radius name as printed there, empty where the cell was not read."""

    benchmark: str
    system: str
    percent: dict[str, str]
    source: str


def find_published(benchmark: str) -> list[PublishedResult]:
    """Return the published rows of a benchmark, the best at 25 km first; none if nobody published on it."""
    text = (files("sextant.eval.reporting") / "data" / "published.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    found = [_make_row(row) for row in rows if row["benchmark"] == benchmark]
    return sorted(found, key=lambda row: (-float(row.percent["25"] or 0.0), row.system))


def _make_row(row: dict[str, str]) -> PublishedResult:
    percent = {name: row[f"km{name}"] for name in RADIUS_NAMES}
    return PublishedResult(row["benchmark"], row["system"], percent, row["source"])
