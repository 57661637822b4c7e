"""The configuration of an alignment, stored beside its weights to refuse a wrong pairing."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sextant.base.errors import SextantError
from sextant.gallery.alignment.model.location import SIGMAS
from sextant.gallery.alignment.model.projection import Projection

Part = Literal["image", "text", "gps"]
Granularity = Literal["place", "fine"]


class AlignmentError(SextantError):
    """An alignment cannot be trained, read or used."""


class AlignmentConfig(BaseModel):
    """One alignment: its backbone, its geography and the shapes of its layers.

    Attributes:
        backbone: encoder spec of the frozen backbone.
        backbone_fingerprint: the fingerprint it had at training; None for imported weights, which do not say.
        features: ``raw`` as the tower gives them (CLIP's, as published), or ``unit`` times √dimension.
        image_dimension, text_dimension: of the backbone; no text dimension, no text adapters.
        space: dimension of the shared spaces; the location head is left out when ``location_head`` is false
            (GeoCLIP's layout: the location encoder's 512 are the space).
        projection, sigmas: of the location encoder.
        granularity: of the place texts it was trained with.
        origin: ``trained``, or the published layout it was imported from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: str
    backbone_fingerprint: str | None
    features: Literal["raw", "unit"]
    image_dimension: int = Field(gt=0)
    text_dimension: int | None = Field(default=None, gt=0)
    space: int = Field(gt=0)
    location_head: bool = True
    projection: Projection = "equal-earth"
    sigmas: tuple[float, ...] = SIGMAS
    granularity: Granularity | None = None
    origin: Literal["trained", "g3", "geoclip"] = "trained"

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts its embedding is made of: G3's three, or two where the backbone reads no text."""
        return ("image", "text", "gps") if self.text_dimension else ("image", "gps")

    def dimension(self, parts: tuple[Part, ...]) -> int:
        return sum(self.image_dimension if part == "image" else self.space for part in parts)


def list_differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """List the differences between two settings as ``name: found → wanted``, in the order of ``wanted``."""
    return [f"{name} {found.get(name)!r} → {value!r}" for name, value in wanted.items() if found.get(name) != value]
