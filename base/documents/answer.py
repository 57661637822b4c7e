"""The answer to one photo: what `sextant locate --json` prints, a run's answer.json holds and the page shows.

Degrees are WGS84, latitude before longitude; distances are kilometres. The published schema, docs/answer.schema.json,
is made from these types (``python scripts/answer_schema.py``).
"""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

Stop = Literal["agreement", "budget", "exhausted", "stopped"]
"""Why a run ended: its answers agree, the budget is spent, nothing more was worth asking, a person stopped it."""

Probability = TypedDict(
    "Probability",
    {"1": float | None, "25": float | None, "200": float | None, "750": float | None, "2500": float | None},
)
"""P(the photo was taken within so many km); None where the strategy gives no number."""


class AnsweredPhoto(TypedDict):
    """The photo; ``sha256`` is of the file's bytes, ``path`` None where a precision cap hides it."""

    sha256: str
    path: str | None
    width: int
    height: int


class BestPlace(TypedDict):
    """The answered position and what lies there; names are None where there is none (at sea, undecided, capped)."""

    latitude: float
    longitude: float
    country: str | None
    country_code: str | None
    admin1: str | None
    place: str | None
    at_sea: bool
    sight: NotRequired[str | None]


class Calibration(TypedDict):
    """What the probabilities rest on: one's own labelled photos, the gallery's profile, or photos of others."""

    basis: Literal["own", "profile", "borrowed"]
    note: str


class Circle(TypedDict):
    """One part of a region."""

    latitude: float
    longitude: float
    radius_km: float


class AnswerArea(TypedDict):
    """A region that holds the place with a stated probability: the union of ``parts``, the likeliest first.

    ``latitude`` and ``longitude`` are the first part's centre. ``radius_km`` stands where there is one part; otherwise
    ``geojson`` draws the union (longitude first), simplified, and missing where it would be long. ``bounded`` stands
    where a person ruled places out: ``geojson`` alone is the region then, and the parts reach beyond it.
    """

    probability: float
    latitude: float
    longitude: float
    area_km2: float
    parts: list[Circle]
    radius_km: NotRequired[float]
    geojson: NotRequired[dict[str, Any]]
    bounded: NotRequired[bool]


Regions = TypedDict("Regions", {"50": AnswerArea | None, "90": AnswerArea | None})
"""The regions of probability 0.5 and 0.9; None where no place was proposed."""


Origin = Literal["nearest", "answer", "alternative", "named", "map", "scene", "heatmap", "gps"]
"""Where a candidate came from; ``named`` is a place whose name is written in the photo, ``map`` where the map has what
is written in it, ``scene`` the place of a reference that shows the same scene."""


class CandidateDocument(TypedDict):
    """A place that was proposed, and by whom; ``rank`` 0 is the most similar photo."""

    latitude: float
    longitude: float
    origin: Origin
    rank: NotRequired[int]
    similarity: NotRequired[float]
    position_score: NotRequired[float]
    model: NotRequired[str]
    variant: NotRequired[str]
    sample: NotRequired[int]
    round: NotRequired[int]
    confidence: NotRequired[float]
    place: NotRequired[str | None]
    id: NotRequired[str | None]
    wording: NotRequired[dict[str, int | None]]
    precision: NotRequired[Literal["sight", "street", "town", "region", "country"]]
    radius_km: NotRequired[float]
    agreeing: NotRequired[int]
    """How many texts of the photo the map has together there, and (``alike``) how many places have as many."""
    alike: NotRequired[int]
    inliers: NotRequired[int]
    """How many features the photo shares with the reference ``id``."""
    evidence: NotRequired[str]
    """The drawing of both photos with what they share: sha256 of a JPEG among the run's blobs."""


class ScoredCandidate(CandidateDocument):
    """A candidate with its score (expected utility, 0 to 1) and probabilities."""

    score: float
    probability: Probability


class RivalDocument(TypedDict):
    """The best place outside the leading region, with the strongest candidate behind it.

    ``point`` stands where the position is not that candidate's own: the middle of several, or a place that one names.
    """

    latitude: float
    longitude: float
    score: float
    probability: Probability
    candidate: CandidateDocument
    point: NotRequired[Literal["middle", "named"]]
    country: str | None
    place: str | None


class Claim(TypedDict):
    """One piece of evidence in the model's words; ``call`` is the branch that gave it, ``struck`` a phantom check."""

    text: str
    source: str
    call: str | None
    struck: NotRequired[str]


