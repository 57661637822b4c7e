"""Building a gallery on one machine: decode, encode, write, in one pass that can be interrupted at any moment."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gallery.database import GalleryError, connect, local_path, read_manifest
from gallery.decode import Decoded
from gallery.decoding import decoded, default_workers
from gallery.encoders import Encoder
from gallery.finish import finish_gallery
from gallery.manifest import Manifest
from gallery.sources.records import Record, Source, Unreadable
from gallery.writer import GalleryWriter, Task, short_hash, writing

BATCH = 32  # photos encoded together; commits hold whole batches, so a resumed build repeats none and splits none
_COMMIT_ROWS = 4096
_COMMIT_SECONDS = 5.0
_COPY = "is a copy of another photo of this gallery"


@dataclass(frozen=True)
class Progress:
    """Where a build stands. ``seconds`` and ``rate`` (photos a second) count this call alone."""

    stage: str  # "encoding", "indexing"
    done: int
    total: int | None
    written: int
    unreadable: int
    seconds: float
    rate: float

    @property
    def seconds_left(self) -> float | None:
        if self.total is None or self.rate <= 0:
            return None
        return max(0, self.total - self.done) / self.rate


@dataclass(frozen=True)
class BuildReport:
    """What a build did: rows in the gallery, rows this call added, and everything that did not go in."""

    path: str
    count: int
    added: int
    resumed_from: int
    unreadable: tuple[Unreadable, ...]
    notes: tuple[str, ...]
    seconds: float
    manifest: Manifest


@dataclass
class _Run:
    """The moving parts of one build."""

    writer: GalleryWriter
    encoder: Encoder
    source: Source
    tell: Callable[[Progress], None]
    started: float = field(default_factory=time.monotonic)
    done: int = 0
    skipped: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)
    waiting: list[tuple[list[Decoded], Any]] = field(default_factory=list)
    committed: float = field(default_factory=time.monotonic)
    added: int = 0

    def progress(self, stage: str) -> Progress:
        seconds = time.monotonic() - self.started
        rate = (self.done - self.skipped) / seconds if seconds > 0 else 0.0
        return Progress(stage, self.done, self.source.total(), self.added, len(self.unreadable), seconds, rate)


def build(
    source: Source,
    out: str,
    encoder: Encoder,
    progress: Callable[[Progress], None] = lambda _: None,
    min_file_bytes: int = 0,
    workers: int | None = None,
) -> BuildReport:
    """Build a gallery from a source, or go on with the same build where it was interrupted.

    A gallery that stands at ``out`` is replaced when the new one is whole, not before.

    Raises:
        GalleryError: no photo could be used, the place cannot be written, or another process writes there.
    """
    return _write("build", source, str(out), encoder, progress, min_file_bytes, workers, None)


def add(
    source: Source,
    gallery: str,
    encoder: Encoder,
    progress: Callable[[Progress], None] = lambda _: None,
    min_file_bytes: int = 0,
    workers: int | None = None,
) -> BuildReport:
    """Add a source's photos to a gallery; photos it holds already, by their sha256, are left as they are."""
    manifest = read_manifest(str(gallery), connect(str(gallery)))
    return _write("add", source, str(gallery), encoder, progress, min_file_bytes, workers, manifest)


def _write(
    mode: str,
    source: Source,
    path: str,
    encoder: Encoder,
    tell: Callable[[Progress], None],
    min_file_bytes: int,
    workers: int | None,
    manifest: Manifest | None,
) -> BuildReport:
    folder = local_path(path)
    path = str(folder) if folder is not None else path
    settings = {"min_file_bytes": min_file_bytes}
    with writing(path, encoder.dimension) as writer:
        writer.begin(Task(mode, source.identity, encoder.fingerprint, settings), manifest)
        before = writer.count
        run = _Run(writer, encoder, source, tell)
        processes = default_workers(source.total()) if workers is None else workers
        records = _unwritten(run) if mode == "build" else iter(source)
        _encode_all(run, decoded(records, encoder.prepare, min_file_bytes, processes))
        if writer.count == 0:
            raise GalleryError(_nothing(path, run.unreadable))
        made = finish_gallery(
            writer,
            spec=encoder.spec,
            fingerprint=encoder.fingerprint,
            source=source.name if manifest is None else f"{manifest.source} + {source.name}",
            settings={"source": source.identity, **settings},
            notes=[*(manifest.notes if manifest else []), *source.notes],
            unreadable=run.unreadable,
            before=manifest,
            tell=lambda stage: tell(run.progress(stage)),
        )
    seconds = time.monotonic() - run.started
    resumed_from = before if writer.resumed else 0
    return BuildReport(
        path, made.count, run.added, resumed_from, tuple(run.unreadable), tuple(source.notes), seconds, made
    )


def _unwritten(run: _Run) -> Iterator[Record | Unreadable]:
    """The source's records but for those an interrupted build has written."""
    for record in run.source:
        if isinstance(record, Record) and short_hash(record.id) in run.writer.ids:
            run.done += 1
            run.skipped += 1
            continue
        yield record


def _encode_all(run: _Run, items: Iterable[Decoded | Unreadable]) -> None:
    batch: list[Decoded] = []
    for item in items:
        run.done += 1
        if isinstance(item, Unreadable):
            run.unreadable.append(item)
        elif int(item.sha256[:16], 16) in run.writer.contents:
            run.unreadable.append(Unreadable(item.id, _COPY))
        else:
            batch.append(_remembered(run, item))
        if len(batch) == BATCH:
            _encode(run, batch)
            batch = []
        run.tell(run.progress("encoding"))
    if batch:
        _encode(run, batch)
    _commit(run)


def _remembered(run: _Run, item: Decoded) -> Decoded:
    """Note a photo as taken; an added photo whose id is taken by another gets its hash after its own."""
    if short_hash(item.id) in run.writer.ids:
        item = Decoded({**item.columns, "id": f"{item.id}#{item.sha256[:8]}"}, item.prepared)
    run.writer.ids.add(short_hash(item.id))
    run.writer.contents.add(int(item.sha256[:16], 16))
    return item


def _encode(run: _Run, batch: list[Decoded]) -> None:
    vectors = run.encoder.encode_prepared([item.prepared for item in batch])
    run.waiting.append(([Decoded(item.columns, np.empty(0)) for item in batch], vectors))
    rows = len(run.waiting) * BATCH
    if rows >= _COMMIT_ROWS or time.monotonic() - run.committed >= _COMMIT_SECONDS:
        _commit(run)


def _commit(run: _Run) -> None:
    if run.waiting:
        rows = [row for batch, _ in run.waiting for row in batch]
        run.writer.append(rows, np.concatenate([vectors for _, vectors in run.waiting]))
        run.added += len(rows)
    run.waiting = []
    run.committed = time.monotonic()


def _nothing(path: str, unreadable: list[Unreadable]) -> str:
    first = unreadable[0] if unreadable else None
    why = f"; the first, {first.id!r}, {first.reason}" if first else ""
    return f"gallery {path!r} was not built: none of {len(unreadable)} photos could be used{why}"
