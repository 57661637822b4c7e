"""The outcome of one branch, as a run's state holds it. Degrees are WGS84, latitude before longitude."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

Precision = Literal["sight", "street", "town", "region", "country"]
"""How fine a place is that a name stands for, the finest first."""


class StatedPosition(TypedDict):
    """A place that an answer names; ``confidence`` is the model's own, 0 to 1.

    ``precision`` and ``radius_km`` stand where the reply named the place without coordinates.
    """

    latitude: float
    longitude: float
    place: str | None
    country: str | None
    confidence: float | None
    precision: NotRequired[Precision]
    radius_km: NotRequired[float]


class StatedClue(TypedDict):
    """A piece of evidence in the model's words."""

    text: str
    source: str


class AnsweredOutcome(StatedPosition):
    """An answer with a position. ``how`` says how it was read, ``wording`` counts the words of its reply by kind."""

    kind: Literal["answered"]
    alternatives: list[StatedPosition]
    clues: list[StatedClue]
    how: str
    wording: NotRequired[dict[str, int]]


class PlacelessOutcome(TypedDict):
    """A reply without a position, or no reply. ``failure`` is the kind of a failed call, ``how`` says it in words."""

    kind: Literal["refused", "unparsable", "filtered", "failed"]
    how: str
    failure: NotRequired[str]


OutcomeDocument = AnsweredOutcome | PlacelessOutcome
