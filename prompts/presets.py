"""Presets: named sets of prompt variants and settings, such as a published recipe."""

from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from sextant.prompts.loading import Document, find_document, is_own, list_ids, make_field

Temperature = Annotated[float, make_field("temperature")]


class Preset(Document):
    """A recipe: the defaults for what a run's settings leave open.

    ``keep_samples`` and ``keep_nearest`` limit the candidates of verification (G3 uses 5 of 10 samples and one
    retrieved place); None keeps all. Without ``keep_alternatives``, an answer's alternatives are not candidates.

    ``temperature`` applies to every prompt; ``omit`` sends none. ``family_temperatures`` apply to models whose name
    contains the word, and take precedence. ``one_request`` asks for all samples of a prompt in one request if the
    server supports it. ``image_side`` is the longest side of the picture that is sent, in pixels.
    """

    about: str
    variants: tuple[str, ...] = Field(min_length=1)
    later: tuple[str, ...] = ()
    samples: int | None = make_field("samples", None)
    keep_samples: int | None = Field(default=None, ge=1)
    keep_nearest: int | None = Field(default=None, ge=0)
    keep_alternatives: bool = True
    one_request: bool = False
    temperature: Temperature | Literal["omit"] | None = None
    family_temperatures: dict[str, Temperature] = Field(default_factory=dict)
    verify: str
    max_rounds: int = make_field("max_rounds")
    max_calls: int = make_field("max_calls")
    max_tool_turns: int = make_field("max_tool_turns")
    max_output_tokens: int | None = make_field("max_output_tokens", None)
    image_detail: Literal["low", "high", "auto"] | None = None
    image_side: int | None = make_field("image_side", None)
    tools: tuple[str, ...]


def load_preset(name: str) -> Preset:
    """Load the preset of that id, or of that .yaml file.

    Raises:
        WrongUse: it does not exist; the message lists the presets.
    """
    return find_document("presets", name, Preset) if is_own(name) else _load_shipped(name)


@cache
def _load_shipped(name: str) -> Preset:
    return find_document("presets", name, Preset)


def list_preset_ids() -> list[str]:
    """List the ids of the shipped presets, sorted."""
    return list_ids("presets")
