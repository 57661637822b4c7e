"""Where settings come from: command line, environment, a YAML file; and which of them takes precedence.

The command line comes first (``--set`` before options), then ``SEXTANT_NAME`` in the environment, then the file of
``--config``, then the default.
"""

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sextant.base.errors import WrongUse
from sextant.base.settings import list_names, list_types
from sextant.base.yaml_text import parse_yaml

PREFIX = "SEXTANT_"
# Variables of the environment that are no settings; the home is read where it is used.
OTHER_VARIABLES = ("SEXTANT_HOME", "SEXTANT_DEBUG", "SEXTANT_TOKEN", "SEXTANT_DATABASE", "SEXTANT_TRACES")
_NEAR = 0.85  # how much alike two names of variables are that one slip tells apart


def collect_settings(given: Mapping[str, Any], config: str | None, overrides: Iterable[str]) -> dict[str, Any]:
    """Merge the sources of settings by their precedence.

    Args:
        given: options of the command line, or arguments of a call; None and False stand for what was not given.
        config: path of a YAML file; None reads none.
        overrides: ``KEY=VALUE`` of ``--set``.

    Raises:
        WrongUse: a key is unknown, or a value has another type.
    """
    from sextant.agent.settings import check_setting_names

    check_setting_names(given)
    options = {name: value for name, value in given.items() if value is not None and value is not False and value != ()}
    return {**read_config(config), **read_environment(os.environ), **options, **read_overrides(overrides)}


def read_config(path: str | None) -> dict[str, Any]:
    """Read a YAML file of settings, ``name: value`` a line.

    Raises:
        WrongUse: it cannot be read, is not a mapping, or a key is unknown.
    """
    import yaml

    from sextant.agent.settings import settings_from_json

    if path is None:
        return {}
    try:
        found = parse_yaml(Path(path).read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WrongUse(f"--config {path!r} cannot be read: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(found, dict):
        raise WrongUse(f"--config {path!r} is not a list of settings; write one a line, such as: model: openai:gpt-4o")
    try:
        _refuse_private(map(str, found))
        settings_from_json({str(name): value for name, value in found.items() if value is not None})
    except WrongUse as error:
        raise WrongUse(f"--config {path!r}: {error}") from error
    return {str(name): value for name, value in found.items() if value is not None}


def read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read the settings among the environment's variables; an empty variable counts as missing.

    Raises:
        WrongUse: a value has another type, or a variable's name is nearly a setting's.
    """
    from sextant.agent.settings import parse_setting

    known = {f"{PREFIX}{name.upper()}": name for name in list_names() if name != "home"}
    found: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable in OTHER_VARIABLES or not text.strip():
            continue
        if variable in known:
            found[known[variable]] = parse_setting(known[variable], text.strip(), variable)
        elif near := get_close_matches(variable, known, 1, _NEAR):
            raise WrongUse(f"the environment has {variable}, which is not a setting; did you mean {near[0]}?")
    return {name: value for name, value in found.items() if value is not None}


def read_overrides(overrides: Iterable[str]) -> dict[str, Any]:
    """Read ``KEY=VALUE`` settings; ``none`` is the default of an optional one, ``a,b`` a list.

    Raises:
        WrongUse: there is no '=', the key is unknown, or the value has another type.
    """
    from sextant.agent.settings import check_setting_names, parse_setting

    found: dict[str, Any] = {}
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals:
            raise WrongUse(f"--set {override!r} has no '='; write KEY=VALUE, for example --set max_rounds=1")
        check_setting_names([key])
        _refuse_private([key])
        found[key] = parse_setting(key, text, f"--set {key}")
    return found


def _refuse_private(names: Iterable[str]) -> None:
    """Raise for a setting that only the program sets."""
    for name in names:
        if name in list_types() and name not in list_names():
            raise WrongUse(f"the setting {name!r} is set by the program; leave it out")
