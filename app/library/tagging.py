"""Write a library's places into XMP sidecars, or into the photos themselves; and undo it.

A journal beside the answers holds every change with the hash of the file before and after and a backup of what was
there, so that undoing restores it, and never touches a file that somebody changed since.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from sextant.agent.answer_words import list_probabilities
from sextant.agent.privacy.precision import Policy
from sextant.agent.privacy.view import view_answer
from sextant.app.library.exif_writing import TagError, Tags, open_exiftool, write_tags
from sextant.app.library.folder import LibraryFolder, Stamp
from sextant.app.library.progress import FOUND_SCALES
from sextant.app.library.videos.expand import find_clip
from sextant.base.documents.answer import Answer
from sextant.base.files import write_atomic
from sextant.base.json_lines import JsonLines, read_lines
from sextant.base.json_types import Json
from sextant.gallery.photos.open import PhotoError, read_metadata

JOURNAL, BACKUPS = "tagged.jsonl", "tag-backups"
SIGNED = "Sextant"  # begins the note, so that a person can tell an estimate from a measurement


class Skipped(StrEnum):
    """Why a photo is not tagged."""

    NO_PLACE = "no place was found"
    FRAME = "it is a frame of a video"
    UNSURE = "the place is not sure enough"
    HAS_POSITION = "it has a position of its own"
    MISSING = "the file is not there"
    CHANGED = "the file changed since it was located"
    FAILED = "it cannot be written"


@dataclass(frozen=True)
class TagOptions:
    """What is written.

    Attributes:
        least: the probability within the scale's radius from which a place is written.
        scale: city, region or country.
        policy: how precisely places are written; under ``country`` no position is written, only the country.
        in_place: into the photo's own file instead of a sidecar.
        overwrite: replace positions and names that are there.
    """

    least: float
    scale: str
    policy: Policy
    in_place: bool = False
    overwrite: bool = False


@dataclass(frozen=True)
class Change:
    """One photo: the file that is written and its tags, or why it is left alone."""

    name: str
    target: Path
    tags: Tags
    skipped: Skipped | None = None
    problem: str | None = None

    def describe(self) -> str:
        """Write the names and the position that are written; those of another program stay unless it overwrites."""
        names = (self.tags.get(f"XMP-photoshop:{name}") for name in ("City", "State", "Country"))
        where = ", ".join(str(name) for name in names if name)
        latitude, longitude = (self.tags.get(f"XMP-exif:GPS{axis}") for axis in ("Latitude", "Longitude"))
        return f"{where} ({latitude}, {longitude})" if latitude is not None else f"{where} (no position)"

    def to_json(self) -> Json:
        """Return the change as a document."""
        document: Json = {"photo": self.name, "file": str(self.target), "tags": dict(self.tags)}
        return {**document, "skipped": self.skipped, "problem": self.problem}


def plan_changes(library: LibraryFolder, root: Path, options: TagOptions) -> Iterator[Change]:
    """Plan the change of every photo that has a line; nothing is written.

    Args:
        library: holds the answers.
        root: the folder that the photos' names are relative to.
        options: what is written.

    Raises:
        SextantError: the answers cannot be read.
    """
    for name, line in library.read_all(library.read_index()):
        path = root / name
        target = path if options.in_place else find_sidecar(path)
        reason = Skipped.FRAME if find_clip(name) else _find_reason(line, path, options)
        yield Change(name, target, {} if reason else make_tags(line["answer"], options), reason)


def find_sidecar(photo: Path) -> Path:
    """Return the photo's sidecar: the one that is there, else ``NAME.jpg.xmp``."""
    names = (f"{photo.name}.xmp", f"{photo.name}.XMP", f"{photo.stem}.xmp", f"{photo.stem}.XMP")
    return next((photo.with_name(name) for name in names if photo.with_name(name).is_file()), photo.with_name(names[0]))


def _find_reason(line: Json, path: Path, options: TagOptions) -> Skipped | None:
    """Return why a photo is not tagged; None where it is."""
    answer = line["answer"]
    if not answer or not answer["best"]:
        return Skipped.NO_PLACE
    share = list_probabilities(answer)[dict(FOUND_SCALES)[options.scale]]
    if share is None or share < options.least:
        return Skipped.UNSURE
    stamp = line["stamp"]
    if not path.is_file():
        return Skipped.MISSING
    if stamp and not Stamp(stamp["size"], stamp["mtime_ns"], stamp["sha256"]).fits(os.fspath(path)):
        return Skipped.CHANGED
    try:
        stated = read_metadata(path)
    except PhotoError:
        return Skipped.FAILED
    return Skipped.HAS_POSITION if stated.latitude is not None and not options.overwrite else None


