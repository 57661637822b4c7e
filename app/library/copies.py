"""Photos that are in a library more than once, byte for byte, and bursts: one of each is located, once for all."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import cast

from sextant.agent.guard.metadata_check import compare_metadata, state_file_position
from sextant.agent.privacy.precision import Policy
from sextant.agent.privacy.view import view_answer
from sextant.app.library.bursts import find_bursts
from sextant.app.library.finding import LibraryPhoto
from sextant.app.library.folder import Stamp, hash_file, read_stamp
from sextant.base.documents.answer import Answer
from sextant.base.json_types import Json
from sextant.gallery.photos.open import PhotoError, read_metadata


def find_repeated(photos: Sequence[LibraryPhoto]) -> dict[str, str]:
    """Return the photos that are not located by themselves, by name: the name of the one whose answer they take."""
    copies = find_copies(photos)
    bursts = find_bursts(photo for photo in photos if photo.name not in copies)
    return {**{name: bursts.get(original, original) for name, original in copies.items()}, **bursts}


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


def make_copy_line(photo: LibraryPhoto, line: Json, policy: Policy) -> Json:
    """Make the line of a photo that takes another's answer; path, hash and the file's own position are its own.

    Args:
        photo: the copy.
        line: of its original, as it may be shown.
        policy: how precisely places may be shown.
    """
    stamp, sha256 = read_stamp(photo.path), hash_file(photo.path)
    own = Stamp(stamp.size, stamp.mtime_ns, sha256) if stamp else None
    answer = line["answer"]
    if answer:
        shown = {**answer["photo"], "sha256": sha256}
        if shown["path"] is not None:
            shown["path"] = photo.path
        answer = {**answer, "photo": shown, "metadata": _state_position(photo, answer, policy)}
    return {
        **line,
        "photo": photo.name,
        "stamp": own and own.to_json(),
        "answer": answer,
        "same_as": line["photo"],
    }


def _state_position(photo: LibraryPhoto, answer: Json, policy: Policy) -> Json:
    """State the position of a copy's own file beside the answer, no finer than the policy allows."""
    try:
        stated = read_metadata(photo.path)
    except PhotoError:
        return dict(answer["metadata"])
    sealed: Json = {name: getattr(stated, name) for name in ("latitude", "longitude", "captured_at")}
    if stated.origin is not None:
        sealed |= {"source": stated.origin, "notes": list(stated.notes)}
    found = state_file_position(compare_metadata(sealed, answer["best"], answer["region"].get("90")))
    if policy.coarsest is None:
        return found
    return dict(cast(Json, view_answer(cast(Answer, {**answer, "metadata": found}), policy))["metadata"])
