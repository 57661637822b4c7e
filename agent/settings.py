"""Settings of a run: plain values with defaults, passed as LangGraph's context and stored in the run's record."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from sextant.agent.cost.pricing import compute_price_usd, make_unknown_price_error, parse_price
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.prompts.presets import Preset, preset

Optimise = Literal["balanced", "street", "city", "country"]


@dataclass(frozen=True)
class Settings:
    """Settings of one run. None means the preset's value.

    Attributes:
        model: ``offline``, ``openai:NAME`` or ``ollama:NAME``.
        gallery: folder of the gallery; None runs without one.
        max_calls, max_tokens, max_seconds, max_usd, max_rounds: the budget; None sets no limit of that kind
            beyond the preset's own calls and rounds.
        price: the model's price, when the price list does not have it: INPUT/OUTPUT in dollars per million tokens.
        fitted: the model that ``calibrated`` uses, a file or ``NAME@SHA256`` (see
            ``recording/fitted_models.py``); None means the shipped one.
        variants, later: the prompts of the first round and of later rounds, instead of the preset's.
        exclude_author: exclude gallery photos by this photo's photographer, and the photo itself.
        without_authors: exclude gallery photos by these photographers.
        exclude_duplicates: exclude gallery photos that are copies of this one (scaled, recompressed, nearly equal).
        image_side: longest side in pixels of the picture shown to the model.
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


def make_recipe(settings: Settings) -> Preset:
    """Return the preset of these settings with the settings' own overrides.

    Raises:
        WrongUse: the preset is unknown.
    """
    chosen = preset(settings.preset or ("offline" if settings.model == "offline" else "default"))
    named: tuple[str, ...] = ("variants", "later", "verify", "max_calls", "max_rounds", "max_tool_turns")
    named += ("temperature", "samples", "tools", "image_detail")
    given = {name: getattr(settings, name) for name in named if getattr(settings, name) is not None}
    return chosen.model_copy(update=given)


def check_settings(settings: Settings) -> Settings:
    """Check the settings and return them.

    Raises:
        WrongUse: a number is out of range; the message names it.
    """
    for name in ("max_calls", "max_rounds", "samples", "concurrency", "image_side", "max_output_tokens"):
        value = getattr(settings, name)
        if value is not None and value < 1:
            raise WrongUse(f"{format_option(name)} is {value!r}; it must be at least 1")
    if not 1 <= settings.image_quality <= 95:
        raise WrongUse(f"--image-quality is {settings.image_quality!r}; it must be from 1 to 95")
    for name in ("max_tokens", "max_seconds", "max_usd", "timeout_seconds"):
        value = getattr(settings, name)
        if value is not None and not value > 0:
            raise WrongUse(f"{format_option(name)} is {value!r}; it must be more than 0")
    if settings.max_usd is not None and price_call_usd(settings, 1, 1) is None:
        raise make_unknown_price_error(settings.model)
    return settings


def price_call_usd(settings: Settings, input_tokens: int, output_tokens: int) -> float | None:
    """Compute the price of one call of the run's model in dollars; None when it is unknown.

    Raises:
        WrongUse: the stated price is not of the form INPUT/OUTPUT.
    """
    stated = parse_price(settings.price) if settings.price else None
    return compute_price_usd(settings.model, input_tokens, output_tokens, base_url=settings.base_url, stated=stated)


def format_option(name: str) -> str:
    """Format a setting's name as its command-line option."""
    return "--" + name.replace("_", "-")


def settings_from_json(values: Json) -> Settings:
    """Read settings from a record; lists become tuples again.

    Raises:
        WrongUse: an unknown key.
    """
    known = {item.name for item in fields(Settings)}
    for name in values:
        if name not in known:
            raise WrongUse(f"unknown setting {name!r}; the settings are: {', '.join(sorted(known))}")
    plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return replace(Settings(), **plain)


def settings_to_json(settings: Settings) -> Json:
    """Convert the settings to JSON-plain values. They hold no secret: keys are read from the environment only."""
    values = {item.name: getattr(settings, item.name) for item in fields(settings)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
