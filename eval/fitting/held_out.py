"""What held-out scorers said, as rows of numbers: calibration, regions and the stopping rule are fitted on them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.calibration import inputs_of, kind_of
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.reweight import tilted
from sextant.agent.verification.spread import spread_of
from sextant.agent.verification.utility import expected_utility
from sextant.base.arrays import Bools, Floats
from sextant.eval.fitting.crossfit import Judged
from sextant.geo.sphere import great_circle_km


@dataclass(frozen=True)
class HeldOut:
    """One row for each pool with a candidate, and the point a held-out scorer would answer with.

    `record` (n,) numbers the photos; `kind` (n,) of pool as `kind_of` numbers them; `inputs` (n, 5, 5) of the
    calibration as `inputs_of` gives them; `hit` (n, 5) whether the point was within each radius; `held` (n,) is what
    the smallest region that contains the true place was estimated to hold; `gain` (n,) is the mean utility each of the
    calls still to come added, NaN where none was.
    """

    record: NDArray[np.intp]
    kind: NDArray[np.intp]
    inputs: Floats
    hit: Floats
    held: Floats
    gain: Floats

    def __getitem__(self, rows: Bools) -> "HeldOut":
        return HeldOut(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def __len__(self) -> int:
        return len(self.record)


@dataclass(frozen=True)
class _Choice:
    """The balanced choice of a judged pool."""

    judged: Judged
    inputs: Floats
    hit: Floats
    mixture: Floats


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
    if not len(view.positions):
        return None
    row = int(np.argmax(expected_utility(view.stacked, "balanced")))
    away = great_circle_km(view.positions[row], view.truth)
    inputs = inputs_of(view.stacked[row], view.company, view.told)
    from_it = great_circle_km(view.positions, view.positions[row])
    mixture = tilted(view.scores.mixture, from_it, view.told, view.situation)
    return _Choice(view, inputs, (away <= np.array(RADII_KM)).astype(float), mixture)


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
        choice.inputs,
        choice.hit,
        spread_of(view.positions, choice.mixture).held_at(*view.truth),
        gain,
    )
