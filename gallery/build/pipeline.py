"""Build pipeline on one machine: decode processes beside the encoder, whole batches to the writer."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.gallery.build.commit import GalleryWriter, hash_to_64_bits
from sextant.gallery.build.decode import DecodedPhoto
from sextant.gallery.build.pool import choose_worker_count, decode_all
from sextant.gallery.encoders.spec import Encoder, choose_batch
from sextant.gallery.sources.records import PhotoRecord, Source, Unreadable

_COMMIT_ROWS = 4096
_COMMIT_SECONDS = 5.0
LISTED = 100_000  # photos that were not used, by name; a table whose archives are missing names millions
COPY = "is a copy of another photo of this gallery"


@dataclass(frozen=True)
class BuildState:
    """Where a build stands. ``seconds`` and ``rate`` (photos a second) count this call alone."""

    stage: str  # "encoding", then the stages of finishing
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


@dataclass
class Pipeline:
    """The moving parts of one build. ``repeat`` reads again what is written already, as adding does."""

    writer: GalleryWriter
    encoder: Encoder
    source: Source
    min_file_bytes: int
    repeat: bool
    tell: Callable[[BuildState], None]
    started: float = field(default_factory=time.monotonic)
    done: int = 0
    skipped: int = 0
    added: int = 0
    unused: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)  # the first of the unused
    remarks: dict[str, list[str]] = field(default_factory=dict)  # a note on photos that went in: the photos it is on
    _waiting: list[tuple[list[DecodedPhoto], Any]] = field(default_factory=list)
    _committed: float = field(default_factory=time.monotonic)

    def progress(self, stage: str) -> BuildState:
        seconds = time.monotonic() - self.started
        rate = (self.done - self.skipped) / seconds if seconds > 0 else 0.0
        return BuildState(stage, self.done, self.source.total(), self.added, self.unused, seconds, rate)

    def leave_out(self, name: str, reason: str) -> None:
        """Count a photo that does not go in, and list it while the list is not too long."""
        self.unused += 1
        if len(self.unreadable) < LISTED:
            self.unreadable.append(Unreadable(name, reason))

    @property
    def notes(self) -> list[str]:
        """What the source's reader found odd, and whether photos were left out that are not listed."""
        unlisted = self.unused - len(self.unreadable)
        return [
            *self.source.notes,
            *(f"{names[0]!r}{_describe_others(len(names) - 1)}: {note}" for note, names in self.remarks.items()),
            *([f"{unlisted:,} more photos were not used and are not listed"] if unlisted else []),
        ]

    def records(self) -> Iterator[PhotoRecord | Unreadable]:
        """Yield the source's records except those that an interrupted build has written."""
        for record in self.source:
            if not self.repeat and isinstance(record, PhotoRecord) and hash_to_64_bits(record.id) in self.writer.ids:
                self.done += 1
                self.skipped += 1
                continue
            yield record

    def id_for(self, name: str, sha256: str) -> str | None:
        """Choose the id of a photo and mark it as taken; None for a copy of one already in the gallery.

        An added photo whose name is taken by another gets its hash after it.
        """
        content = int(sha256[:16], 16)
        if content in self.writer.contents:
            return None
        chosen = f"{name}#{sha256[:8]}" if hash_to_64_bits(name) in self.writer.ids else name
        self.writer.ids.add(hash_to_64_bits(chosen))
        self.writer.contents.add(content)
        return chosen

    def keep(self, batch: list[DecodedPhoto], vectors: NDArray[np.float32]) -> None:
        """Keep one encoded batch, and commit when enough has gathered.

        Commits hold whole batches, so a resumed build repeats none and splits none.
        """
        self._waiting.append(([DecodedPhoto(item.columns, np.empty(0)) for item in batch], vectors))
        rows = sum(len(photos) for photos, _ in self._waiting)
        if rows >= _COMMIT_ROWS or time.monotonic() - self._committed >= _COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        if self._waiting:
            rows = [row for batch, _ in self._waiting for row in batch]
            self.writer.append(rows, np.concatenate([vectors for _, vectors in self._waiting]))
            self.added += len(rows)
        self._waiting = []
        self._committed = time.monotonic()


def run_pipeline(filling: Pipeline, workers: int | None) -> None:
    """Decode, encode and write everything the source has. ``workers``: decode processes, None by the cores."""
    processes = choose_worker_count(filling.source.total()) if workers is None else workers
    items = decode_all(filling.records(), filling.encoder.prepare, filling.min_file_bytes, processes)
    # The encoder works in a thread of its own, so that the next batch gathers meanwhile.
    with ThreadPoolExecutor(1) as thread:
        encoding: tuple[list[DecodedPhoto], Future[NDArray[np.float32]]] | None = None
        for batch in _gather_batches(_select_new(filling, items), choose_batch(filling.encoder)):
            following = batch, thread.submit(filling.encoder.encode_prepared, [item.prepared for item in batch])
            if encoding:
                filling.keep(encoding[0], encoding[1].result())
            encoding = following
        if encoding:
            filling.keep(encoding[0], encoding[1].result())
    filling.commit()


def _gather_batches(photos: Iterator[DecodedPhoto], size: int) -> Iterator[list[DecodedPhoto]]:
    while batch := list(itertools.islice(photos, size)):
        yield batch


def _select_new(filling: Pipeline, items: Iterable[DecodedPhoto | Unreadable]) -> Iterator[DecodedPhoto]:
    """Return the photos to add; record the others with their reason."""
    for item in items:
        filling.done += 1
        if isinstance(item, Unreadable):
            filling.leave_out(item.id, item.reason)
        elif (name := filling.id_for(item.id, item.sha256)) is None:
            filling.leave_out(item.id, COPY)
        else:
            for note in item.notes:
                filling.remarks.setdefault(note, []).append(name)
            yield item if name == item.id else DecodedPhoto({**item.columns, "id": name}, item.prepared)
        filling.tell(filling.progress("encoding"))


def _describe_others(count: int) -> str:
    if not count:
        return ""
    return " and 1 other photo" if count == 1 else f" and {count:,} other photos"
