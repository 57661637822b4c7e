"""Drift: probabilities that do not hold on the photos of an evaluation, by what was stated and what happened."""

from dataclasses import asdict, dataclass

import numpy as np

from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.agent.warning_codes import Code, has_code
from sextant.base.arrays import Floats
from sextant.base.documents.record import EvaluationRecord
from sextant.base.json_types import Json
from sextant.eval.grouping import LEAST_GROUPS, independent_groups
from sextant.eval.metrics import bootstrap_interval
from sextant.eval.results import Results

LEVEL = 0.99  # of the intervals: five radii and two regions are looked at
_LEAST_OFF = 0.05  # below this, there is no need to calibrate again


@dataclass(frozen=True)
class Gap:
    """How far a stated share is from what happened. `what` is a radius in km, or a region: "50 % region".

    `low` and `high` are the 99 % interval of stated less happened, over photographers.
    """

    what: str
    stated: float
    happened: float
    low: float
    high: float

    @property
    def drifted(self) -> bool:
        """Whether chance does not explain the gap, and it is large enough to matter."""
        return abs(self.stated - self.happened) >= _LEAST_OFF and not self.low <= 0.0 <= self.high


@dataclass(frozen=True)
class Drift:
    """The gaps of an evaluation; `groups` is how many photographers or places its photos are of.

    With fewer than ten of them nothing can be told.
    """

    photos: int
    groups: int
    gaps: tuple[Gap, ...]

    @property
    def told(self) -> bool:
        """Whether there are enough photographers or places to tell drift from chance."""
        return self.groups >= LEAST_GROUPS

    @property
    def worst(self) -> Gap | None:
        """The largest gap that chance does not explain; None where the probabilities hold, or nothing can be told."""
        drifted = [gap for gap in self.gaps if gap.drifted] if self.told else []
        return max(drifted, key=lambda gap: abs(gap.stated - gap.happened), default=None)

    def to_json(self) -> Json:
        """Return JSON-plain values; `worst` is the largest gap that chance does not explain."""
        worst = {**asdict(self.worst), "words": describe_gap(self.worst)} if self.worst else None
        return {"photos": self.photos, "groups": self.groups, "told": self.told, "worst": worst}


def find_drift(results: Results) -> Drift:
    """Compare what the calibrated answers of an evaluation stated with what happened.

    Photos without a calibrated probability are left out. Intervals draw photographers anew; where fewer than ten are
    known, 1° cells of the places.
    """
    calibrated = np.array([_is_calibrated(line) for line in results.lines], dtype=bool)
    rows = np.flatnonzero(calibrated & ~np.isnan(results.stated("25")))
    lines = [results.lines[row] for row in rows.tolist()]
    groups = independent_groups(
        [line["author"] for line in lines], [(line["latitude"], line["longitude"]) for line in lines]
    )
    gaps = []
    for number, radius in enumerate(RADIUS_NAMES):
        gaps.append(_gap(radius, results.stated(radius)[rows], results.within[rows, number].astype(float), groups))
    for share in ("50", "90"):
        inside = results.inside(share)[rows]
        known = np.flatnonzero(~np.isnan(inside))
        stated = np.full(len(known), float(share) / 100)
        gaps.append(_gap(f"{share} % region", stated, inside[known], [groups[row] for row in known.tolist()]))
    return Drift(len(rows), len(set(groups)), tuple(gap for gap in gaps if gap is not None))


def describe_gap(gap: Gap) -> str:
    """Say in words what was stated and what happened."""
    if gap.what in RADIUS_NAMES:
        return f"within {gap.what} km {gap.stated:.0%} was stated and {gap.happened:.0%} happened"
    return f"the {gap.what} holds {gap.happened:.0%} of the places"


def _is_calibrated(line: EvaluationRecord) -> bool:
    answer = line["answer"]
    return answer is not None and answer["best"] is not None and not has_code(answer["warnings"], Code.UNCALIBRATED)


def _gap(what: str, stated: Floats, happened: Floats, groups: list[str]) -> Gap | None:
    if not len(stated):
        return None
    interval = bootstrap_interval(stated - happened, groups, level=LEVEL)
    return Gap(
        what,
        round(float(stated.mean()), 4),
        round(float(happened.mean()), 4),
        round(interval.low, 4),
        round(interval.high, 4),
    )
