"""The countries' outlines, which the page draws without online map tiles."""

import gzip
import json
from functools import lru_cache
from typing import Any

from sextant.geo.borders import make_outlines

OUTLINE_DEGREES = 0.05  # some five kilometres: what a screen shows of a continent


@lru_cache(maxsize=1)
def pack_outlines() -> bytes:
    """Return the outlines, rounded to what the map shows, gzipped once."""
    text = json.dumps(round_numbers(make_outlines(OUTLINE_DEGREES)), separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(text.encode(), 6, mtime=0)


def round_numbers(value: Any) -> Any:
    """Return all numbers to two decimals of a degree: a kilometre."""
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, dict):
        return {name: round_numbers(item) for name, item in value.items()}
    return [round_numbers(item) for item in value] if isinstance(value, list | tuple) else value
