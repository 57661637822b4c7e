"""What verification concluded: the place, how sure, the region, the rival, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from sextant.agent.verification.area import Area
from sextant.agent.verification.pool import Candidate
from sextant.base.scales import RADII_KM as RADII_KM
from sextant.base.scales import RADIUS_NAMES as RADIUS_NAMES
from sextant.base.settings import Optimise as Optimise

Basis = Literal["own", "profile", "borrowed"]
"""What probabilities rest on: the user's own labelled photos, the measured gallery, or photos of others."""
Probabilities = Mapping[str, float | None]
UNKNOWN: Probabilities = dict.fromkeys(RADIUS_NAMES)

# The utility of an answer is the weighted sum of P(within r); weights for the five radii in order.
UTILITIES: dict[str, tuple[float, ...]] = {
    "balanced": (1.0, 1.0, 1.0, 1.0, 1.0),
    "street": (4.0, 1.0, 0.25, 0.1, 0.1),
    "city": (0.5, 4.0, 0.5, 0.1, 0.1),
    "country": (0.1, 0.25, 1.0, 4.0, 1.0),
}


def candidate_json(candidate: Candidate) -> dict[str, Any]:
    """Return the candidate's fields that hold something, in their order."""
    fields = candidate.__dict__
    return {name: value for name, value in fields.items() if value is not None and not name.startswith("_")}


@dataclass(frozen=True)
class Scored:
    """A candidate with its score (expected utility, 0 to 1) and P(within r) for each radius."""

    candidate: Candidate
    score: float
    probabilities: Probabilities = field(default_factory=lambda: UNKNOWN)

    def to_json(self) -> dict[str, Any]:
        return candidate_json(self.candidate) | {"score": self.score, "probability": dict(self.probabilities)}


class RivalPoint(StrEnum):
    """How a rival's position was derived if it is not a candidate's own: the middle of several, or a named place."""

    MIDDLE = "middle"
    NAMED = "named"


@dataclass(frozen=True)
class Rival:
    """The best place outside the leading region, with the strongest candidate behind it.

    `point` says what the position is where it is not that candidate's own.
    """

    latitude: float
    longitude: float
    score: float
    probabilities: Probabilities
    candidate: Candidate
    point: RivalPoint | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "latitude": self.latitude,
            "longitude": self.longitude,
            "score": self.score,
            "probability": dict(self.probabilities),
            "candidate": candidate_json(self.candidate),
            **({"point": str(self.point)} if self.point else {}),
        }


class EffectSource(StrEnum):
    """A kind of evidence: text in the photo, the map, a photo of the same scene, a second look."""

    TEXT = "text"
    MAP = "map"
    SCENE = "scene"
    LOOK = "look"


class EffectKind(StrEnum):
    """What evidence did.

    MOVED: without it the answer would lie elsewhere. AGREES: it speaks for the answer. ELSEWHERE: it speaks for another
    place. ALONE: nothing but replies that read the text speaks for the answer. CONTRADICTED: other evidence speaks
    against it, so that it counts less. IGNORED: it was not weighed.
    """

    MOVED = "moved"
    AGREES = "agrees"
    ELSEWHERE = "elsewhere"
    ALONE = "alone"
    CONTRADICTED = "contradicted"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Effect:
    """What one piece of evidence did to the answer.

    `latitude` and `longitude` are degrees: where the answer would lie without it (MOVED), or where it points
    (ELSEWHERE). `count` is the number of texts on the map or of matched features, `alike` of places that fit as well.
    """

    source: EffectSource
    kind: EffectKind
    latitude: float | None = None
    longitude: float | None = None
    count: int | None = None
    alike: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields that hold something."""
        plain = {name: value for name, value in vars(self).items() if value is not None}
        return {name: str(value) if isinstance(value, StrEnum) else value for name, value in plain.items()}


@dataclass(frozen=True)
class Verdict:
    """The conclusion on one pool. Without any candidate the place and every probability are None.

    `probability` maps "1", "25", "200", "750", "2500" (kilometres) to P(the place is within). `calibrated` says
    whether these were fitted on held-out photos or are plain shares of the pool. `scored` is best first.
    `unanimous` says that the run is settled because all answers agree. `basis` is what calibrated probabilities rest
    on. `expected_gain` is the utility another model call is expected to add, None where that was not fitted. `effects`
    are what text, map, matched scenes and a second look did.
    """

    latitude: float | None = None
    longitude: float | None = None
    probability: Probabilities = field(default_factory=lambda: UNKNOWN)
    region_50: Area | None = None
    region_90: Area | None = None
    scored: tuple[Scored, ...] = ()
    rival: Rival | None = None
    agreement: bool = False
    unanimous: bool = False
    expected_gain: float | None = None
    reasons: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    calibrated: bool = False
    basis: Basis | None = None
    strategy: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return JSON-plain values only, in a fixed order."""
        return {
            "latitude": self.latitude,
            "longitude": self.longitude,
            "probability": dict(self.probability),
            "region": {
                "50": self.region_50.to_json() if self.region_50 else None,
                "90": self.region_90.to_json() if self.region_90 else None,
            },
            "candidates": [scored.to_json() for scored in self.scored],
            "rival": self.rival.to_json() if self.rival else None,
            "agreement": self.agreement,
            **({"unanimous": True} if self.unanimous else {}),
            "expected_gain": self.expected_gain,
            "reasons": list(self.reasons),
            **({"effects": [one.to_json() for one in self.effects]} if self.effects else {}),
            "calibrated": self.calibrated,
            **({"basis": self.basis} if self.basis else {}),
            "strategy": self.strategy,
        }
