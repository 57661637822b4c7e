"""The record of one photo in an evaluation: a line of lines.jsonl. Degrees are WGS84, distances kilometres."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from sextant.base.documents.answer import AnswerWithoutCandidates, CandidateDocument, Coverage


class RecordedError(TypedDict):
    """Why a photo has no answer."""

    kind: str
    message: str


class LabelledPhoto(TypedDict):
    """What the benchmark states of a photo, and the country that its true place lies in."""

    image: str
    author: str | None
    scene: str | None
    latitude: float
    longitude: float
    country: str | None
    continent: str | None


class EvaluationRecord(LabelledPhoto):
    """Truth, answer, candidates and cost of one photo, or the error.

    ``failures`` says for each kind of failed call what was said of it; ``farthest`` are positions of the least similar
    photos; ``excluded`` counts gallery photos that filters left out, by filter; ``timings`` are seconds.
    """

    outcome: Literal["answered", "refused", "unparsable", "filtered", "failed"]
    distance_km: float | None
    error: RecordedError | None
    failures: NotRequired[dict[str, str]]
    answer: AnswerWithoutCandidates | None
    candidates: list[CandidateDocument]
    farthest: list[list[float]]
    retrieval_trust: NotRequired[float]
    profile: NotRequired[dict[str, Any] | None]
    excluded: dict[str, int | None] | None
    timings: dict[str, float]
    record: NotRequired[str | None]
    """The folder of its run, relative to the evaluation's."""
    density: NotRequired[Coverage | None]
    """How many gallery photos lie near the truth."""
