"""The gallery photos that were retrieved for a photo, as the blob store holds them. Degrees, latitude first."""

from typing import Any, NotRequired

from typing_extensions import TypedDict

from sextant.base.documents.answer import WarningDocument


class ReferenceDocument(TypedDict):
    """A gallery photo; ``similarity`` is the cosine of its vector with the photo's."""

    id: str
    latitude: float
    longitude: float
    similarity: float
    place: str


class PeakDocument(TypedDict):
    """A peak of the heat map of an aligned encoder: its cosine and its share of the probability."""

    latitude: float
    longitude: float
    score: float
    probability: float


class SceneDocument(TypedDict):
    """A gallery photo that likely shows the photo's scene; ``evidence`` is the drawing of both, a blob."""

    id: str
    latitude: float
    longitude: float
    inliers: int
    spread: float
    probability: float
    evidence: str


class ReferencesDocument(TypedDict):
    """All that was retrieved: the most and the least similar photos, best first.

    ``sheets`` are contact sheets (blobs) by their number of photos, ``peaks`` None without an aligned encoder,
    ``excluded`` the photos that the run's filters left out, ``timings`` seconds.
    """

    nearest: list[ReferenceDocument]
    farthest: list[ReferenceDocument]
    sheets: dict[str, str]
    excluded: NotRequired[dict[str, int | None] | None]
    peaks: NotRequired[list[PeakDocument] | None]
    trust: NotRequired[float]
    profile: NotRequired[dict[str, Any]]
    scenes: NotRequired[list[SceneDocument]]
    timings: dict[str, float]
    warnings: list[WarningDocument]
