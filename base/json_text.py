"""Encode JSON documents quickly: the outlines of regions are long lists of numbers."""

import json
from typing import Any

import orjson


def encode_json(value: Any) -> bytes:
    """Encode a JSON value in one line of UTF-8, as Python's own encoder would but for spaces.

    What only Python's encoder takes (lone surrogates, which are escaped, large integers, tuples) or keeps (NaN) is left
    to it: ``orjson`` writes NaN as null, so a document with more nulls than can be told at a glance is read again and
    compared.
    """
    try:
        content = orjson.dumps(value)
        nulls = content.count(b"null")
        if nulls == 0 or nulls == _count_nones(value) or orjson.loads(content) == value:
            return content
    except (TypeError, ValueError):
        pass
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def _count_nones(value: Any) -> int:
    """Count the Nones in a JSON value, but for those in lists that begin like an outline, with numbers: never too many.

    Tuples count as none, so that a document with one is compared.
    """
    found, left = 0, [value]
    for one in left:  # which grows meanwhile: a call for each value takes four times as long
        if one is None:
            found += 1
        elif isinstance(one, dict):
            left.extend(one.values())
        elif isinstance(one, list) and not (one and _is_corner(one[0])):
            left.extend(one)
    return found


def _is_corner(first: Any) -> bool:
    return isinstance(first, float) or (isinstance(first, list) and bool(first) and isinstance(first[0], float))
