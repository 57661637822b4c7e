"""Prompt variants: differently worded ways to ask where a photo was taken."""

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sextant.prompts.loading import Document, find_document, find_recorded, is_own, list_ids, make_field

Need = Literal["list", "photos", "camps", "exemplars"]
Shown = Literal["coordinates", "place", "photos"]


class References(BaseModel):
    """How many gallery photos the prompt lists, and which fields it shows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nearest: int = Field(ge=0, le=50)
    farthest: int = Field(ge=0, le=50)
    show: tuple[Shown, ...]


class Variant(Document):
    """One prompt. ``strategy`` is its instruction text; ``samples`` is how often it is asked.

    ``needs`` lists the strategy's inputs: a list of gallery photos, their pictures, two camps of earlier answers,
    pictures taken at the leading places (``exemplars``). If one is missing, the strategy of the variant ``fallback`` is
    used, or
    the variant is not asked. ``with_gallery`` is added to the strategy when the run has a gallery. ``role`` and
    ``answer`` name the frames around it.
    """

    references: References
    tools: bool
    samples: int = make_field("samples")
    temperature: float = make_field("temperature")
    strategy: str
    with_gallery: str | None = None
    needs: tuple[Need, ...] = ()
    fallback: str | None = None
    role: str = "role"
    answer: str = "answer"

    @property
    def required(self) -> frozenset[Need]:
        """Return the required inputs; placeholders for two camps imply the need for camps."""
        return frozenset(self.needs) | ({"camps"} if "{leader}" in self.strategy else frozenset())


def load_variant(name: str) -> Variant:
    """Load the variant of that id, of that .yaml file, or an edited one whose text the recording holds.

    Raises:
        WrongUse: it does not exist; the message lists the variants.
    """
    recorded = find_recorded(name, Variant)
    if recorded is not None:
        return recorded
    return find_document("variants", name, Variant) if is_own(name) else _load_shipped(name)


@cache
def _load_shipped(name: str) -> Variant:
    return find_document("variants", name, Variant)


def list_variant_ids() -> list[str]:
    """List the ids of the shipped variants, sorted."""
    return list_ids("variants")
