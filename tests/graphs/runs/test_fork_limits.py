"""The list of what a visitor may change covers every setting, and every number has a declared range."""

from dataclasses import replace
from typing import get_type_hints

import pytest

from sextant.agent.settings import Settings, check_settings, settings_from_json
from sextant.base.errors import WrongUse
from sextant.base.settings import list_bounds, list_names
from sextant.graphs.runs.fork_limits import ALLOWED_SETTINGS, CONNECTION, SAME, ForkLimits

OPERATORS = {
    *SAME,
    *CONNECTION,
    "home",
    "run",
    "fitted",
    "gazetteer",
    "hint",
    "within",
    "maps",
    "mcp",
    "online",
    "scenes",
    "second_look",
    "signs",
    "image_side",
    "image_quality",
}


def test_every_setting_is_the_visitors_or_the_operators():
    """A setting is refused over HTTP unless its declaration allows it."""
    assert set(list_names(private=True)) == ALLOWED_SETTINGS | OPERATORS
    assert not ALLOWED_SETTINGS & OPERATORS


def test_every_number_has_a_range():
    hints = get_type_hints(Settings)
    numbers = {name for name, hint in hints.items() if any(kind in str(hint) for kind in ("int", "float"))}
    assert numbers == set(list_bounds())


@pytest.mark.parametrize("name", list_bounds())
def test_no_number_passes_its_range(name):
    high = list_bounds()[name].high
    for bad in (high + 1, 10**400, -(10**400), float("nan"), float("inf"), True, "5"):
        with pytest.raises(WrongUse, match=name.split("_", maxsplit=1)[0]):
            check_settings(replace(Settings(), **{name: bad}))


def test_a_record_with_settings_of_wrong_types_is_refused():
    for bad in ({"samples": "x"}, {"tools": ["a", 3]}, {"model": None}, {"home": {}}, {"seed": 1.5}, {"nothing": 1}):
        with pytest.raises(WrongUse, match=next(iter(bad))):
            settings_from_json(bad)


def test_a_limit_of_the_server_cannot_be_raised_or_removed():
    limits = ForkLimits(Settings(max_usd=1.0, max_seconds=60.0, model="openai:gpt-4o"))
    parent = limits.server
    limits.check_end(replace(parent, max_usd=0.5), parent)
    for bad in ({"max_usd": 2.0}, {"max_usd": None}, {"max_seconds": None}, {"max_seconds": 61.0}):
        with pytest.raises(WrongUse, match="visitor"):
            limits.check_end(replace(parent, **bad), parent)
