"""File names that are not UTF-8: Python holds their bytes as surrogates, which databases and JSON refuse."""

import re

_ESCAPED = re.compile(r"\\x([89a-f][0-9a-f])")


def escape_name(name: str) -> str:
    r"""Write the bytes of a name that are not UTF-8 as ``\xNN``; any other name stays as it is."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return name


def restore_name(name: str) -> str:
    """Return the name of which ``escape_name`` made this one."""
    return _ESCAPED.sub(lambda found: chr(0xDC00 + int(found[1], 16)), name)
