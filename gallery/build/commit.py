"""Commit gallery rows so that a kill loses nothing that was written and shows nothing unfinished.

Rows go into new versions of the table ``photos``. Readers stay on the versions that the manifest names, until the
manifest is replaced as the last act. The table ``building`` says what is being written, so that the same build can
go on where it stopped; another one starts again from the manifest's version, or from nothing.
"""

import errno
import hashlib
import json
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.base.errors import format_error
from sextant.base.locks import AlreadyLocked, Lock
from sextant.gallery.build.decode import DecodedPhoto
from sextant.gallery.database import (
    BUILDING,
    MANIFEST,
    OUTLIERS,
    PHOTOS,
    UNREADABLE,
    GalleryError,
    connect,
    find_local_path,
    list_table_names,
    make_photos_schema,
    read_document,
    write_document,
)
from sextant.gallery.manifest import EXACT, Manifest, VectorIndex
from sextant.gallery.search.index import create_index, drop_indexes
from sextant.gallery.search.side_files import OURS, clear_side_files, write_side_files
from sextant.gallery.sources.records import Unreadable

_TAG = "gallery"
_MARGINS = [timedelta(seconds=seconds) for seconds in (0.02, 0.2, 2, 20)]


@dataclass(frozen=True)
class BuildTask:
    """What is being written: equal tasks are one build that was interrupted."""

    mode: str  # "build" or "add"
    source: str
    fingerprint: str
    settings: dict[str, Any]

    def document(self) -> str:
        return json.dumps(self.__dict__, sort_keys=True)


class GalleryWriter:
    """The one writer of a gallery. Use it within ``open_writer``."""

    def __init__(self, path: str, database: Any, dimension: int) -> None:
        self.path = path
        self.database = database
        self.dimension = dimension
        self.resumed = False
        self.photos: Any = None
        self.ids: set[int] = set()
        self.contents: set[int] = set()
        self._version = 0

    def begin(self, task: BuildTask, manifest: Manifest | None) -> None:
        """Open ``photos`` for this task: where it stopped, at the manifest's version (add), or empty (build)."""
        names = list_table_names(self.database)
        self.resumed = PHOTOS in names and read_document(self.database, BUILDING) == task.document()
        if not self.resumed and task.mode == "build":
            schema = make_photos_schema(self.dimension)
            write_document(self.database, BUILDING, json.dumps({"mode": "starting"}))
            self.photos = self.database.create_table(PHOTOS, schema=schema, mode="overwrite")
        else:
            self.photos = self.database.open_table(PHOTOS)
            if not self.resumed and manifest is not None and self.photos.version != manifest.photos_version:
                self.photos.checkout(manifest.photos_version)
                self.photos.restore()
        write_document(self.database, BUILDING, task.document())
        self._version = self.photos.version
        self._recall_rows()

    def _recall_rows(self) -> None:
        """Load the ids and contents already written, as 64-bit hashes: 5 million take half a gigabyte less."""
        for batch in self.photos.search().select(["id", "sha256"]).to_batches(65_536):
            self.ids.update(map(hash_to_64_bits, batch["id"].to_pylist()))
            self.contents.update(int(value[:16], 16) for value in batch["sha256"].to_pylist())

    @property
    def count(self) -> int:
        return int(self.photos.count_rows())

    def append(self, rows: Sequence[DecodedPhoto], vectors: NDArray[np.float32]) -> None:
        """Commit rows in one new version.

        Raises:
            GalleryError: the disk is full, or another process has written meanwhile.
        """
        table = make_rows_table(rows, vectors, self.dimension)
        self._commit(lambda: self.photos.add(table))

    def append_elsewhere(self, write: Callable[[str], None]) -> None:
        """Let ``write`` commit rows to the table under this path by itself, as one new version."""
        self._commit(lambda: write(self.path))

    def _commit(self, write: Callable[[], object]) -> None:
        with _explain_errors(self.path):
            self.photos.checkout_latest()
            if self.photos.version != self._version:
                raise GalleryError(
                    f"gallery {self.path!r} was written by another process meanwhile; run one build at a time"
                )
            write()
            self.photos.checkout_latest()
            self._version = self.photos.version

    def put_outliers(self, rows: pa.RecordBatchReader, index: VectorIndex) -> int:
        """Replace the outlier table and index it; its version."""
        with _explain_errors(self.path):
            table = self.database.create_table(OUTLIERS, rows, mode="overwrite")
            create_index(table, index)
            if index.kind != EXACT:
                self._put_side_files(table, index)
            return int(table.version)

    def put_side_files(self, index: VectorIndex) -> None:
        """Keep what searches read of ``photos`` as it now is, and an index that is not LanceDB's; in a folder only."""
        with _explain_errors(self.path):
            self._put_side_files(self.photos, index)

    def _put_side_files(self, table: Any, index: VectorIndex) -> None:
        folder = find_local_path(self.path)
        if folder is not None:
            write_side_files(table, folder, index)

    def finish(self, manifest: Manifest, unreadable: Sequence[Unreadable]) -> None:
        """Make what was written the gallery, then clear away what it replaced."""
        with _explain_errors(self.path):
            report = {"id": [item.id for item in unreadable], "reason": [item.reason for item in unreadable]}
            text = pa.schema([("id", pa.string()), ("reason", pa.string())])
            self.database.create_table(UNREADABLE, pa.table(report, schema=text), mode="overwrite")
            write_document(self.database, MANIFEST, manifest.model_dump_json())
            self.database.drop_table(BUILDING)
        self._clear(PHOTOS, manifest.photos_version)
        if manifest.outliers_version is not None:
            self._clear(OUTLIERS, manifest.outliers_version)
        folder = find_local_path(self.path)
        if folder is not None:
            with suppress(OSError):  # left-overs only take space
                clear_side_files(folder, {PHOTOS: manifest.photos_version, OUTLIERS: manifest.outliers_version})

    def put_manifest(self, manifest: Manifest) -> None:
        """Replace what the gallery says of itself; its photos stay as they are."""
        with _explain_errors(self.path):
            write_document(self.database, MANIFEST, manifest.model_dump_json())

    def _clear(self, name: str, version: int) -> None:
        """Delete what no manifest names any more; the tag keeps the version that it does name."""
        with suppress(Exception), warnings.catch_warnings():  # left-overs only take space
            warnings.simplefilter("ignore")  # lancedb warns that readers of the old versions must open them again
            table = self.database.open_table(name)
            (table.tags.update if _TAG in table.tags.list() else table.tags.create)(_TAG, version)
            drop_indexes(table)
            if table.version == version:
                table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)
                return
            _optimize_before(table, version)
            table.checkout(version)
            table.restore()