def make_tags(answer: Json, options: TagOptions) -> Tags:
    """Make the tags of an answer, by exiftool's names: those that digiKam, Lightroom, darktable and Immich read."""
    seen: Json = cast(Json, view_answer(cast(Answer, answer), options.policy))
    best, region = seen["best"], seen["region"].get("90") or {}
    tags: dict[str, Any] = {}
    for name, value in (("City", best.get("place")), ("State", best.get("admin1")), ("Country", best.get("country"))):
        tags[f"XMP-photoshop:{name}"] = value
    tags["XMP-iptcCore:CountryCode"] = best.get("country_code")
    created = {"City": "place", "ProvinceState": "admin1", "CountryName": "country", "CountryCode": "country_code"}
    tags |= {f"XMP-iptcExt:LocationCreated{name}": best.get(key) for name, key in created.items()}
    if options.policy.cap != "country":
        groups = ("XMP-exif", "EXIF") if options.in_place else ("XMP-exif",)
        for group in groups:
            tags |= {f"{group}:GPSLatitude": best["latitude"], f"{group}:GPSLongitude": best["longitude"]}
            tags |= {f"{group}:GPSMapDatum": "WGS-84"}
        if options.in_place:
            tags |= {"EXIF:GPSLatitudeRef": "N" if best["latitude"] >= 0 else "S"}
            tags |= {"EXIF:GPSLongitudeRef": "E" if best["longitude"] >= 0 else "W"}
        if region.get("radius_km"):
            tags["XMP-exif:GPSHPositioningError"] = round(region["radius_km"] * 1000)
    tags["XMP-photoshop:Instructions"] = _write_note(seen)
    return {name: value for name, value in tags.items() if value is not None}


def _write_note(answer: Json) -> str:
    known = [(radius, answer["probability"][radius]) for _, radius in FOUND_SCALES]
    shares = [f"{share:.0%} within {radius} km" for radius, share in known if share is not None]
    region = answer["region"].get("90") or {}
    reach = f", 90 % region of {region['radius_km']:,.0f} km" if region.get("radius_km") else ""
    return f"{SIGNED}: estimated from the picture, {', '.join(shares)}{reach}; model {answer['model']}"


def apply_changes(library: LibraryFolder, changes: Iterator[Change], overwrite: bool) -> Iterator[Change]:
    """Write the changes one by one, each journalled before it is made; yields each with what came of it.

    Raises:
        MissingPackage: exiftool is not installed.
        SextantError: the journal cannot be written.
    """
    backups = library.path / BACKUPS
    backups.mkdir(exist_ok=True)
    with open_exiftool() as tool, closing(JsonLines(library.path / JOURNAL, fsync=True)) as journal:
        for change in changes:
            if change.skipped:
                yield change
                continue
            try:
                content = write_tags(tool, change.target, change.tags, overwrite)
                _write_journalled(change, content, backups, journal)
            except (TagError, OSError) as error:
                reason = str(error) if isinstance(error, TagError) else f"{change.target}: {error.strerror}"
                yield Change(change.name, change.target, change.tags, Skipped.FAILED, reason)
                continue
            yield change


def _write_journalled(change: Change, content: bytes, backups: Path, journal: JsonLines) -> None:
    before = change.target.read_bytes() if change.target.exists() else None
    entry: Json = {"photo": change.name, "file": str(change.target.absolute()), "after": _hash(content)}
    entry["before"] = None if before is None else _hash(before)
    if before is not None:
        write_atomic(backups / entry["before"], before)
    journal.append(entry)
    mode = change.target.stat().st_mode & 0o777 if before is not None else 0o666
    write_atomic(change.target, content, mode=mode)


def undo_changes(library: LibraryFolder) -> Iterator[tuple[str, bool]]:
    """Undo every change, the latest first; yields each file and whether it was restored.

    A file that somebody changed since is left alone, and so is one that was restored before.

    Raises:
        SextantError: a file cannot be written.
    """
    journal = library.path / JOURNAL
    entries = [line.value for line in read_lines(journal)] if journal.exists() else []
    for entry in reversed(entries):
        target = Path(entry["file"])
        now = _hash(target.read_bytes()) if target.is_file() else None
        if now == entry["before"]:
            continue
        if now != entry["after"]:
            yield entry["file"], False
            continue
        if entry["before"] is None:
            target.unlink()
        else:
            content = (library.path / BACKUPS / entry["before"]).read_bytes()
            write_atomic(target, content, mode=target.stat().st_mode & 0o777)
        yield entry["file"], True


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
