"""Export runs as zip files, and import them without trusting anything in them."""

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from pathlib import Path

from sextant.agent.recording.blobs import BlobMissing, BlobStore
from sextant.agent.recording.cassette import Cassette
from sextant.base.documents.run import RunRecord
from sextant.base.errors import SextantError, WrongUse, format_system_reason
from sextant.base.files import replace_file
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.graphs.runs.changes import collect_file_hashes
from sextant.graphs.runs.folder import NAME, RunFolder, get_runs_folder, read_json
from sextant.graphs.runs.steps import read_steps

FORMAT = 1
FILES = ("run.json", "cassette.jsonl", "steps.jsonl", "answer.json")
BIGGEST = {"photo": 200 * 2**20, "file": 64 * 2**20}  # bytes unpacked; a large run is 200 kB
BIGGEST_TOGETHER = 512 * 2**20
MOST_FILES = 500
BLOB = re.compile(r"blobs/([0-9a-f]{64})")
HASH = re.compile(r"(?<![0-9a-f@])[0-9a-f]{64}(?![0-9a-f])")  # not a fitted model's, NAME@SHA256: those stay


class ArchiveError(SextantError):
    """The zip is not an exported run, or was changed after the export."""


def export_run(folder: RunFolder, out: Path, home: str | None, *, photo: bool = False) -> Json:
    """Write a run as one zip: its files, a manifest with hashes, its fitted model and, on request, its pictures.

    Args:
        photo: also pack the photo, the picture shown to the model and every crop; the run replays without them.

    Raises:
        SextantError: the folder cannot be read, or the zip cannot be written.
        BlobMissing: a picture of the run, or its fitted model, is missing.
    """
    record = folder.record()
    blobs = collect_file_hashes(record) | (collect_pictures(folder) if photo else set())
    contents = {name: (folder.path / name).read_bytes() for name in FILES if (folder.path / name).exists()}
    contents["run.json"] = json.dumps(strip_record(record), ensure_ascii=False).encode("utf-8", "backslashreplace")
    store = BlobStore(Home.at(home).blobs)
    contents |= {f"blobs/{sha256}": store.get(sha256) for sha256 in sorted(blobs)}
    listed = {name: {"sha256": hash_content(content), "bytes": len(content)} for name, content in contents.items()}
    manifest = {"format": FORMAT, "run": folder.name, "files": listed}
    try:
        with replace_file(out) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
            write_entry(archive, "manifest.json", json.dumps(manifest, indent=1).encode())
            for name, content in contents.items():
                write_entry(archive, name, content)
    except OSError as error:
        raise SextantError(f"cannot write {str(out)!r}: {error.strerror}; choose another place") from error
    return manifest


def strip_record(record: RunRecord) -> Json:
    """Strip a run's record of local paths and server addresses, for use on another machine."""
    kept = [one for one in record["changes"] if (one["kind"], one["name"]) != ("setting", "base_url")]
    return {**record, "settings": {**record["settings"], "base_url": None, "home": None}, "changes": kept}


