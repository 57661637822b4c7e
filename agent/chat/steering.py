"""Steering: filter the candidates by a user's constraints and rerank the rest, without calling a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from sextant.agent.chat.allowed_area import draw_allowed_area, intersect_areas
from sextant.agent.chat.constraints import find_allowed, relies_on
from sextant.agent.verification import Candidate, Pool, Verdict, verify
from sextant.agent.verification.baselines.stand_in import judging
from sextant.agent.verification.model_file import Model
from sextant.agent.verification.pool import Judgement, TextCheck, positions_of
from sextant.agent.within import Within
from sextant.base.json_types import Json
from sextant.base.settings import Optimise
from sextant.geo.sphere import compute_great_circle_km

_FIELDS = frozenset(field.name for field in fields(Candidate))


@dataclass(frozen=True)
class ReweighInput:
    """The data of a finished run that reranking needs.

    Attributes:
        candidates: as in the Answer of DESIGN.md.
        farthest: positions of the most dissimilar photos.
        clues: the clues of each branch's answer, by branch id.
        judgements: of a second look.
        checks: of text in the photo.
        model: the fitted model of ``calibrated``; the shipped one when None.
    """

    candidates: tuple[Candidate, ...]
    farthest: tuple[tuple[float, float], ...] = ()
    clues: Mapping[str, Sequence[Json]] | None = None
    strategy: str = "calibrated"
    optimise: Optimise = "balanced"
    model: Model | None = None
    judgements: tuple[Judgement, ...] = ()
    checks: tuple[TextCheck, ...] = ()


@dataclass(frozen=True)
class ReweighResult:
    """The new verdict, and how many candidates each constraint alone rules out."""

    verdict: Verdict
    left: int
    ruled_out: tuple[tuple[str, int], ...]


def read_candidate(item: Json) -> Candidate:
    """Read a candidate of an answer document."""
    return Candidate(**{name: value for name, value in item.items() if name in _FIELDS})


def steer(evidence: ReweighInput, constraints: Sequence[Json], within: Within | None = None) -> ReweighResult:
    """Rerank the candidates that the constraints allow. If none is left, the verdict has no place.

    Args:
        evidence: of the finished run.
        constraints: of the user.
        within: the area that the run itself was bounded by; its candidates lie there.
    """
    kept = [candidate for candidate in evidence.candidates if not _relies(candidate, constraints, evidence)]
    free = find_allowed(constraints, positions_of(kept))
    left = tuple(candidate for candidate, stays in zip(kept, free.tolist(), strict=True) if stays)
    pool = Pool(left, evidence.farthest, judgements=evidence.judgements, checks=evidence.checks)
    strategy = judging(evidence.strategy, evidence.candidates)
    drawn = draw_allowed_area(constraints)
    if within is not None:
        drawn = intersect_areas(drawn, within.drawn) if drawn is not None else within.drawn
    verdict = verify(pool, strategy, evidence.optimise, model=evidence.model, within=drawn)
    alone = tuple((constraint["words"], _count_ruled_out(constraint, evidence)) for constraint in constraints)
    return ReweighResult(verdict, len(left), alone)


def measure_moved_km(before: Json | None, after: Verdict) -> float | None:
    """Measure the great-circle distance in km between an answer's and a verdict's best place; None if one has none."""
    if before is None or after.latitude is None or after.longitude is None:
        return None
    there = after.latitude, after.longitude
    return float(compute_great_circle_km((before["latitude"], before["longitude"]), there))


def _relies(candidate: Candidate, constraints: Sequence[Json], evidence: ReweighInput) -> bool:
    clues = (evidence.clues or {}).get(candidate.id or "", ())
    return any(c["rule"] == "ignore" and relies_on(c["clue"], clues) for c in constraints)


def _count_ruled_out(constraint: Json, evidence: ReweighInput) -> int:
    if constraint["rule"] == "ignore":
        return sum(_relies(candidate, [constraint], evidence) for candidate in evidence.candidates)
    return int((~find_allowed([constraint], positions_of(evidence.candidates))).sum())
