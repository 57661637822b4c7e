"""Make the tables of a report as plain cells, for Markdown and HTML."""

import base64
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from sextant.agent.answers.outcome import OUTCOMES
from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.base.documents.record import EvaluationRecord
from sextant.base.json_types import Json
from sextant.eval.reporting.published import SOURCES, find_published
from sextant.eval.results import Results
from sextant.graphs.runs.archive import load_shown_picture
from sextant.graphs.runs.folder import RunFolder

CASES = 10
COUNTRIES_SHOWN = 20
THUMBNAIL = 120  # pixels, the longest side; about 3 kB each


@dataclass(frozen=True)
class Link:
    """A cell that leads to a file beside the report."""

    text: str
    to: str


@dataclass(frozen=True)
class Thumbnail:
    """A cell with a small picture (a data URL) above its words."""

    text: str
    picture: str


Cell = str | Link | Thumbnail


@dataclass(frozen=True)
class Table:
    """A titled table; ``note`` stands below it; rows in ``marked`` are our own among others'.

    The first ``words`` columns hold words and are set to the left, the others figures.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    marked: frozenset[int] = frozenset()
    words: int = 1


def make_accuracy_table(found: Sequence[Json]) -> Table:
    """Tabulate our runs above the published rows of the same benchmark."""
    head = ("system", *(f"< {name} km" for name in RADIUS_NAMES), "photos", "source")
    rows: list[tuple[Cell, ...]] = []
    for run in found:
        cells = [_format_interval(run["accuracy"][name]) for name in RADIUS_NAMES]
        rows.append((f"{run['run']} ({run['model']}, {run['protocol']})", *cells, f"{run['done']:,}", "this run"))
    ours = frozenset(range(len(rows)))
    letters: set[str] = set()
    for benchmark in dict.fromkeys(run["benchmark"] for run in found):
        for other in find_published(benchmark):
            letters.add(other.source)
            rows.append((other.system, *(other.percent[name] for name in RADIUS_NAMES), "", other.source))
    meaning = "; ".join(f"{letter}: {words}" for letter, words in SOURCES.items() if letter in letters)
    note = "Accuracy in percent of all photos; in brackets the 95 % interval, photographers resampled. "
    note += f"Published rows as printed; missing figures are empty. {meaning}." if letters else ""
    return Table("Accuracy", head, tuple(rows), note, ours)


def make_errors_table(found: Sequence[Json]) -> Table:
    """Tabulate errors, outcomes and cost."""
    head: tuple[str, ...] = ("run", "median, km", "mean, km", "score of 5,000", *OUTCOMES)
    head += ("calls a photo", "tokens a photo", "US$ a photo", "seconds a photo")
    rows = [
        (
            run["run"],
            *(_format_number(run[name], 0) for name in ("median_km", "mean_km", "score")),
            *(f"{run['outcomes'][kind]:,}" for kind in OUTCOMES),
            _format_number(run["per_photo"]["calls"], 2),
            _format_number(run["per_photo"]["tokens"], 0),
            "unknown" if run["per_photo"]["usd"] is None else f"{run['per_photo']['usd']:.5f}",
            _format_number(run["per_photo"]["seconds"], 2),
        )
        for run in found
    ]
    note = "Outcomes are counted over all photos; all but answered photos are misses in every figure. "
    note += "The median counts them as infinitely far, the mean covers answered photos, the score gives them 0."
    return Table("Errors, outcomes, cost", head, tuple(rows), note)


def make_trust_table(found: Sequence[Json]) -> Table:
    """Tabulate calibration at five radii and coverage of the two regions."""
    head = ("run", *(f"ECE {name} km" for name in RADIUS_NAMES), "50 % region", "90 % region")
    rows = [
        (
            run["run"],
            *(_format_calibration(run["calibration"][name]) for name in RADIUS_NAMES),
            *(_format_interval(run["coverage"][share]) for share in ("50", "90")),
        )
        for run in found
    ]
    note = "ECE: expected calibration error in percentage points, in brackets the error of perfect probabilities by "
    note += "chance in a sample of this size. Regions: percent of photos whose place lies inside."
    return Table("Calibration and coverage", head, tuple(rows), note)


def make_hygiene_table(found: Sequence[Json]) -> Table:
    """Tabulate what each run excluded from the gallery."""
    rows = []
    for run in found:
        cells = [run["excluded"].get(reason) for reason in ("author", "near_duplicate")]
        counts = [f"{c['references']:,} references for {c['photos']:,} photos" if c else "not excluded" for c in cells]
        rows.append((run["run"], run["protocol"], *counts))
    return Table(
        "Photos excluded from the gallery", ("run", "protocol", "same photographer", "near-duplicates"), tuple(rows)
    )


def make_breakdown_tables(run: Json) -> list[Table]:
    """Tabulate accuracy by continent, country, scene, stop reason and gallery density."""
    tables = []
    for title, groups in run["by"].items():
        if not groups:
            continue
        shown = groups[:COUNTRIES_SHOWN]
        rows = [
            (
                g["name"],
                f"{g['photos']:,}",
                *(f"{g['accuracy'][name]:.1%}" for name in RADIUS_NAMES),
                _format_number(g["median_km"], 0),
            )
            for g in shown
        ]
        head = (title, "photos", *(f"< {name} km" for name in RADIUS_NAMES), "median, km")
        note = f"The {len(shown)} with most photos of {len(groups)}." if len(groups) > len(shown) else ""
        tables.append(Table(f"{run['run']} by {title}", head, tuple(rows), note))
    return tables


def make_case_tables(run: Results, beside: Path) -> list[Table]:
    """Tabulate the best and the worst answers, each with its run's record.

    Args:
        beside: the folder the report lies in, that links start from.
    """
    answered = [line for line in run.lines if line["distance_km"] is not None]
    ordered = sorted(answered, key=lambda line: (line["distance_km"], line["image"]))
    head = ("photo", "taken in", "answered", "error, km", "stated < 25 km", "record")
    cases = (("best", ordered[:CASES]), ("worst", ordered[::-1][:CASES]))
    return [
        Table(
            f"{run.name}: the {len(lines)} {which} answers",
            head,
            tuple(_list_case(run, line, beside) for line in lines),
            words=3,
        )
        for which, lines in cases
        if lines
    ]


def _list_case(run: Results, line: EvaluationRecord, beside: Path) -> tuple[Cell, ...]:
    answer = line["answer"]
    best = answer["best"] if answer else None
    assert answer and best  # a case is chosen among the answered
    stated = answer["probability"]["25"]
    there = ", ".join(part for part in (best["place"], best["country"]) if part) or "open sea"
    return (
        make_thumbnail_cell(run, line),
        f"{line['country'] or 'at sea'} ({line['latitude']:.4f}, {line['longitude']:.4f})",
        f"{there} ({best['latitude']:.4f}, {best['longitude']:.4f})",
        f"{line['distance_km']:,.2f}",
        "" if stated is None else f"{stated:.0%}",
        make_record_link(run, line, beside),
    )


def make_thumbnail_cell(run: Results, line: EvaluationRecord) -> Cell:
    """Show the photo as the model saw it above its name; give the bare name if its picture is not stored here."""
    record = line.get("record")
    folder = RunFolder(run.path / record) if record else None
    if folder is None or not folder.cassette.exists():
        return line["image"]
    content = load_shown_picture(folder, None)
    if content is None:
        return line["image"]
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.thumbnail((THUMBNAIL, THUMBNAIL))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70)
    return Thumbnail(line["image"], f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}")


def make_record_link(run: Results, line: EvaluationRecord, beside: Path) -> Cell:
    """Link from the report to the photo's run record; give the bare name if the record is not there."""
    record = line.get("record")
    folder = run.path / record if record else None
    if folder is None or not (folder / "answer.json").exists():
        return ""
    return Link("record", Path(os.path.relpath(folder / "answer.json", beside)).as_posix())


def _format_interval(cell: Json | None) -> str:
    if not cell or cell["share"] is None:
        return ""
    return f"{cell['share'] * 100:.2f} ({cell['low'] * 100:.1f}–{cell['high'] * 100:.1f})"


def _format_calibration(cell: Json | None) -> str:
    return f"{cell['error'] * 100:.1f} ({cell['by_chance'] * 100:.1f})" if cell else "not stated"


def _format_number(value: float | None, digits: int) -> str:
    return "none" if value is None else f"{value:,.{digits}f}"