def _optimize_before(table: Any, version: int) -> None:
    """Clear away what is older than a tagged version: LanceDB refuses where the tagged one would be cleared as well."""
    at = next(item["timestamp"] for item in table.list_versions() if item["version"] == version)
    for margin in _MARGINS:
        age = datetime.now(at.tzinfo) - at
        with suppress(RuntimeError):  # LanceDB measured the age later by more than the margin
            table.optimize(cleanup_older_than=age + margin, delete_unverified=True)
            return


@contextmanager
def open_writer(path: str, dimension: int) -> Iterator[GalleryWriter]:
    """Take the gallery for writing; a folder that was new and got no row is removed again.

    Raises:
        GalleryError: another process is writing it, or the place cannot be written.
    """
    folder = find_local_path(path)
    if folder is None:
        yield GalleryWriter(path, connect(path), dimension)
        return
    new = not folder.exists()
    if not new and (folder.is_file() or _is_foreign(folder)):
        raise GalleryError(f"{path!r} exists and is not a gallery; choose another folder with --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(folder / ".lock")
        lock.take()
    except AlreadyLocked:
        raise GalleryError(f"gallery {path!r} is being written by another process; wait for it or stop it") from None
    except OSError as error:
        raise GalleryError(f"gallery {path!r} cannot be written ({error.strerror}); choose another folder") from error
    try:
        writer = GalleryWriter(path, connect(path), dimension)
        try:
            with _explain_full_disk(path):
                yield writer
        finally:
            if new and (writer.photos is None or writer.count == 0):
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()


def _is_foreign(folder: Path) -> bool:
    """Return whether a folder holds anything but a gallery's: a mistyped --out must not fill a folder of photos."""
    ours = {".lance", *OURS}
    return any(entry.suffix not in ours for entry in folder.iterdir() if entry.name != ".lock")


@contextmanager
def _explain_errors(path: str) -> Iterator[None]:
    """Turn storage errors into one line; what is committed stays."""
    try:
        with _explain_full_disk(path):
            yield
    except GalleryError:
        raise
    except Exception as error:
        raise GalleryError(f"gallery {path!r} cannot be written: {format_error(error)}") from error


@contextmanager
def _explain_full_disk(path: str) -> Iterator[None]:
    """Turn the error of a full disk into one line, whichever library raises it; other errors pass."""
    try:
        yield
    except GalleryError:
        raise
    except Exception as error:
        full = getattr(error, "errno", None) == errno.ENOSPC
        if full or "No space left" in str(error) or "os error 28" in str(error):
            way_out = "what was written is kept; free some space and run the same command again"
            raise GalleryError(f"gallery {path!r}: the disk is full; {way_out}") from error
        raise


def make_rows_table(rows: Sequence[DecodedPhoto], vectors: NDArray[np.float32], dimension: int) -> pa.Table:
    """Return rows of the table ``photos``; vectors (n, dimension) are stored as float16."""
    schema = make_photos_schema(dimension)
    flat = pa.array(np.asarray(vectors, dtype=np.float16).reshape(-1))
    columns = {name: [row.columns[name] for row in rows] for name in schema.names if name != "vector"}
    arrays = [
        pa.FixedSizeListArray.from_arrays(flat, dimension) if name == "vector" else pa.array(columns[name], field.type)
        for name, field in zip(schema.names, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def hash_to_64_bits(text: str) -> int:
    """Return 64 bits of a text's hash, equal in every process; of 5 million ids two collide once in a million."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
