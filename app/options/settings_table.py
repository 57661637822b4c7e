"""The table of all settings in docs/settings.md, from their declarations."""

from typing import Any

from sextant.app.options.common import list_choices
from sextant.base.settings import Group, format_option, list_defaults, list_names, list_options, list_types


def make_settings_table() -> str:
    """Return one Markdown table for each group, a row for each setting."""
    parts = []
    for group in Group:
        names = [name for name in list_names() if list_options()[name].group is group]
        if names:
            head = [f"### {group.value}", "", "| setting | option | type | default | about |", "|---|---|---|---|---|"]
            parts.append("\n".join([*head, *(_make_row(name) for name in names)]))
    return "\n\n".join(parts) + "\n"


def _make_row(name: str) -> str:
    declared, default = list_options()[name], list_defaults()[name]
    shown = declared.default or ("none" if default in (None, ()) else str(default).lower())
    spelled = "" if declared.flag is False else f"`{format_option(name)}`"
    return f"| `{name}` | {spelled} | {_name_type(name)} | {shown} | {declared.help} |"


def _name_type(name: str) -> str:
    """Name a setting's type with its range: ``number, 0 to 2``."""
    kind: Any = list_types()[name]
    text, bounds = str(kind), list_options()[name].bounds
    if bounds is not None:
        number = "number" if "float" in text else "whole number"
        most = "" if bounds.high >= 10**6 else f" to {bounds.high:g}"
        if not most and not bounds.above and bounds.low > -1e9:
            return f"{number}, {bounds.low:g} or more"
        low = "above 0" if bounds.above else f"{bounds.low:g}" if bounds.low > -1e9 else ""
        return f"{number}, {low}{most}".rstrip(", ") if most or low else number
    if choices := list_choices(kind):
        return " \\| ".join(choices)
    return "list" if "tuple" in text else "yes or no" if kind is bool else "text"