def write_entry(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Write one file into the zip with a fixed time, so that equal runs make equal zips."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, content)


def collect_pictures(folder: RunFolder) -> set[str]:
    """Collect the hashes of a run's pictures: the photo, the picture shown to the model, contact sheets, crops."""
    found: set[str] = set()
    cassette = Cassette.read(folder.cassette)
    for call in cassette.calls.values():
        reply = cassette.read_reply(call)
        if call.kind == "photo":
            found |= {reply["photo"]["sha256"], reply["photo"]["shown"]}
        elif call.kind == "references":
            found |= set(reply["sheets"].values())
        elif call.kind == "tool":
            found |= set(reply.get("images") or [])
    return found


def load_shown_picture(folder: RunFolder, home: str | None) -> bytes | None:
    """Load the picture shown to the model; None when it is not stored here."""
    cassette = Cassette.read(folder.cassette)
    for call in cassette.calls.values():
        if call.kind == "photo":
            try:
                return BlobStore(Home.at(home).blobs).get(cassette.read_reply(call)["photo"]["shown"])
            except BlobMissing:
                return None
    return None


def collect_hashes(folder: RunFolder) -> set[str]:
    """Collect every blob that a run may name: everything in its files that looks like a sha256."""
    texts = [(folder.path / name).read_text("utf-8", "replace") for name in FILES if (folder.path / name).exists()]
    return {found for text in texts for found in HASH.findall(text)}


def import_run(path: Path, home: str | None) -> RunFolder:
    """Import an exported run into a home.

    Raises:
        ArchiveError: the zip is damaged, holds an unexpected file, or differs from its manifest.
        WrongUse: a run of that name exists.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            contents = read_checked_contents(archive, path)
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise ArchiveError(f"{str(path)!r} is not a readable zip: {format_system_reason(error)}") from error
    name = json.loads(contents.pop("manifest.json"))["run"]
    target = get_runs_folder(home) / name
    if target.exists():
        raise WrongUse(f"run {name!r} already exists; delete its folder to import it again")
    store = BlobStore(Home.at(home).blobs)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=".import-"))
    try:
        for file in FILES:
            if file in contents:
                (aside / file).write_bytes(contents[file])
        check_run(RunFolder(aside), name, path)
        for entry, content in contents.items():
            if BLOB.fullmatch(entry):
                store.put(content)
        RunFolder(aside).update(imported=True)
        aside.rename(target)
    except OSError as error:
        raise SextantError(f"cannot write to {str(target)!r}: {error.strerror}; free space or pass --home") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return RunFolder(target)


def read_checked_contents(archive: zipfile.ZipFile, path: Path) -> dict[str, bytes]:
    """Read the files of a zip and check each against the names, sizes and hashes of its manifest.

    Nothing is unpacked before its name and size have been checked.
    """
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise ArchiveError(f"{str(path)!r} holds {len(entries)} files; an exported run has a few")
    if len({entry.filename for entry in entries}) != len(entries):
        raise ArchiveError(f"{str(path)!r} has two files with the same name")
    for entry in entries:
        check_entry(entry, path)
    if (together := sum(entry.file_size for entry in entries)) > BIGGEST_TOGETHER:
        raise ArchiveError(f"{str(path)!r} unpacks to {together:,} bytes, more than {BIGGEST_TOGETHER:,}; refused")
    by_name = {entry.filename: entry for entry in entries}
    if "manifest.json" not in by_name:
        raise ArchiveError(f"{str(path)!r} has no manifest.json; it is not an exported run")
    contents = {"manifest.json": archive.read("manifest.json")}
    listed = read_manifest(contents["manifest.json"], path)
    if set(listed) != set(by_name) - {"manifest.json"}:
        odd = sorted(set(listed) ^ (set(by_name) - {"manifest.json"}))[0]
        raise ArchiveError(f"{str(path)!r}: {odd!r} is not both in the zip and in its manifest; export the run again")
    for name, facts in listed.items():
        content = archive.read(name)
        if hash_content(content) != facts.get("sha256") or (
            BLOB.fullmatch(name) and name != f"blobs/{facts['sha256']}"
        ):
            raise ArchiveError(f"{str(path)!r}: {name!r} is not what was exported (its hash differs); export it again")
        contents[name] = content
    return contents


def check_entry(entry: zipfile.ZipInfo, path: Path) -> None:
    """Raise unless an entry is a plain file of a run and not too large."""
    blob = BLOB.fullmatch(entry.filename)
    if not blob and entry.filename not in (*FILES, "manifest.json"):
        raise ArchiveError(
            f"{str(path)!r} holds {entry.filename[:100]!r}, which no exported run has; nothing was unpacked"
        )
    kind = entry.external_attr >> 16 & 0o170000
    if kind not in (0, 0o100000):
        raise ArchiveError(f"{str(path)!r}: {entry.filename!r} is not a plain file; nothing was unpacked")
    limit = BIGGEST["photo" if blob else "file"]
    if entry.file_size > limit:
        raise ArchiveError(
            f"{str(path)!r}: {entry.filename!r} unpacks to {entry.file_size:,} bytes, more than {limit:,}; refused"
        )


def read_manifest(manifest: bytes, path: Path) -> dict[str, Json]:
    """Read the files that a manifest lists, and check that this version can read its format."""
    try:
        read = json.loads(manifest)
        files, name = read["files"], read["run"]
        if not isinstance(files, dict) or not all(isinstance(facts, dict) for facts in files.values()):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArchiveError(f"{str(path)!r} has a broken manifest; export the run again") from error
    if read.get("format") != FORMAT:
        raise ArchiveError(f"{str(path)!r} has format {read.get('format')!r}, this sextant reads {FORMAT}")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ArchiveError(f"{str(path)!r} names its run {str(name)[:100]!r}, which cannot be a run's name")
    return dict(files)


def check_run(folder: RunFolder, name: str, path: Path) -> None:
    """Raise unless the unpacked files form a readable run."""
    record = folder.record()
    if record.get("run") != name:
        raise ArchiveError(f"{str(path)!r}: its run.json names run {record.get('run')!r}, its manifest of {name!r}")
    Cassette.read(folder.cassette)
    read_steps(folder.steps)
    if (folder.path / "answer.json").exists():
        read_json(folder.path / "answer.json")


def hash_content(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
