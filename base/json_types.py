"""The type of a JSON object."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
Document = Mapping[str, Any]
"""A JSON object that is only read: a plain dictionary, or a document of `sextant.base.documents`."""
