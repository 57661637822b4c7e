"""Encode JSON documents quickly: the outlines of regions are long lists of numbers."""

import json
from typing import Any

import orjson


def encode_json(value: Any) -> bytes:
    """Encode a JSON value in one line of UTF-8, as Python's own encoder would but for spaces.

    What only Python's encoder takes (lone surrogates, which are escaped, large integers, tuples) or keeps (NaN) is left
    to it: ``orjson`` writes NaN as null, so a document with a null is read again and compared.
    """
    try:
        content = orjson.dumps(value)
        if b"null" not in content or orjson.loads(content) == value:
            return content
    except (TypeError, ValueError):
        pass
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
