"""What verification concluded in a round, as a run's state holds it."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from sextant.base.documents.answer import CandidateDocument, EffectDocument, Probability, Regions


class LeadingRival(TypedDict):
    """The best place outside the leading region, with the strongest candidate behind it."""

    latitude: float
    longitude: float
    score: float
    probability: Probability
    candidate: CandidateDocument
    point: NotRequired[Literal["middle", "named"]]


class VerdictDocument(TypedDict):
    """The place, how sure, the regions, the rival, and why. Degrees are None where no place was proposed.

    ``candidates`` is the blob of the scored candidates. ``unanimous``: the run is settled because all answers agree.
    ``expected_gain`` is the utility that another call is expected to add, None where that was not fitted.
    """

    latitude: float | None
    longitude: float | None
    probability: Probability
    region: Regions
    candidates: str
    rival: LeadingRival | None
    agreement: bool
    unanimous: NotRequired[bool]
    expected_gain: float | None
    reasons: list[str]
    effects: NotRequired[list[EffectDocument]]
    calibrated: bool
    basis: NotRequired[Literal["own", "profile", "borrowed"]]
    strategy: str
