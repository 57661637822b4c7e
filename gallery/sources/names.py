"""Match the photo names of a table with the files of a folder, despite different spellings."""

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath


class FileNames:
    """The photos of a folder by name, for look-ups from a table.

    An exact name comes first, then one that differs only in Unicode form (NFC, NFD), letter case, slashes, or in being
    Latin-1 on the disk. Only
    names of the folder come back, so a hostile table cannot point outside it.
    """

    def __init__(self, files: Iterable[str]) -> None:
        """Index the files, relative paths with ``/``."""
        self.exact = frozenset(files)
        self._loose: dict[str, str | None] = {}
        for name in self.exact:
            key = _loosen(name)
            self._loose[key] = None if key in self._loose else name  # two files that differ by case alone: neither

    def __contains__(self, name: str) -> bool:
        return name in self.exact

    def find(self, image: str) -> str | None:
        """Find the file that a table means: the name as it stands, with / as _, or with .jpg added."""
        spellings = _list_spellings(image)
        for name in spellings:
            if name in self.exact:
                return name
        return next((found for name in spellings if (found := self._loose.get(_loosen(name)))), None)


def _list_spellings(image: str) -> tuple[str, ...]:
    plain = PurePosixPath(image.replace("\\", "/")).as_posix()
    flat = plain.replace("/", "_")
    return (PurePosixPath(image).as_posix(), plain, flat, f"{plain}.jpg", f"{flat}.jpg")


def _loosen(name: str) -> str:
    return unicodedata.normalize("NFC", _decode_latin_1(name)).casefold()


def _decode_latin_1(name: str) -> str:
    """Read the name of a file that is not UTF-8, which Python holds as surrogates, as Latin-1."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("latin-1")
    return name
