"""Score a file of raw model answers: answered, refused, unparsable, and the error of each.

    python -m sextant.eval.answers FILE [--json]

FILE is JSON lines, plain or .gz: one answer a line with `raw` (the model's words), `latitude` and `longitude` (the
truth, degrees), and `model` or `file` to group by. Accuracy counts great-circle distances below each radius; its
denominator is every row, including refused and unparsable ones.
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import click
from rich.console import Console
from rich.table import Table

from sextant.agent.answers import Outcome, parse_answer
from sextant.base.errors import SextantError, format_system_reason
from sextant.base.printable import make_printable
from sextant.geo.sphere import compute_great_circle_km

RADII_KM = (1, 25, 200, 750, 2500)  # street, city, region, country, continent; Hays and Efros, IM2GPS (2008), and since


class AnswersFileError(SextantError):
    """The file of answers cannot be read."""


@dataclass(frozen=True)
class LabelledAnswer:
    """One recorded answer and the truth beside it, degrees."""

    model: str
    raw: Any
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Score:
    """Counts of one model's answers; ``within_km`` is the share of all rows closer than each radius, 0 to 1."""

    model: str
    rows: int
    answered: int
    refused: int
    unparsable: int
    within_km: dict[str, float]


def read_rows(path: Path) -> Iterator[LabelledAnswer]:
    """Read the rows of a file of answers.

    Raises:
        AnswersFileError: no such file, not gzip, not UTF-8, or an invalid line, which the error names.
    """
    number = 0
    try:
        with _open(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _read_row(path, number, line)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        where = f" after line {number}" if number else ""
        reason = format_system_reason(error)
        raise AnswersFileError(
            f"answers file {str(path)!r} cannot be read{where}: {reason}; pass a readable JSON-lines file"
        ) from error


def score(rows: Iterator[LabelledAnswer]) -> list[Score]:
    """Return scores per model in alphabetical order, the sum of all as the last."""
    judged: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in rows:
        outcome = parse_answer(row.raw)
        judged[row.model].append((outcome.kind, _compute_error_km(row, outcome)))
    scores = [_score_rows(model, judged[model]) for model in sorted(judged)]
    return [*scores, _score_rows("all", [answer for answers in judged.values() for answer in answers])]


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _read_row(path: Path, number: int, line: str) -> LabelledAnswer:
    wanted = "an object with 'raw', 'latitude' and 'longitude'"
    try:
        value = json.loads(line)
        row = LabelledAnswer(
            str(value.get("model") or value.get("file") or "?"),
            value["raw"],
            float(value["latitude"]),
            float(value["longitude"]),
        )
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise AnswersFileError(f"{str(path)!r} line {number}: {error}; expected {wanted}") from error
    except KeyError as error:
        raise AnswersFileError(f"{str(path)!r} line {number}: no {error.args[0]!r}; expected {wanted}") from error
    if not (abs(row.latitude) <= 90 and abs(row.longitude) <= 180):
        position = f"({row.latitude}, {row.longitude})"
        raise AnswersFileError(
            f"{str(path)!r} line {number}: {position} is not a position in degrees; correct the truth"
        )
    return row


def _compute_error_km(row: LabelledAnswer, outcome: Outcome) -> float:
    """Return the distance of answer and truth, infinite without an answer."""
    if outcome.latitude is None or outcome.longitude is None:
        return float("inf")
    return float(compute_great_circle_km((row.latitude, row.longitude), (outcome.latitude, outcome.longitude)))


def _score_rows(model: str, answers: list[tuple[str, float]]) -> Score:
    kinds = Counter(kind for kind, _ in answers)
    within = {str(radius): sum(error < radius for _, error in answers) / max(len(answers), 1) for radius in RADII_KM}
    return Score(model, len(answers), kinds["answered"], kinds["refused"], kinds["unparsable"], within)


def _format_table(scores: list[Score]) -> Table:
    table = Table(caption="accuracy in % of all rows; distance < radius")
    table.add_column("model")
    for heading in ("rows", "answered", "refused", "unparsable", *(f"{radius} km" for radius in RADII_KM)):
        table.add_column(heading, justify="right")
    for one in scores:
        if one.model == "all":
            table.add_section()
        counts = (one.rows, one.answered, one.refused, one.unparsable)
        table.add_row(one.model, *map(str, counts), *(f"{100 * share:.1f}" for share in one.within_km.values()))
    return table


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
def main(file: Path, as_json: bool) -> None:
    """Score FILE, JSON lines of raw model answers with the truth beside them, plain or .gz.

    Example: python -m sextant.eval.answers answers.jsonl.gz
    """
    try:
        scores = score(read_rows(file))
    except SextantError as error:
        click.echo(make_printable(f"sextant: {error}"), err=True)
        raise SystemExit(error.exit_code) from None
    if as_json:
        click.echo(json.dumps([asdict(one) for one in scores], indent=2))
    else:
        Console(width=None if Console().is_terminal else 120).print(_format_table(scores))


if __name__ == "__main__":
    main()
