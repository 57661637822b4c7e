"""Find the photos that a command or a call names: folders, patterns, lists of files, standard input."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from glob import has_magic
from pathlib import Path

from sextant.base.errors import SextantError, WrongUse
from sextant.gallery.photos.formats import is_photo, is_video, name_unread_format, read_head
from sextant.gallery.photos.open import PHOTO_SUFFIXES
from sextant.gallery.sources.walk import SKIPPED_FOLDERS, is_pipe

_LISTS = (".txt", ".lst", ".list", ".m3u", ".m3u8")
_VIDEOS = (".mp4", ".mov", ".m4v", ".3gp", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".insv", ".lrv")
_BESIDE_PHOTOS = (".xmp", ".json")  # what photo libraries write beside photos; not worth a word
_MOST_LIST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class LibraryPhoto:
    """A photo of a library: ``name`` identifies it in the library's files, ``path`` opens it."""

    name: str
    path: str


@dataclass
class Found:
    """The photos that were named, each once, in order.

    Attributes:
        root: the folder that names are relative to; None where they are absolute paths.
        skipped: files that are no photos.
        videos: clips, by name like the photos; they are no photos yet.
        unread: pictures of formats that Sextant does not open, by format.
        unlisted: folders that could not be listed.
    """

    photos: dict[str, LibraryPhoto] = field(default_factory=dict)
    root: str | None = None
    skipped: int = 0
    videos: dict[str, LibraryPhoto] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    unlisted: list[str] = field(default_factory=list)

    def add(self, path: str) -> None:
        """Add a photo; a path that was named before is left out."""
        name = self.name_path(path)
        self.photos.setdefault(name, LibraryPhoto(name, path))

    def add_video(self, path: str) -> None:
        """Add a clip."""
        name = self.name_path(path)
        self.videos.setdefault(name, LibraryPhoto(name, path))

    def name_path(self, path: str) -> str:
        """Return the name of a photo: its path from the root, else its absolute path."""
        return os.path.relpath(path, self.root) if self.root is not None else os.path.abspath(path)

    def list_notes(self) -> list[str]:
        """Say what was left out."""
        notes = [f"{kind} pictures left out: {count:,}; export them as JPEG" for kind, count in self.unread.items()]
        if self.skipped:
            notes.append(f"files left out because they are not photos: {self.skipped:,}")
        notes += [f"folder {folder!r} cannot be listed and was left out" for folder in self.unlisted[:5]]
        if len(self.unlisted) > 5:
            notes.append(f"more folders that cannot be listed: {len(self.unlisted) - 5:,}")
        return notes


def is_library(arguments: Sequence[str]) -> bool:
    """Return whether arguments name more than photos one by one: a folder, a pattern, a list or standard input."""
    return any(
        one == "-" or os.path.isdir(one) or (has_magic(one) and not os.path.exists(one)) or _is_list(one)
        for one in arguments
    )


def find_photos(arguments: Sequence[str], out: str | None = None, typed: bytes = b"") -> Found:
    """Find the photos of folders (by content, and below them), patterns, lists of files, and single files.

    A file that was named is kept whatever it holds: it fails by itself, where a person can see it.

    Args:
        arguments: as typed; ``-`` takes the paths in ``typed``.
        out: a folder that is left out: where results are written.
        typed: what standard input holds: paths, separated by line ends or NUL, in the file system's encoding.

    Raises:
        WrongUse: they name no photo.
        SextantError: a list cannot be read.
    """
    found = Found()
    if len(arguments) == 1 and os.path.isdir(arguments[0]):
        found.root = arguments[0]
    for one in arguments:
        if one == "-":
            paths: Iterable[str] = split_list(typed)
        elif os.path.isdir(one):
            paths = _walk(one, found, out)
        elif has_magic(one) and not os.path.exists(one):
            paths = match_pattern(one)
        else:
            paths = _read_list(one) if _is_list(one) else [one]
        for path in paths:
            if os.path.splitext(path)[1].lower() in _VIDEOS and _is_video(path):
                found.add_video(path)
            else:
                found.add(path)
    if not found.photos and not found.videos:
        named = ", ".join(repr(one) for one in arguments[:3])
        raise WrongUse(f"no photo matches {named}; give a folder, a pattern such as 'photos/*.jpg', or paths")
    return found


def split_list(content: bytes) -> list[str]:
    """Split a list of paths: by NUL where it holds one, else by line ends; empty ones are left out.

    In a list of lines those that begin with ``#`` are comments.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in content:
        return [os.fsdecode(path) for path in content.split(b"\0") if path]
    # A name may hold any other character that str.splitlines takes for the end of a line.
    lines = (line.rstrip(b"\r") for line in content.split(b"\n"))
    return [os.fsdecode(line) for line in lines if line.strip() and not line.startswith(b"#")]


def match_pattern(pattern: str) -> list[str]:
    """Return the files that match a pattern, sorted; ``**`` stands for any folders.

    Hidden files are left out unless the pattern names them, and links to folders are not followed below ``**``, so
    that loops do no harm: ``glob.glob`` follows them, 40 deep.
    """
    parts = Path(pattern).parts
    fixed = next(number for number, part in enumerate(parts) if has_magic(part))
    base, rest = Path(*parts[:fixed]), parts[fixed:]
    rest = (*rest, "*") if rest[-1] == "**" else rest
    named = {part for part in rest if part.startswith(".")}
    found = []
    for path in base.glob(os.path.join(*rest)):
        below = path.parts[len(base.parts) :]
        hidden = any(part.startswith(".") and not any(fnmatch(part, one) for one in named) for part in below)
        if not hidden and path.is_file():
            found.append(os.fspath(path))
    return sorted(found)


def _walk(folder: str, found: Found, out: str | None) -> Iterator[str]:
    """Yield the photos of a folder and below, sorted; links to folders are not followed, so that loops do no harm."""
    apart = os.path.realpath(out) if out else None

    def note(error: OSError) -> None:
        found.unlisted.append(str(error.filename))

    for here, folders, files in os.walk(folder, onerror=note):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in SKIPPED_FOLDERS
            and (apart is None or os.path.realpath(os.path.join(here, name)) != apart)
        )
        for name in sorted(files):
            path = os.path.join(here, name)
            if not name.startswith(".") and _may_be_photo(path, found):
                yield path


def _may_be_photo(path: str, found: Found) -> bool:
    """Tell by its content whether a file is a photo; by its name where it cannot be read, so that it is reported."""
    try:
        head = read_head(Path(path))
    except OSError:
        if is_pipe(path):
            found.skipped += 1
            return False
        return os.path.splitext(path)[1].lower() in PHOTO_SUFFIXES
    if is_photo(head):
        return True
    if is_video(head):
        found.add_video(path)
        return False
    if not head:
        return os.path.splitext(path)[1].lower() in PHOTO_SUFFIXES
    if path.lower().endswith(_BESIDE_PHOTOS):
        return False
    unread = name_unread_format(head)
    if unread:
        found.unread[unread] = found.unread.get(unread, 0) + 1
    found.skipped += unread is None
    return False


def _is_video(path: str) -> bool:
    try:
        return is_video(read_head(Path(path)))
    except OSError:
        return False


def _is_list(path: str) -> bool:
    return path.lower().endswith(_LISTS) and os.path.isfile(path)


def _read_list(path: str) -> list[str]:
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_LIST_BYTES)
    except OSError as error:
        raise SextantError(f"cannot read the list {path!r}: {error.strerror}") from error
    return split_list(content)
