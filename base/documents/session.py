"""The session as page, terminal and exports show it."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from sextant.base.documents.answer import Answer, BestPlace, PrecisionCap


class ToldLook(TypedDict):
    """A judgement of a second look in words: the place, the verdict on the pictures taken there, and why."""

    place: str
    verdict: str
    why: str


class AnswerStatement(TypedDict):
    """An answer in words, part by part, as every face shows it; ``how_sure`` pairs each scale with its probability."""

    headline: str
    short: str
    scale: str | None
    position: str
    how_sure: list[tuple[str, float]]
    confidence: str
    basis: str
    region: str
    rival: str
    gallery: str
    file: list[str]
    model: str
    stop: str
    spent: str
    asked: list[str]
    checks: list[str]
    effects: list[str]
    looks: list[ToldLook]
    doubts: list[str]


class MatchDrawing(TypedDict):
    """Photo and reference side by side with lines between what they share: base64, in exports that hold pictures."""

    jpeg: str
    inliers: int
    probability: float


class ShownPhoto(TypedDict):
    """A photo of a session; all but the first five stand where it was located."""

    key: str
    sha256: str
    run: str | None
    status: str
    name: str
    file: NotRequired[str | None]
    error: NotRequired[str | None]
    answer: NotRequired[Answer]
    told: NotRequired[AnswerStatement]
    ledger: NotRequired[list[dict[str, Any]]]
    first: NotRequired[BestPlace | None]
    constraints: NotRequired[list[str]]
    areas: NotRequired[list[dict[str, Any]]]
    changed: NotRequired[dict[str, Any] | None]
    metadata: NotRequired[dict[str, Any]]
    nearest: NotRequired[list[dict[str, Any]]]
    farthest: NotRequired[list[dict[str, Any]]]
    places: NotRequired[list[dict[str, Any]]]
    reasons: NotRequired[list[str]]
    done: NotRequired[list[dict[str, Any]]]
    pictures: NotRequired[bool]
    drawings: NotRequired[list[MatchDrawing]]


class ShownTurn(TypedDict):
    """One turn of the conversation; ``entries`` are sentences with their sources."""

    id: str
    by: Literal["you", "sextant"] | str
    text: str
    photos: NotRequired[list[str]]
    entries: NotRequired[list[dict[str, Any]]]


class SessionView(TypedDict):
    """The whole session as it is shown; ``earlier_turns`` counts the turns before those listed."""

    session: str
    busy: bool
    interrupted: bool
    precision: PrecisionCap | None
    turns: list[ShownTurn]
    earlier_turns: int
    photos: list[ShownPhoto]
    spent: dict[str, Any]
