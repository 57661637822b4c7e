"""Prompt variants: differently worded ways to ask where a photo was taken."""

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sextant.prompts.loading import Document, find_document, is_own, list_ids, make_field

Need = Literal["list", "photos", "camps"]
Shown = Literal["coordinates", "place", "photos"]


class References(BaseModel):
    """How many gallery photos the prompt lists, and what of each it shows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nearest: int = Field(ge=0, le=50)
    farthest: int = Field(ge=0, le=50)
    show: tuple[Shown, ...]


class Variant(Document):
    """One prompt. ``strategy`` is the prose a person can argue with; ``samples`` is how often it is asked.

    ``needs`` is what the strategy speaks of: a list of gallery photos, their pictures, two camps of earlier answers.
    Where that is missing, the strategy of the variant ``fallback`` is used, or the variant is not asked.
    ``with_gallery`` is added to the strategy where there is a gallery. ``role`` and ``answer`` name the
    frames round it.
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
        """What the strategy speaks of; one with the words of two camps in it needs the camps, said or not."""
        return frozenset(self.needs) | ({"camps"} if "{leader}" in self.strategy else frozenset())


def load_variant(name: str) -> Variant:
    """Return the variant of that id, or of that .yaml file.

    Raises:
        WrongUse: there is none; the message lists those there are.
    """
    return find_document("variants", name, Variant) if is_own(name) else _load_shipped(name)


@cache
def _load_shipped(name: str) -> Variant:
    return find_document("variants", name, Variant)


def list_variant_ids() -> list[str]:
    """Every shipped variant, sorted."""
    return list_ids("variants")
