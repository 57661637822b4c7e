"""What a run can be told. Plain values with defaults: they travel as LangGraph's context and into the record."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from sextant.agent.cost.pricing import price_usd, read_price, unknown_price
from sextant.agent.state import Json
from sextant.base.errors import WrongUse
from sextant.prompts.presets import Preset, preset

Optimise = Literal["balanced", "street", "city", "country"]


@dataclass(frozen=True)
class Settings:
    """Settings of one run. None means: as the preset says.

    Attributes:
        model: ``offline``, ``openai:NAME`` or ``ollama:NAME``.
        gallery: folder of the gallery; None runs without one.
        max_calls, max_tokens, max_seconds, max_usd, max_rounds: the budget; None is no limit of that kind
            beyond the preset's own calls and rounds.
        price: what the model costs where no list knows it: INPUT/OUTPUT in dollars per million tokens.
        fitted: the model that ``calibrated`` judges with, a file or ``NAME@SHA256`` (see
            ``recording/fitted_models.py``); None is the shipped one.
        variants, later: the prompts of the first round and of the others, in place of the preset's.
        exclude_author: leave out the photos of this photo's own photographer, and the photo itself.
        without_authors: leave out the photos of these photographers.
        exclude_duplicates: leave out photos that are this one, scaled, recompressed or nearly the same.
        image_side: longest side in pixels of the picture the model sees.
        concurrency: model calls in flight at once.
    """

    model: str = "offline"
    base_url: str | None = None
    gallery: str | None = None
    encoder: str | None = None
    home: str | None = None
    preset: str | None = None
    verify: str | None = None
    fitted: str | None = None
    optimise: Optimise = "balanced"
    max_calls: int | None = None
    max_tokens: int | None = None
    max_seconds: float | None = None
    max_usd: float | None = None
    max_rounds: int | None = None
    max_tool_turns: int | None = None
    max_output_tokens: int = 1500
    temperature: float | None = None
    samples: int | None = None
    tools: tuple[str, ...] | None = None
    variants: tuple[str, ...] | None = None
    later: tuple[str, ...] | None = None
    exclude_author: bool = False
    without_authors: tuple[str, ...] = ()
    exclude_duplicates: bool = False
    price: str | None = None
    image_side: int = 1024
    image_quality: int = 85
    image_detail: Literal["low", "high", "auto"] | None = None
    timeout_seconds: float = 120.0
    retries: int = 4
    concurrency: int = 8
    requests_per_minute: float | None = None
    num_ctx: int | None = None
    seed: int = 0
    run: str | None = None


def recipe(settings: Settings) -> Preset:
    """Return the preset of these settings with the settings' own choices on top.

    Raises:
        WrongUse: the preset is unknown.
    """
    chosen = preset(settings.preset or ("offline" if settings.model == "offline" else "default"))
    named: tuple[str, ...] = ("variants", "later", "verify", "max_calls", "max_rounds", "max_tool_turns")
    named += ("temperature", "samples", "tools", "image_detail")
    given = {name: getattr(settings, name) for name in named if getattr(settings, name) is not None}
    return chosen.model_copy(update=given)


def checked(settings: Settings) -> Settings:
    """Return the settings, when they make sense.

    Raises:
        WrongUse: a number is out of range; the message names it.
    """
    for name in ("max_calls", "max_rounds", "samples", "concurrency", "image_side", "max_output_tokens"):
        value = getattr(settings, name)
        if value is not None and value < 1:
            raise WrongUse(f"{option(name)} is {value!r}; it must be at least 1")
    if not 1 <= settings.image_quality <= 95:
        raise WrongUse(f"--image-quality is {settings.image_quality!r}; it must be from 1 to 95")
    for name in ("max_tokens", "max_seconds", "max_usd", "timeout_seconds"):
        value = getattr(settings, name)
        if value is not None and not value > 0:
            raise WrongUse(f"{option(name)} is {value!r}; it must be more than 0")
    if settings.max_usd is not None and usd(settings, 1, 1) is None:
        raise unknown_price(settings.model)
    return settings


def usd(settings: Settings, input_tokens: int, output_tokens: int) -> float | None:
    """Dollars for one call of the run's model; None when the price is not known.

    Raises:
        WrongUse: the stated price has another form than INPUT/OUTPUT.
    """
    stated = read_price(settings.price) if settings.price else None
    return price_usd(settings.model, input_tokens, output_tokens, base_url=settings.base_url, stated=stated)


def option(name: str) -> str:
    """Return the command-line spelling of a setting."""
    return "--" + name.replace("_", "-")


def from_json(values: Json) -> Settings:
    """Return settings from a record; lists become tuples again.

    Raises:
        WrongUse: a key that is no setting.
    """
    known = {item.name for item in fields(Settings)}
    for name in values:
        if name not in known:
            raise WrongUse(f"{name!r} is not a setting; there are: {', '.join(sorted(known))}")
    plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return replace(Settings(), **plain)


def to_json(settings: Settings) -> Json:
    """Return the settings as JSON-plain values. They hold no secret: keys are read from the environment only."""
    values = {item.name: getattr(settings, item.name) for item in fields(settings)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
