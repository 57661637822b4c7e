"""Compare two evaluations of the same photos, with significance tests."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.base.documents.record import EvaluationRecord
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.eval.metrics import Interval, bootstrap_interval
from sextant.eval.results import Results
from sextant.graphs.batches.configuration import list_differences

LEVEL = 0.05


@dataclass(frozen=True)
class RadiusDifference:
    """What changed at one radius. ``gain`` is B's share less A's; ``p`` is McNemar's, ``adjusted`` Holm's over five."""

    radius: str
    share_a: float
    share_b: float
    interval: Interval
    won: int
    lost: int
    p: float
    adjusted: float

    @property
    def gain(self) -> float:
        return self.share_b - self.share_a

    @property
    def significant(self) -> bool:
        """Both tests agree: McNemar's after Holm's correction, and the bootstrap over photographers."""
        return self.adjusted < LEVEL and not self.interval.low <= 0.0 <= self.interval.high


@dataclass(frozen=True)
class Comparison:
    """A and B over the photos that both have, in one order."""

    a: Results
    b: Results
    rows_a: NDArray[np.intp]
    rows_b: NDArray[np.intp]
    differences: tuple[RadiusDifference, ...]
    warnings: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def significant(self) -> bool:
        """Whether the runs differ at any radius by more than chance."""
        return any(one.significant for one in self.differences)

    def moved(
        self, radius: str = "25"
    ) -> tuple[list[tuple[EvaluationRecord, EvaluationRecord]], list[tuple[EvaluationRecord, EvaluationRecord]]]:
        """Return photos won and lost by B at a radius, as pairs of lines (A's, B's), the largest change first."""
        column = RADIUS_NAMES.index(radius)
        hit_a, hit_b = self.a.within[self.rows_a, column], self.b.within[self.rows_b, column]
        won = np.flatnonzero(hit_b & ~hit_a).tolist()
        lost = np.flatnonzero(hit_a & ~hit_b).tolist()
        return self._pairs(won), self._pairs(lost)

    def _pairs(self, rows: list[int]) -> list[tuple[EvaluationRecord, EvaluationRecord]]:
        pairs = [(self.a.lines[self.rows_a[row]], self.b.lines[self.rows_b[row]]) for row in rows]
        return sorted(
            pairs, key=lambda pair: (-abs(_read_error_km(pair[0]) - _read_error_km(pair[1])), pair[0]["image"])
        )

    def to_json(self) -> Json:
        return {
            "a": self.a.name,
            "b": self.b.name,
            "photos": len(self.rows_a),
            "significant": self.significant,
            "differences": {one.radius: difference_to_json(one) for one in self.differences},
            "warnings": list(self.warnings),
            "changed": list(self.changed),
            "moved": {name: _moved_to_json(*self.moved(name)) for name in RADIUS_NAMES},
        }


def compare(a: Results, b: Results) -> Comparison:
    """Compare two evaluations over the photos that both have a line for.

    Raises:
        WrongUse: they have no photo in common.
    """
    places_b = {image: row for row, image in enumerate(b.images)}
    common = [(row, places_b[image]) for row, image in enumerate(a.images) if image in places_b]
    if not common:
        raise WrongUse(f"{a.name!r} and {b.name!r} have no photo in common; compare runs of one benchmark")
    rows_a, rows_b = np.array(common, dtype=np.intp).T
    groups = [a.groups[row] for row in rows_a]
    hits_a, hits_b = a.within[rows_a], b.within[rows_b]
    raw = [mcnemar(hits_a[:, column], hits_b[:, column]) for column in range(len(RADIUS_NAMES))]
    found = []
    for column, (radius, adjusted) in enumerate(zip(RADIUS_NAMES, holm(raw), strict=True)):
        one, other = hits_a[:, column], hits_b[:, column]
        interval = bootstrap_interval(other.astype(float) - one.astype(float), groups)
        won, lost = int(np.sum(other & ~one)), int(np.sum(one & ~other))
        found.append(
            RadiusDifference(radius, float(one.mean()), float(other.mean()), interval, won, lost, raw[column], adjusted)
        )
    changed = list_differences(a.header["configuration"], b.header["configuration"])
    return Comparison(a, b, rows_a, rows_b, tuple(found), tuple(list_warnings(a, b, len(common))), tuple(changed))


def mcnemar(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Return the exact two-sided p that as many photos are won as lost (McNemar 1947, binomial form); 1 without any."""
    from scipy.stats import binomtest

    won, lost = int(np.sum(b & ~a)), int(np.sum(a & ~b))
    return float(binomtest(won, won + lost).pvalue) if won + lost else 1.0


def holm(p: list[float]) -> list[float]:
    """Adjust the p of several tests so that the chance of any false find stays at the level (Holm 1979)."""
    adjusted, least = [1.0] * len(p), 0.0
    for place, row in enumerate(sorted(range(len(p)), key=lambda row: p[row])):
        least = max(least, min(1.0, (len(p) - place) * p[row]))
        adjusted[row] = least
    return adjusted


def list_warnings(a: Results, b: Results, common: int) -> list[str]:
    """Return where the two runs are not alike in data or denominator."""
    differences = []
    one, other = a.header["configuration"], b.header["configuration"]
    if one["benchmark"] != other["benchmark"]:
        differences.append(f"the runs use different benchmarks, {one['benchmark']!r} and {other['benchmark']!r}")
    if one["table_sha256"] != other["table_sha256"]:
        differences.append("the runs use different tables: places of the same photos may differ")
    if common < len(a.lines) or common < len(b.lines):
        differences.append(
            f"only {common:,} photos are in both: {a.name} has {len(a.lines):,}, {b.name} {len(b.lines):,}; "
            "their own figures have other denominators"
        )
    for run in (a, b):
        photos = run.header["configuration"]["photos"]
        if len(run.lines) < photos:
            differences.append(f"{run.name} is unfinished: {len(run.lines):,} of {photos:,} photos")
    places = {line["image"]: (line["latitude"], line["longitude"]) for line in a.lines}
    moved = sum(
        places.get(b_["image"], (b_["latitude"], b_["longitude"])) != (b_["latitude"], b_["longitude"])
        for b_ in b.lines
    )
    if moved:
        differences.append(f"{moved:,} photos have another true place in {b.name} than in {a.name}")
    return differences


def difference_to_json(one: RadiusDifference) -> Json:
    """Return one radius as JSON."""
    return {
        "a": one.share_a,
        "b": one.share_b,
        "gain": one.gain,
        "low": one.interval.low,
        "high": one.interval.high,
        "won": one.won,
        "lost": one.lost,
        "p": one.p,
        "adjusted_p": one.adjusted,
        "significant": one.significant,
    }


def _moved_to_json(
    won: list[tuple[EvaluationRecord, EvaluationRecord]], lost: list[tuple[EvaluationRecord, EvaluationRecord]]
) -> Json:
    return {name: [pair[0]["image"] for pair in pairs] for name, pairs in (("won", won), ("lost", lost))}


def _read_error_km(line: EvaluationRecord) -> float:
    """Return the error in km; a missing answer counts as half round the Earth."""
    return 20015.1 if line["distance_km"] is None else float(line["distance_km"])
