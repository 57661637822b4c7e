"""Parse what a person typed or pasted: photo paths, a command, or words."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sextant.gallery.photos.open import PHOTO_SUFFIXES


@dataclass(frozen=True)
class TypedLine:
    """One line: the files it names, a ``/command`` with its argument, and the words that are left."""

    photos: tuple[Path, ...] = ()
    command: str | None = None
    words: str = ""


def read_line(line: str) -> TypedLine:
    """Take a line apart. A path may be quoted, escaped, or a file:// address, as terminals paste them.

    A line beginning with a slash is a command, unless a file lies there.
    """
    line = line.strip()
    whole = find_photo_path(line.strip("'\""))  # a path with spaces, unquoted
    if whole is not None and whole.is_file():
        return TypedLine(photos=(whole,))
    if line.startswith("/"):
        name, _, rest = line[1:].partition(" ")
        if "/" not in name:
            return TypedLine(command=name.lower(), words=rest.strip())
    try:
        parts = shlex.split(line)
    except ValueError:  # an apostrophe, as in "it's"
        parts = line.split()
    found = [(part, find_photo_path(part)) for part in parts]
    photos = tuple(path for _, path in found if path is not None)
    words = " ".join(part for part, path in found if path is None) if photos else line
    return TypedLine(photos=photos, words=words)


def find_photo_path(text: str) -> Path | None:
    """Return the file a text names if it looks like a photo; a missing file with a photo's suffix counts as well."""
    if not text:
        return None
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    path = Path(text).expanduser()
    try:
        there = path.is_file()
    except OSError:  # a name too long for any file
        return None
    return path if there or path.suffix.lower() in PHOTO_SUFFIXES else None
