"""The manifest of a gallery: one JSON document, the single row of the table ``manifest``.

It names the versions of the other tables that belong together. Replacing this row is the moment at which a new
gallery takes the place of the old one; until then every reader sees the old one whole.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sextant.gallery.profile import RetrievalProfile

LAYOUT = 1
SOURCES_JOINED = " + "  # between the names of a manifest's sources


EXACT = "exact"  # no index: every row is compared
SIMHASH = "IVF_SIMHASH"  # of our own, in a file beside the table (gallery/search/simhash.py)
RABITQ = "IVF_RQ"  # LanceDB's


class VectorIndex(BaseModel):
    """An approximate index over a table's vectors."""

    kind: str = EXACT
    partitions: int = 0
    probes: int = 0  # partitions read for a query
    rerank: int = 0  # rows re-ranked on their stored vectors, at least
    bits: int = 1  # of a code, for each dimension


class Recall(BaseModel):
    """Share of the true nearest and farthest that search finds, measured on ``queries`` random rows of the gallery."""

    queries: int
    count: int
    near: float
    far: float
    far_cosine_gap: float = 0.0  # mean cosine of the far side found, less that of the true far side


class Manifest(BaseModel):
    """The gallery's identity, its size, and how it is searched."""

    model_config = ConfigDict(extra="ignore")

    layout: int = LAYOUT
    encoder: str
    fingerprint: str
    dimension: int
    count: int
    source: str
    settings: dict[str, Any] = Field(default_factory=dict)
    photos_version: int
    outliers_version: int | None = None
    outliers: int = 0
    index: VectorIndex = Field(default_factory=VectorIndex)  # of the table ``photos``
    far_index: VectorIndex = Field(default_factory=VectorIndex)  # of the table ``outliers``
    nearest_percentiles: dict[str, float] = Field(default_factory=dict)  # of the similarity to the nearest other photo
    recall: Recall | None = None
    profile: RetrievalProfile | None = None  # how well its photos are found from the others; None: not measured
    notes: list[str] = Field(default_factory=list)
