"""Check that a JSON document from a file fits its type: it may have been made or changed by anybody."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError


def find_objection(kind: Any, value: Any, *, complete: bool = True) -> str | None:
    """Return the first thing that does not fit the type, such as ``region.90.parts is missing``; None if all fits.

    Args:
        kind: a type of `sextant.base.documents`, or another TypedDict. Keys that it does not name are not looked at.
        value: what was read.
        complete: object to missing keys too; not so for documents of an earlier format.
    """
    try:
        _make_adapter(kind).validate_python(value, strict=True)
        return None
    except ValidationError as error:
        # A path that is not UTF-8 is read as a text with lone surrogates, which pydantic refuses.
        allowed = {"string_unicode"} if complete else {"string_unicode", "missing"}
        found = [one for one in error.errors(include_url=False) if one["type"] not in allowed]
    if not found:
        return None
    where, reason = ".".join(str(part) for part in found[0]["loc"]), str(found[0]["msg"])
    if found[0]["type"] == "missing":
        return f"{where} is missing"
    return f"{where}: {reason}" if where else reason


@cache
def _make_adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
