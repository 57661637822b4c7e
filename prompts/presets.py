"""Presets: a set of variants and settings under one name, so that a published recipe can be run by it."""

from functools import cache
from typing import Literal

from pydantic import Field

from sextant.prompts.loading import Document, find, ids, is_own


class Preset(Document):
    """A recipe. What a run's settings leave open is taken from here.

    ``keep_samples`` and ``keep_nearest`` limit what verification weighs (G3 uses 5 of 10 samples and one retrieved
    place); None keeps all. Without ``keep_alternatives`` an answer's alternatives are not weighed.
    """

    about: str
    variants: tuple[str, ...] = Field(min_length=1)
    later: tuple[str, ...] = ()
    samples: int | None = Field(default=None, ge=1, le=50)
    keep_samples: int | None = Field(default=None, ge=1)
    keep_nearest: int | None = Field(default=None, ge=0)
    keep_alternatives: bool = True
    temperature: float | None = Field(default=None, ge=0, le=2)
    verify: str
    max_rounds: int = Field(ge=1)
    max_calls: int = Field(ge=1)
    max_tool_turns: int = Field(ge=0)
    max_output_tokens: int | None = Field(default=None, ge=1)
    image_detail: Literal["low", "high", "auto"] | None = None
    tools: tuple[str, ...]


def preset(name: str) -> Preset:
    """Return the preset of that id, or of that .yaml file.

    Raises:
        WrongUse: there is none; the message lists those there are.
    """
    return find("presets", name, Preset) if is_own(name) else _shipped(name)


@cache
def _shipped(name: str) -> Preset:
    return find("presets", name, Preset)


def preset_ids() -> list[str]:
    """Every shipped preset, sorted."""
    return ids("presets")
