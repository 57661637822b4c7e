"""What held-out scorers said, as rows of numbers: calibration, regions and the stopping rule are fitted on them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from agent.verification.calibration import company_features, kind_of, region_kind_of
from agent.verification.decision import RADII_KM
from agent.verification.spread import spread_of
from agent.verification.worth import expected_utility
from eval.crossfit import Judged
from geo.sphere import great_circle_km

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class HeldOut:
    """One row for each pool with a candidate, and the point a held-out scorer would answer with.

    `record` (n,) numbers the photos; `kind` (n,) of pool as `kind_of` numbers them, `region_kind` (n,) as
    `region_kind_of` does; `company` (n, 3) as
    `company_features` gives it; `raw` (n, 5) is P before calibration, `hit` (n, 5) whether the point was within each
    radius; `whole` (n,) marks a photo's whole pool; `held` (n,) is what the smallest region that contains the true
    place was estimated to hold; `models` (n,) have answered; `gain` (n,) is the mean utility each of the calls still to
    come added, NaN where none was.
    """

    record: NDArray[np.intp]
    kind: NDArray[np.intp]
    region_kind: NDArray[np.intp]
    company: Floats
    raw: Floats
    hit: Floats
    whole: Bools
    held: Floats
    models: Floats
    gain: Floats

    def __getitem__(self, rows: Bools) -> "HeldOut":
        return HeldOut(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def __len__(self) -> int:
        return len(self.record)


@dataclass(frozen=True)
class _Choice:
    """The balanced choice of a judged pool."""

    judged: Judged
    raw: Floats
    hit: Floats


def held_out(judged: Sequence[Sequence[Judged]], as_strangers: Sequence[Sequence[Judged]]) -> HeldOut:
    """The rows of all photos: for each its stages, then its pools as of unknown models."""
    rows: list[tuple[object, ...]] = []
    for record, (stages, strangers) in enumerate(zip(judged, as_strangers, strict=True)):
        chosen = [_chosen(view) for view in stages]
        for stage, choice in enumerate(chosen):
            if choice is not None:
                rows.append(_row(record, choice, _gain(choice, chosen[-1], len(chosen) - 1 - stage)))
        rows += [_row(record, choice, np.nan) for choice in map(_chosen, strangers) if choice is not None]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return HeldOut(*columns)


def _chosen(view: Judged) -> _Choice | None:
    if not len(view.stacked):
        return None
    row = int(np.argmax(expected_utility(view.stacked, "balanced")))
    away = great_circle_km(view.positions[row], view.truth)
    return _Choice(view, view.stacked[row], (away <= np.array(RADII_KM)).astype(float))


def _gain(now: _Choice, last: _Choice | None, calls_left: int) -> float:
    """Utility each of the calls still to come adds; NaN before the first answer and after the last."""
    if last is None or calls_left < 1 or now.judged.stage < 1:
        return float("nan")
    return float(last.hit.mean() - now.hit.mean()) / calls_left


def _row(record: int, choice: _Choice, gain: float) -> tuple[object, ...]:
    view = choice.judged
    return (
        record,
        kind_of(view.situation, view.company),
        region_kind_of(view.situation, view.company),
        company_features(view.company),
        choice.raw,
        choice.hit,
        view.whole,
        spread_of(view.positions, view.scores.mixture).held_at(*view.truth),
        float(view.company.models),
        gain,
    )
