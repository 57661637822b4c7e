"""Judge recorded candidates: verdicts, and the figures computed from them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sextant.agent.verification import Verdict
from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.base.arrays import Floats
from sextant.eval.fitting.recorded import Record
from sextant.eval.metrics import (
    compute_accuracy,
    compute_calibration_error,
    compute_calibration_p_value,
    compute_chance_calibration_error,
    compute_coverage,
    compute_oracle_km,
    find_fixed_radius_km,
)
from sextant.geo.caps import compute_cap_area_km2
from sextant.geo.sphere import compute_great_circle_km

Verifier = Callable[[Record, int], Verdict]  # the record after this number of calls


@dataclass(frozen=True)
class Judgement:
    """What verification said of one photo after `calls` calls; `distance_km` is infinite without an answer."""

    record: Record
    verdict: Verdict
    calls: int
    distance_km: float


@dataclass(frozen=True)
class Figures:
    """The figures of one file. Shares are 0 to 1; lists follow the five radii; areas are km²."""

    photos: int
    photographers: int
    accuracy: tuple[float, ...]
    oracle: tuple[float, ...]
    calls: float
    outcomes: dict[str, int]
    calibration_error: tuple[float, ...] | None
    chance_calibration_error: tuple[float, ...] | None
    calibration_p_value: tuple[float, ...] | None
    coverage: dict[str, float] | None
    median_area_km2: dict[str, float] | None
    fixed_radius_area_km2: dict[str, float] | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def judge_all(records: Iterable[Record], verifier: Verifier, max_answers: int | None, stop: bool) -> list[Judgement]:
    """Return every photo's verdict: on all its calls, or, stopping, on as many as the verdict asks for.

    A stopping run makes the first call always and continues until the verdict reports agreement.
    """
    return [_judge(record, verifier, max_answers, stop) for record in records]


def _judge(record: Record, verifier: Verifier, max_answers: int | None, stop: bool) -> Judgement:
    most = len(record.answers) if max_answers is None else min(max_answers, len(record.answers))
    for calls in range(min(1, most), most) if stop else ():
        verdict = verifier(record, calls)
        if verdict.agreement:
            return Judgement(record, verdict, calls, distance_km(record, verdict))
    verdict = verifier(record, most)
    return Judgement(record, verdict, most, distance_km(record, verdict))


def distance_km(record: Record, verdict: Verdict) -> float:
    """Return the distance from the answer to the truth, infinite without an answer."""
    if verdict.latitude is None or verdict.longitude is None:
        return float("inf")
    return float(compute_great_circle_km((verdict.latitude, verdict.longitude), (record.latitude, record.longitude)))


def figures(judged: Sequence[Judgement]) -> Figures:
    """Return the accuracy over all photos; calibration and coverage over those that have probabilities and regions."""
    distances = np.array([one.distance_km for one in judged])
    oracle = [
        compute_oracle_km(one.record.pool().positions, (one.record.latitude, one.record.longitude)) for one in judged
    ]
    kinds = [kind for one in judged for kind in (answer.outcome.kind for answer in one.record.answers)]
    sure = [one for one in judged if one.verdict.calibrated]
    return Figures(
        photos=len(judged),
        photographers=len({one.record.group for one in judged}),
        accuracy=compute_accuracy(distances),
        oracle=compute_accuracy(oracle),
        calls=float(np.mean([one.calls for one in judged])) if judged else float("nan"),
        outcomes={kind: kinds.count(kind) for kind in sorted(set(kinds))},
        calibration_error=_calibrated_figure(compute_calibration_error, judged),
        chance_calibration_error=_per_radius(lambda r: compute_chance_calibration_error(_stated(sure)[:, r]))
        if sure
        else None,
        calibration_p_value=_calibrated_figure(compute_calibration_p_value, judged),
        **_region_figures(sure),
    )


def _calibrated_figure(
    figure: Callable[[Floats, Floats], float], judged: Sequence[Judgement]
) -> tuple[float, ...] | None:
    """Return a figure of what was stated and what happened, of those that have probabilities; None where none has."""
    sure = [one for one in judged if one.verdict.calibrated]
    stated = _stated(sure)
    hit = np.array([[one.distance_km < float(name) for name in RADIUS_NAMES] for one in sure])
    return _per_radius(lambda r: figure(stated[:, r], hit[:, r])) if sure else None


def _stated(sure: Sequence[Judgement]) -> Floats:
    return np.array([[one.verdict.probability[name] for name in RADIUS_NAMES] for one in sure], dtype=float)


def _per_radius(figure: Callable[[int], float]) -> tuple[float, ...]:
    return tuple(figure(radius) for radius in range(len(RADIUS_NAMES)))


def _region_figures(sure: Sequence[Judgement]) -> dict[str, Any]:
    """Return the coverage and median area of both regions, and the area of one fixed radius that covers as often."""
    if not sure:
        return {"coverage": None, "median_area_km2": None, "fixed_radius_area_km2": None}
    held: dict[str, float] = {}
    areas: dict[str, float] = {}
    fixed: dict[str, float] = {}
    for name in ("50", "90"):
        regions = [one.verdict.region_50 if name == "50" else one.verdict.region_90 for one in sure]
        pairs = [(region, one.record) for region, one in zip(regions, sure, strict=True) if region is not None]
        held[name] = compute_coverage([region.contains(record.latitude, record.longitude) for region, record in pairs])
        areas[name] = float(np.median([region.area_km2 for region, _ in pairs]))
        radius_km = find_fixed_radius_km([one.distance_km for one in sure], held[name])
        fixed[name] = compute_cap_area_km2(radius_km)
    return {"coverage": held, "median_area_km2": areas, "fixed_radius_area_km2": fixed}


@dataclass(frozen=True)
class CurvePoint:
    """One setting of the price of a call: the mean calls it leads to, the accuracy it buys, and how sure it may be."""

    call_cost: float
    calls: float
    accuracy: tuple[float, ...]
    calibration_error: tuple[float, ...] | None


CURVE_COSTS = (1.0, 0.006, 0.005, 0.0045, 0.0041, 0.004, 0.0035, 0.003, 0.0025, 0.002, 0.001, -1.0)


def curve(records: Sequence[Record], verifier: Verifier, settled: Callable[[Verdict, float], bool]) -> list[CurvePoint]:
    """Return the accuracy against calls: every stage is judged once, then the stopping rule runs at each price.

    Args:
        settled: whether a verdict ends the run at a price.
    """
    stages = [
        [verifier(record, calls) for calls in range(min(1, len(record.answers)), len(record.answers) + 1)]
        for record in records
    ]
    points = []
    for cost in CURVE_COSTS:
        judged = [_stopped(*pair, cost, settled) for pair in zip(records, stages, strict=True)]
        calls = float(np.mean([one.calls for one in judged]))
        away = [one.distance_km for one in judged]
        points.append(
            CurvePoint(cost, calls, compute_accuracy(away), _calibrated_figure(compute_calibration_error, judged))
        )
    return points


def _stopped(
    record: Record, stages: Sequence[Verdict], cost: float, settled: Callable[[Verdict, float], bool]
) -> Judgement:
    at = _first_settled(stages, cost, settled)
    return Judgement(record, stages[at], at + min(1, len(record.answers)), distance_km(record, stages[at]))


def _first_settled(verdicts: Sequence[Verdict], cost: float, settled: Callable[[Verdict, float], bool]) -> int:
    return next((at for at, verdict in enumerate(verdicts) if settled(verdict, cost)), len(verdicts) - 1)
