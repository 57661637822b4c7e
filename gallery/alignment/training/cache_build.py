"""Fill the feature cache: every photo of a source through the backbone once, resumable after a kill.

While it runs, ``images.f16`` and ``rows.jsonl`` grow and ``progress.json`` says how far both may be trusted.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from sextant.base.errors import SextantError, WrongUse
from sextant.base.files import write_atomic
from sextant.base.json_lines import BrokenLine, JsonLines, Line, read_lines
from sextant.gallery.alignment.model.backbone import Backbone
from sextant.gallery.alignment.model.config import AlignmentError, list_differences
from sextant.gallery.alignment.training.cache import (
    IMAGES,
    About,
    Cache,
    finish_cache,
    open_cache,
    read_about,
    read_rows,
)
from sextant.gallery.build.decode import DecodedPhoto
from sextant.gallery.build.pool import choose_worker_count, decode_all
from sextant.gallery.sources.records import PlaceNames, Source, Unreadable
from sextant.geo.sphere import check_position

JOURNAL, PROGRESS = "rows.jsonl", "progress.json"
MIN_FILE_BYTES = 5_121  # G3 takes files of more than 5,120 bytes: most smaller ones are placeholders of deleted photos
_BATCH = 32
_FLUSH_ROWS = 512
_NUMBERS = re.compile(r"\d[\d,.]*")
_JOURNALLED = ("id", "latitude", "longitude", "author", "sha256")
_COPY = "is a copy of another photo"


@dataclass
class _Filling:
    """An unfinished cache: what was computed (``rows`` on disk), ``seen`` records of the source, and what waits."""

    folder: Path
    identity: dict[str, Any]
    rows: int = 0
    seen: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    hashes: set[str] = field(default_factory=set)
    batch: list[DecodedPhoto] = field(default_factory=list)
    waiting: list[tuple[list[DecodedPhoto], Any]] = field(default_factory=list)


def fill_cache(
    source: Source,
    backbone: Backbone,
    folder: Path,
    progress: Callable[[int, int | None], None] = lambda done, total: None,
    min_file_bytes: int = MIN_FILE_BYTES,
    workers: int | None = None,
) -> Cache:
    """Open the source's cache; compute it first, or resume computing it, if it is not finished.

    Photos that cannot be read, lie nowhere or out of range, or are copies are left out and counted by reason.

    Raises:
        WrongUse: the folder holds the features of another source or backbone.
        AlignmentError: no photo could be used, or the disk is full.
    """
    identity = {
        "source": f"{source.identity}, files of {min_file_bytes} bytes and more",
        "fingerprint": backbone.fingerprint,
        "features": backbone.features,
        "dimension": backbone.dimension,
    }
    about = read_about(folder)
    if about is not None:
        _refuse_other(identity, about.model_dump(), folder)
        return open_cache(folder)
    try:
        filling = _resume(folder, identity)
        records = islice(iter(source), filling.seen, None)
        processes = choose_worker_count(source.total()) if workers is None else workers
        for item in decode_all(records, backbone.encoder.prepare, min_file_bytes, processes):
            _take(filling, item, backbone)
            progress(filling.seen, source.total())
        _encode(filling, backbone)
        _write_out(filling)
        return _finish(filling, backbone)
    except OSError as error:
        raise AlignmentError(
            f"the cache {str(folder)!r} could not be written: {error.strerror or error}; "
            "free some space and run the same command again to resume"
        ) from error


def _take(filling: _Filling, item: DecodedPhoto | Unreadable, backbone: Backbone) -> None:
    filling.seen += 1
    reason = _find_reason_against(filling, item)
    if reason is not None:
        filling.skipped[reason] += 1
    elif isinstance(item, DecodedPhoto):
        filling.hashes.add(item.sha256)
        filling.batch.append(item)
    if len(filling.batch) == _BATCH:
        _encode(filling, backbone)
        if sum(len(batch) for batch, _ in filling.waiting) >= _FLUSH_ROWS:
            _write_out(filling)


def _find_reason_against(filling: _Filling, item: DecodedPhoto | Unreadable) -> str | None:
    if isinstance(item, Unreadable):
        return _NUMBERS.sub("…", item.reason)  # counted by kind, and "is 4,007 bytes" is one kind with "is 4,220 bytes"
    if item.sha256 in filling.hashes:
        return _COPY
    try:
        check_position(float(item.columns["latitude"] or 0), float(item.columns["longitude"] or 0))
    except SextantError:
        return "has a position out of range"
    return None


def _encode(filling: _Filling, backbone: Backbone) -> None:
    """Encode the batch at hand; a picture whose features are not finite in half precision is left out."""
    if not filling.batch:
        return
    with np.errstate(over="ignore"):
        features = backbone.images([item.prepared for item in filling.batch]).astype("<f2")
    fine = np.isfinite(features).all(axis=1)
    filling.skipped["has features that are not finite"] += int((~fine).sum())
    kept = [replace(item, prepared=np.empty(0)) for item, good in zip(filling.batch, fine, strict=True) if good]
    filling.waiting.append((kept, features[fine]))
    filling.batch = []


def _write_out(filling: _Filling) -> None:
    """Write features, then rows, then the progress that vouches for both."""
    with (filling.folder / IMAGES).open("ab") as images:
        for _, features in filling.waiting:
            images.write(features.tobytes())
        images.flush()
        os.fsync(images.fileno())
    rows = [
        {**{name: item.columns[name] for name in _JOURNALLED}, **(item.place._asdict() if item.place else {})}
        for batch, _ in filling.waiting
        for item in batch
    ]
    with closing(JsonLines(filling.folder / JOURNAL, fsync=True)) as journal:
        journal.append(*rows)
    filling.rows += len(rows)
    filling.waiting = []
    about = {"identity": filling.identity, "rows": filling.rows, "seen": filling.seen, "skipped": filling.skipped}
    write_atomic(filling.folder / PROGRESS, json.dumps(about).encode())


def _resume(folder: Path, identity: dict[str, Any]) -> _Filling:
    folder.mkdir(parents=True, exist_ok=True)
    filling = _Filling(folder, identity)
    if (folder / PROGRESS).is_file():
        about = json.loads((folder / PROGRESS).read_text())
        _refuse_other(identity, about["identity"], folder)
        filling.rows, filling.seen = about["rows"], about["seen"]
        filling.skipped = Counter(about["skipped"])
    damaged = AlignmentError(f"the unfinished cache {str(folder)!r} is damaged; delete it to compute it again")
    lines = end = 0
    try:
        for line in islice(_read_lines(folder), filling.rows):
            filling.hashes.add(line.value["sha256"])
            lines, end = line.number, line.end
    except BrokenLine as error:
        raise damaged from error
    wanted = filling.rows * int(identity["dimension"]) * 2
    with (folder / IMAGES).open("ab") as images, (folder / JOURNAL).open("ab") as journal:
        if images.tell() < wanted or lines < filling.rows:
            raise damaged
        images.truncate(wanted)
        journal.truncate(end)
    return filling


def _finish(filling: _Filling, backbone: Backbone) -> Cache:
    if filling.rows == 0:
        worst = ", ".join(f"{count} × {reason}" for reason, count in filling.skipped.most_common(2))
        raise AlignmentError(
            f"no photo of the source can be used ({worst or 'it is empty'}); "
            "give a table of positions with --metadata, and --min-file-bytes 0 to take small files"
        )
    rows = [line.value for line in _read_lines(filling.folder)]
    positions = np.array([(row["latitude"], row["longitude"]) for row in rows], dtype=np.float64)
    named = any("country" in row for row in rows)
    places = {name: [row.get(name, "") for row in rows] for name in PlaceNames._fields} if named else {}
    table = read_rows([row["id"] for row in rows], positions, [row["author"] or "" for row in rows], **places)
    about = About(
        source=filling.identity["source"],
        backbone=backbone.spec,
        fingerprint=backbone.fingerprint,
        features=backbone.features,
        dimension=backbone.dimension,
        rows=filling.rows,
        skipped={reason: count for reason, count in sorted(filling.skipped.items()) if count},
    )
    finish_cache(filling.folder, table, about)
    for left_over in (JOURNAL, PROGRESS):
        (filling.folder / left_over).unlink(missing_ok=True)
    return open_cache(filling.folder)


def _refuse_other(wanted: dict[str, Any], found: dict[str, Any], folder: Path) -> None:
    if changed := list_differences(wanted, found):
        raise WrongUse(
            f"the cache {str(folder)!r} holds other features ({'; '.join(changed[:2])}); give another --cache"
        )


def _read_lines(folder: Path) -> Iterator[Line]:
    return read_lines(folder / JOURNAL) if (folder / JOURNAL).exists() else iter(())
