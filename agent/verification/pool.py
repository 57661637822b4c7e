"""What verification weighs: candidates with where each came from, and the far side that speaks against places."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sextant.agent.answers.judgements import Likeness
from sextant.agent.answers.outcome import Precision
from sextant.base.documents.answer import JudgementDocument, Origin, TextCheckDocument
from sextant.base.errors import SextantError
from sextant.gallery.profile import WEAK, RetrievalProfile

LOOKED_UP = ("named", "map", "scene")
Position = tuple[float, float]


class PositionError(SextantError):
    """A latitude or longitude that is not a position on Earth."""


def checked_position(latitude: float, longitude: float) -> Position:
    """Return the same position as plain floats.

    Raises:
        PositionError: a value is not a finite number, or lies outside ±90 (latitude) or ±180 (longitude) degrees.
    """
    for name, value, limit in (("latitude", latitude, 90.0), ("longitude", longitude, 180.0)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise PositionError(f"{name} {value!r} is not a finite number; give degrees, latitude before longitude")
        if abs(value) > limit:
            raise PositionError(f"{name} {value!r} lies outside ±{limit:g} degrees; check the order of the two columns")
    return float(latitude), float(longitude)


@dataclass(frozen=True)
class Candidate:
    """One place that was proposed, and by whom. Degrees; `rank` 0 is the most similar photo.

    `similarity` is the photo's cosine with a retrieved photo; `position_score` its cosine with the place itself, which
    an `aligned:` encoder gives, and which says nothing but against other places of the same photo. `wording` counts the
    words of the reply an answer came with, as `sextant.agent.answers.wording` sorts them. `precision` says how fine a
    place is that was only named, and `radius_km` how far from the position it reaches; both None for coordinates.

    Raises:
        PositionError: the place is not a position on Earth.
    """

    latitude: float
    longitude: float
    origin: Origin
    rank: int | None = None
    similarity: float | None = None
    position_score: float | None = None
    model: str | None = None
    variant: str | None = None
    sample: int = 0
    round: int = 0
    confidence: float | None = None
    place: str | None = None
    id: str | None = None
    wording: Mapping[str, int] | None = field(default=None, hash=False)
    precision: Precision | None = None
    radius_km: float | None = None
    agreeing: int | None = None
    alike: int | None = None
    inliers: int | None = None
    evidence: str | None = None

    def __post_init__(self) -> None:
        latitude, longitude = checked_position(self.latitude, self.longitude)
        object.__setattr__(self, "latitude", latitude)
        object.__setattr__(self, "longitude", longitude)

    @property
    def voice(self) -> tuple[str, str, int, int]:
        """Who speaks: two candidates with the same voice are one opinion (an answer and its alternatives)."""
        return (self.model or "", self.variant or "", self.sample, self.round)


@dataclass(frozen=True)
class Judgement:
    """What a model said of a place (degrees) whose pictures it compared with the photo; `call` is its branch."""

    latitude: float
    longitude: float
    likeness: Likeness
    model: str
    call: str = ""


class Finding(StrEnum):
    """What one kind of evidence says of a place that text in the photo names."""

    AGREES = "agrees"
    CONFLICTS = "conflicts"
    UNKNOWN = "not checkable"


@dataclass(frozen=True)
class TextCheck:
    """A place (degrees) that text in the photo names, and what evidence that is not this text says of it.

    `call` is the branch that read the text.
    """

    text: str
    latitude: float
    longitude: float
    call: str
    retrieval: Finding = Finding.UNKNOWN
    map: Finding = Finding.UNKNOWN
    language: Finding = Finding.UNKNOWN
    driving_side: Finding = Finding.UNKNOWN


@dataclass(frozen=True)
class Pool:
    """Everything known about one photo's place.

    `farthest` are positions of the most dissimilar photos. `retrieval_trust` is 1, or less where the gallery holds
    nothing like the photo: see `scoring.retrieval_trust`. `profile` says how well the gallery finds
    places; a gallery that was not measured counts as weak. `judgements` are those of a second look, `checks` those of
    text in the photo.
    """

    candidates: tuple[Candidate, ...] = ()
    farthest: tuple[Position, ...] = ()
    outcomes: Mapping[str, int] = field(default_factory=dict)
    retrieval_trust: float = 1.0
    profile: RetrievalProfile = WEAK
    judgements: tuple[Judgement, ...] = ()
    checks: tuple[TextCheck, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "farthest", tuple(checked_position(*place) for place in self.farthest))

    @cached_property
    def positions(self) -> NDArray[np.float64]:
        """The candidates' places, shape (n, 2), degrees."""
        return positions_of(self.candidates)

    @property
    def nearest(self) -> tuple[Candidate, ...]:
        """The retrieved candidates, most similar first; ones without a rank keep their order, after the others."""
        found = [candidate for candidate in self.candidates if candidate.origin == "nearest"]
        return tuple(sorted(found, key=lambda candidate: math.inf if candidate.rank is None else candidate.rank))

    @property
    def signs(self) -> tuple[Candidate, ...]:
        """Return the places that text in the photo names, by gazetteer or map."""
        return tuple(candidate for candidate in self.candidates if candidate.origin in ("named", "map"))

    @property
    def scenes(self) -> tuple[Candidate, ...]:
        """Return the places of references that show the same scene."""
        return tuple(candidate for candidate in self.candidates if candidate.origin == "scene")

    def without_looked_up(self) -> "Pool":
        """Return the pool without the places that were looked up for its text, or found by geometry."""
        kept = tuple(one for one in self.candidates if one.origin not in LOOKED_UP)
        return self if len(kept) == len(self.candidates) else replace(self, candidates=kept)

    @property
    def answers(self) -> tuple[Candidate, ...]:
        """The models' first answers, in the order given (alternatives are not among them)."""
        return tuple(candidate for candidate in self.candidates if candidate.origin == "answer")


def read_judgements(documents: Sequence[JudgementDocument], model: str) -> tuple[Judgement, ...]:
    """Read what an answer holds of a model's second look."""
    return tuple(
        Judgement(one["latitude"], one["longitude"], Likeness(one["judgement"]), model, one["call"])
        for one in documents
    )


def read_checks(documents: Sequence[TextCheckDocument]) -> tuple[TextCheck, ...]:
    """Read what an answer holds of the checks of text in the photo."""
    return tuple(
        TextCheck(
            one["text"],
            one["latitude"],
            one["longitude"],
            one["call"],
            Finding(one["retrieval"]),
            Finding(one["map"]),
            Finding(one["language"]),
            Finding(one["driving_side"]),
        )
        for one in documents
    )


def position_scores_of(candidates: Iterable[Candidate]) -> NDArray[np.float64]:
    """Return the position scores of candidates, (n,), NaN for a candidate without one."""
    scores = [candidate.position_score for candidate in candidates]
    return np.array([math.nan if score is None else score for score in scores], dtype=float)


def positions_of(candidates: Iterable[Candidate]) -> NDArray[np.float64]:
    """Return places of candidates as an (n, 2) array of degrees."""
    places = [(candidate.latitude, candidate.longitude) for candidate in candidates]
    return np.array(places, dtype=float).reshape(-1, 2)
