"""Parse YAML."""

from typing import Any

import yaml

# The C parser is ten times as fast as the Python one; PyYAML's wheels have it.
_SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str) -> Any:
    """Parse a text into plain values.

    Raises:
        yaml.YAMLError: the text is not YAML, or names a type.
    """
    return yaml.load(text, Loader=_SAFE_LOADER)
