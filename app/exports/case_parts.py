"""Gather what a case file holds besides the session's view: pictures, references with a licence, and what was sent."""

import io
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from PIL import Image

from sextant.agent.recording.blobs import BlobMissing
from sextant.app.render.forks import list_forks, tell_forks
from sextant.base.documents.comparison import ToldRunFork
from sextant.base.documents.session import SessionView, ShownPhoto
from sextant.base.errors import SextantError
from sextant.base.json_types import Json
from sextant.graphs.chat import ChatContext
from sextant.graphs.runs.folder import RunFolder, get_runs_folder
from sextant.graphs.runs.sent import Sent, list_sent
from sextant.graphs.runs.steps import read_steps
from sextant.graphs.runs.timeline import list_branches

PICTURE_PIXELS = 1024  # the longest side of the photo
THUMBNAIL_PIXELS = 240
REFERENCES = 8  # of each photo, the most similar first
_COPYRIGHT = 0x8298  # EXIF 2.32
_OPEN = re.compile(
    r"creativecommons\.org/(?:licenses/by(?:-sa)?/|publicdomain/)[\w./-]*|\bCC[ -]?(?:0|BY(?:[ -]SA)?)\b(?![ -]?N[CD])"
    r"|public domain",
    re.IGNORECASE,
)

Reader = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Thumbnail:
    """A gallery photo that may be passed on, with the licence that its file states."""

    number: int
    jpeg: bytes
    licence: str


@dataclass(frozen=True)
class LookSheet:
    """The pictures of a place that a second look compared: a sheet, and the licences that their files state."""

    number: int
    jpeg: bytes
    licences: tuple[str, ...]


@dataclass(frozen=True)
class PhotoParts:
    """What belongs to one photo: its picture, its references, sheets of a second look, what was sent, and the forks."""

    picture: bytes | None = None
    references: tuple[Thumbnail, ...] = ()
    references_left_out: int = 0
    sent: tuple[Sent, ...] = ()
    forks: tuple[ToldRunFork, ...] = ()
    sheets: tuple[LookSheet, ...] = ()


@dataclass(frozen=True)
class CaseParts:
    """The parts by the photo's key; ``picture`` says whether the photos themselves are wanted."""

    photos: dict[str, PhotoParts] = field(default_factory=dict)
    picture: bool = True


def gather_case_parts(
    view: SessionView, stored: Json, context: ChatContext, read_reference: Reader, *, picture: bool = True
) -> CaseParts:
    """Gather the parts of every located photo; under a precision cap that withholds words, no picture.

    Args:
        stored: the session's stored photos by key.
        read_reference: returns the bytes of a gallery photo by its id; None where the gallery no longer holds it.
        picture: include the photos, scaled down and without metadata.
    """
    found = {}
    for photo in view["photos"]:
        if photo["status"] != "located":
            continue
        evidence = stored[photo["key"]]
        shown = bool(photo.get("pictures"))
        thumbnails = _list_thumbnails(evidence, read_reference) if shown else ()
        run = RunFolder(get_runs_folder(context.settings.home) / str(photo["run"]))
        forks = list_forks(run.name, context.settings.home)
        found[photo["key"]] = PhotoParts(
            _read_picture(evidence, context) if picture and shown else None,
            thumbnails,
            min(len(evidence["nearest"]), REFERENCES) - len(thumbnails),
            tuple(list_sent(run, *forks)),
            tuple(tell_forks(run, forks, context.policy)),
            _list_sheets(photo, run, context, read_reference) if picture and not context.policy.coarsest else (),
        )
    return CaseParts(found, picture)


def find_open_licence(content: bytes) -> str | None:
    """Find the open licence (CC BY, CC BY-SA, CC0, public domain) that a photo's EXIF or XMP states; None without."""
    stated = content[: 2**20].decode("latin-1")
    found = re.search(r"creativecommons\.org/(?:licenses/by(?:-sa)?|publicdomain)/[\w./-]*", stated)
    if found:
        return found[0]
    try:
        with Image.open(io.BytesIO(content)) as image:
            copyright_text = str(image.getexif().get(_COPYRIGHT) or "")
    except (OSError, ValueError, SyntaxError):
        return None
    match = _OPEN.search(copyright_text)
    return match[0] if match else None


def _list_thumbnails(evidence: Json, read_reference: Reader) -> tuple[Thumbnail, ...]:
    found = []
    for number, item in enumerate(evidence["nearest"][:REFERENCES], 1):
        content = read_reference(str(item["id"]))
        licence = find_open_licence(content) if content else None
        if content and licence:
            found.append(Thumbnail(number, _scale(content, THUMBNAIL_PIXELS), licence))
    return tuple(found)


def _list_sheets(photo: ShownPhoto, run: RunFolder, context: ChatContext, read: Reader) -> tuple[LookSheet, ...]:
    """Return the sheets all of whose pictures are gallery photos whose files state an open licence."""
    try:
        branches = list_branches(read_steps(run.steps))
    except SextantError:
        return ()
    looked = {place["sheet"]: place for branch in branches for place in branch.get("looked", [])}
    found = []
    for number, one in enumerate(photo["answer"].get("looks", ()), 1):
        place = looked.get(one["evidence"])
        contents = [read(name) for name in place.get("photos", [])] if place else []
        licences = [licence for content in contents if content and (licence := find_open_licence(content))]
        if not place or len(licences) < place["pictures"]:
            continue
        with suppress(BlobMissing):
            sheet = context.blobs.get(one["evidence"])
            found.append(LookSheet(number, sheet, tuple(dict.fromkeys(licences))))
    return tuple(found)


def _read_picture(evidence: Json, context: ChatContext) -> bytes | None:
    """Return the photo as the model saw it, scaled; it holds no metadata. None where it was pruned."""
    name = evidence.get("shown")
    try:
        return _scale(context.blobs.get(name), PICTURE_PIXELS) if name else None
    except (SextantError, OSError):
        return None


def _scale(content: bytes, pixels: int) -> bytes:
    from sextant.agent.world.photo_opening import open_run_photo

    image = open_run_photo(content).image.copy()
    image.thumbnail((pixels, pixels))
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=82)
    return out.getvalue()


def make_reference_reader(context: ChatContext) -> Reader:
    """Return what reads a gallery photo's file by its id."""
    from pathlib import Path

    from sextant.agent.world.live import LiveBackend, make_deps

    gallery = None
    if context.settings.gallery:
        outside = make_deps(context.settings).ask
        gallery = outside.retrieval.current_gallery() if isinstance(outside, LiveBackend) else None

    def read(name: str) -> bytes | None:
        if gallery is None:
            return None
        wanted = name.replace("'", "''")
        rows = gallery.photos.search().where(f"id = '{wanted}'").select(["uri"]).limit(1).to_list()
        try:
            return Path(rows[0]["uri"]).read_bytes() if rows and rows[0]["uri"] else None
        except OSError:
            return None

    return read