class Coverage(TypedDict):
    """How many gallery photos lie near the answer."""

    within_25_km: int
    within_200_km: int


class FilePosition(TypedDict):
    """The file's own position beside the answer, never inside the question; None where it states none."""

    verdict: Literal["agrees", "conflicts", "absent"]
    latitude: float | None
    longitude: float | None
    source: str | None
    taken_at: str | None
    distance_km: float | None
    notes: list[str]


class OutcomeCounts(TypedDict):
    """How many of the model's replies came to what."""

    answered: int
    refused: int
    unparsable: int
    filtered: NotRequired[int]
    failed: int


class SpentSummary(TypedDict):
    """What the run used; ``usd`` is None when the price of a call is unknown."""

    calls: int
    tokens: int
    estimated_calls: int
    seconds: float
    usd: float | None


class WarningDocument(TypedDict):
    """What a reader should distrust: a code for programs, a text for people."""

    code: str
    text: str


class JudgementDocument(TypedDict):
    """What a second look said of a leading place: ``evidence`` is the sheet of pictures taken there, a blob."""

    latitude: float
    longitude: float
    judgement: Literal["same place", "same kind", "not"]
    why: str
    call: str
    evidence: str


Finding = Literal["agrees", "conflicts", "not checkable"]
"""What one kind of evidence says of a place that text in the photo names."""


class TextCheckDocument(TypedDict):
    """A place that ``text`` in the photo names, and what evidence that is not this text says of it.

    ``retrieval``: the most similar photos; ``map``: the other texts on the map; ``language``: script and other words;
    ``driving_side``: the side that traffic was seen to keep to. ``call`` is the branch that read the text.
    """

    text: str
    latitude: float
    longitude: float
    call: str
    retrieval: Finding
    map: Finding
    language: Finding
    driving_side: Finding


class EffectDocument(TypedDict):
    """What text in the photo, the map, a photo of the same scene or a second look did to the answer.

    ``kind``: it ``moved`` the answer, from ``latitude`` and ``longitude``; ``agrees`` with it; points ``elsewhere``, to
    ``latitude`` and ``longitude``; stands ``alone`` behind it; was ``contradicted`` by other evidence; was ``ignored``.
    ``count``: texts on the map, or matched features; ``alike``: places of the map that have as many texts.
    """

    source: Literal["text", "map", "scene", "look"]
    kind: Literal["moved", "agrees", "elsewhere", "alone", "contradicted", "ignored"]
    latitude: NotRequired[float]
    longitude: NotRequired[float]
    count: NotRequired[int]
    alike: NotRequired[int]


class SentDocument(TypedDict):
    """A request that left the machine for an open service: never the photo, never a token."""

    service: str
    host: str
    request: str


class PrecisionCap(TypedDict):
    """The policy under which the answer is shown."""

    cap: str | None
    reason: str
    countries: NotRequired[dict[str, str]]


class AnswerWithoutCandidates(TypedDict):
    """An answer as an evaluation records it, which keeps the candidates beside it."""

    photo: AnsweredPhoto
    best: BestPlace | None
    probability: Probability
    calibration: NotRequired[Calibration | None]
    region: Regions
    rival: RivalDocument | None
    claims: list[Claim]
    coverage: Coverage | None
    metadata: FilePosition | Literal["agrees", "conflicts", "absent"]
    """The verdict alone in answers of earlier versions."""
    outcomes: OutcomeCounts
    stop: Stop
    spent: SpentSummary
    model: str
    preset: str
    fitted: NotRequired[str]
    run: str | None
    warnings: list[WarningDocument]
    looks: NotRequired[list[JudgementDocument]]
    """What the model said of pictures taken at the leading places; absent where it was not asked."""
    checks: NotRequired[list[TextCheckDocument]]
    """What other evidence says of the places that text in the photo names; absent where no text names one."""
    effects: NotRequired[list[EffectDocument]]
    """What text, map, matched scenes and a second look did to the answer; absent where they did nothing."""
    sent: NotRequired[list[SentDocument]]
    """What was asked of open services; absent where nothing was."""
    precision: NotRequired[PrecisionCap]
    left_out: NotRequired[dict[str, int]]
    """Entries of lists that the compact document leaves out, by list."""


class Answer(AnswerWithoutCandidates):
    """Where a photo was taken, how sure that is, and why."""

    candidates: list[ScoredCandidate]
