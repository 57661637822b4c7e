"""What the wording of replies tells of their exactness, for each kind of word, on photos the telling was not fitted on.

    python -m bench.wording FILE…

FILE are recorded answers as `sextant eval recorded` reads them. Photos are split in five by photographer. Printed is
the area under the curve (0.5: nothing is told, 1: all) of one model's replies against each other, right against wrong
within each radius: the mean over the models that are right and wrong at least ten times.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from bench.table import table
from sextant.agent.answers.wording import KINDS
from sextant.agent.verification.decision import RADII_KM, RADIUS_NAMES
from sextant.base.arrays import Floats
from sextant.eval.fitting.fit import reliability_of
from sextant.eval.fitting.folds import folds_by_group
from sextant.eval.fitting.recorded import Answer, Record, read_records
from sextant.geo.sphere import great_circle_km

FOLDS = 5
LEAST = 10


def silenced(record: Record, kind: str) -> Record:
    """The record as if no reply held a word of that kind."""
    return replace(record, answers=tuple(_silenced(answer, kind) for answer in record.answers))


def _silenced(answer: Answer, kind: str) -> Answer:
    wording = answer.outcome.wording
    return replace(answer, outcome=replace(answer.outcome, wording={**wording, kind: 0})) if wording else answer


def areas(records: Sequence[Record]) -> Floats:
    """The mean areas under the curve at the five radii, each photo told by a fit without its photographer."""
    fold_of = folds_by_group([record.group for record in records], FOLDS)
    said: dict[str, list[tuple[Floats, Floats]]] = {}
    for fold in range(FOLDS):
        fit = [record for record, own in zip(records, fold_of, strict=True) if own != fold]
        telling = reliability_of(fit).telling
        for record, own in zip(records, fold_of, strict=True):
            for candidate in record.pool().answers if own == fold else ():
                if candidate.wording is not None:
                    place = (candidate.latitude, candidate.longitude)
                    hit = great_circle_km(place, (record.latitude, record.longitude)) <= np.array(RADII_KM)
                    said.setdefault(candidate.model or "", []).append((telling([candidate]), hit.astype(float)))
    rows = [_areas(*map(np.array, zip(*own, strict=True))) for own in said.values()]
    return np.asarray(np.nanmean(rows, axis=0)) if rows else np.full(len(RADII_KM), np.nan)


def _areas(told: Floats, hit: Floats) -> Floats:
    """One model's: Mann and Whitney's U over its greatest value; NaN with too few right or wrong."""
    right, wrong = hit.sum(0), (1 - hit).sum(0)
    ranks = np.column_stack([rankdata(own) for own in told.T])
    with np.errstate(invalid="ignore", divide="ignore"):
        area = ((ranks * hit).sum(0) - right * (right + 1) / 2) / (right * wrong)
    return np.where(np.minimum(right, wrong) >= LEAST, area, np.nan)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="wording", description="What the wording of replies tells, by kind of word.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recorded answers")
    records = [record for path in parser.parse_args().files for record in read_records(path)]
    views = {"all kinds": records, **{f"without {kind}": [silenced(one, kind) for one in records] for kind in KINDS}}
    lines = []
    for name, view in views.items():
        found = areas(view)
        cells = {f"{radius} km": f"{area:.3f}" for radius, area in zip(RADIUS_NAMES, found, strict=True)}
        lines.append({"words": name, **cells, "mean": f"{found.mean():.3f}"})
    print(table(lines))


if __name__ == "__main__":
    main()
