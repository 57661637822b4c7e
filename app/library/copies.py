"""Find photos that are in a library more than once, byte for byte: each is located once."""

from collections import defaultdict
from collections.abc import Iterable

from sextant.app.library.finding import LibraryPhoto
from sextant.app.library.folder import hash_file, read_stamp


def find_copies(photos: Iterable[LibraryPhoto]) -> dict[str, str]:
    """Return the copies, by name: the name of the first photo, in the photos' order, with the same content.

    Only files of equal size are read.
    """
    same_size: dict[int, list[LibraryPhoto]] = defaultdict(list)
    for photo in photos:
        stamp = read_stamp(photo.path)
        if stamp is not None and stamp.size:
            same_size[stamp.size].append(photo)
    copies: dict[str, str] = {}
    for alike in same_size.values():
        first: dict[str, str] = {}
        for photo in alike if len(alike) > 1 else ():
            content = hash_file(photo.path)
            original = first.setdefault(content, photo.name) if content else photo.name
            if original != photo.name:
                copies[photo.name] = original
    return copies
