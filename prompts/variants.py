"""Prompt variants: differently worded ways to ask where a photo was taken."""

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sextant.prompts.loading import Document, find_document, in_range, is_own, list_ids

Shown = Literal["coordinates", "place", "photos"]


class References(BaseModel):
    """How many gallery photos the prompt lists, and what of each it shows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nearest: int = Field(ge=0, le=50)
    farthest: int = Field(ge=0, le=50)
    show: tuple[Shown, ...]


class Variant(Document):
    """One prompt. ``strategy`` is the prose a person can argue with; ``samples`` is how often it is asked."""

    references: References
    tools: bool
    samples: int = in_range("samples")
    temperature: float = in_range("temperature")
    strategy: str


def load_variant(name: str) -> Variant:
    """Return the variant of that id, or of that .yaml file.

    Raises:
        WrongUse: there is none; the message lists those there are.
    """
    return find_document("variants", name, Variant) if is_own(name) else _load_shipped(name)


@cache
def _load_shipped(name: str) -> Variant:
    return find_document("variants", name, Variant)


def variant_ids() -> list[str]:
    """Every shipped variant, sorted."""
    return list_ids("variants")
