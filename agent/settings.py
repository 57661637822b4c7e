"""Settings of a run: checked, resolved to a recipe, and read from and written to its record."""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from sextant.agent.cost.pricing import (
    compute_price_usd,
    make_unknown_price_error,
    parse_price,
)
from sextant.base.bounds import check_number
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.base.settings import Optimise, Settings, format_option, list_bounds, list_options, list_types
from sextant.prompts.presets import Preset, load_preset

__all__ = ["Optimise", "Recipe", "Settings", "format_option"]

IMAGE_SIDE = 1024  # pixels: what vision models of 2024 and 2025 scale pictures down to, or use whole


class Recipe(Preset):
    """A preset resolved for one run and one model: what is sent, recorded and priced reads nothing else."""

    max_output_tokens: int
    image_side: int
    nearest: int | None = None
    farthest: int | None = None


def make_recipe(settings: Settings) -> Recipe:
    """Resolve the preset of these settings, with the settings' own choices on top.

    Raises:
        WrongUse: the preset is unknown.
    """
    chosen = load_preset(settings.preset or ("offline" if settings.model == "offline" else "default"))
    named: tuple[str, ...] = ("variants", "later", "verify", "max_calls", "max_rounds", "max_tool_turns")
    named += ("samples", "keep_samples", "tools", "image_detail", "image_side", "nearest", "farthest")
    given = {name: getattr(settings, name) for name in named if getattr(settings, name) is not None}
    resolved = {
        "temperature": _choose_temperature(chosen, settings),
        "max_output_tokens": chosen.max_output_tokens or settings.max_output_tokens,
        "image_side": IMAGE_SIDE if chosen.image_side is None else chosen.image_side,
    }
    return Recipe(**{**dict(chosen), **resolved, **given})


def choose_listed(recipe: Recipe) -> dict[str, int]:
    """Return how many photos of each side every prompt with references lists, where the settings say so."""
    sides = {"nearest": recipe.nearest, "farthest": recipe.farthest}
    return {side: count for side, count in sides.items() if count is not None}


def _choose_temperature(chosen: Preset, settings: Settings) -> float | Literal["omit"] | None:
    """Return the temperature of every prompt: the settings', the model family's, the preset's; None: each prompt's."""
    if settings.temperature is not None:
        return settings.temperature
    families = (t for word, t in chosen.family_temperatures.items() if word in settings.model.lower())
    return next(families, chosen.temperature)


def check_settings(settings: Settings, called: Callable[[str], str] | None = None) -> Settings:
    """Check the settings and return them.

    Args:
        settings: any.
        called: how the caller calls a setting, for messages; None names the command line's option.

    Raises:
        WrongUse: a number is out of range; the message names it.
    """
    for name, bounds in list_bounds().items():
        value = getattr(settings, name)
        if value is not None:
            check_number(bounds, value, (called or format_option)(name))
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


def check_setting_names(names: Iterable[str]) -> None:
    """Check that each is the name of a setting.

    Raises:
        WrongUse: one is not; the message suggests the name it resembles.
    """
    for name in names:
        if name not in list_options():
            known = sorted(list_options())
            near = get_close_matches(name, known, 1)
            meant = f"did you mean {near[0]!r}? " if near else ""
            raise WrongUse(f"unknown setting {name!r}; {meant}the settings are: {', '.join(known)}")


def settings_from_json(values: Json) -> Settings:
    """Read settings from a record; lists become tuples again.

    Raises:
        WrongUse: a key that is not a setting, or a value of another type.
    """
    check_setting_names(values)
    plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    return _check_types(replace(Settings(), **plain))


@cache
def _make_adapter() -> TypeAdapter[Settings]:
    return TypeAdapter(Settings)


def _check_types(settings: Settings) -> Settings:
    """Return the settings when every value has its type: a record may have been made by anybody.

    Raises:
        WrongUse: one has not.
    """
    try:
        return _make_adapter().validate_python(vars(settings))
    except ValidationError as error:
        first = error.errors()[0]
        name, what = first["loc"][0], str(first["input"])[:40]
        raise WrongUse(f"the setting {name} is {what!r}: {first['msg'].lower()}") from error


def parse_setting(name: str, text: str, called: str) -> Any:
    """Parse the text of a setting by its type; ``none`` unsets an optional one, ``a,b`` is a list.

    Args:
        name: of the setting.
        text: as a person wrote it.
        called: how that person calls it, for the message.

    Raises:
        WrongUse: the text has another type.
    """
    kind = list_types()[name]
    raw: Any = None if text.lower() == "none" else text
    if raw is not None and "tuple" in str(kind):
        raw = [part.strip() for part in text.split(",") if part.strip()]
    try:
        value = TypeAdapter(kind).validate_python(raw)
    except ValidationError as error:
        raise WrongUse(f"{called}={text!r}: {error.errors()[0]['msg']}") from error
    return list(value) if isinstance(value, tuple) else value


def settings_to_json(settings: Settings) -> Json:
    """Convert the settings to JSON-plain values. They hold no secret: keys are read from the environment only."""
    values = {item.name: getattr(settings, item.name) for item in fields(settings)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
