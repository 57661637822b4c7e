"""A gallery that is open for reading: always one finished version, even during a build."""

from collections import Counter
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.gallery.database import (
    OUTLIERS,
    PHOTOS,
    GalleryError,
    connect,
    find_local_path,
    is_remote,
    read_manifest,
    read_manifest_state,
)
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.encoders.spec import Encoder
from sextant.gallery.manifest import EXACT, SIMHASH, SOURCES_JOINED, Manifest, VectorIndex
from sextant.gallery.search import simhash
from sextant.gallery.search.array_file import DamagedFile
from sextant.gallery.search.exact import VectorScan
from sextant.gallery.search.index import IndexedRows
from sextant.gallery.search.metadata import Details
from sextant.gallery.search.simhash import SimHashIndex
from sextant.gallery.search.stored_vectors import StoredVectors
from sextant.geo.sphere import EARTH_RADIUS_KM, compute_great_circle_km

__all__ = ["Gallery", "GalleryError", "Manifest"]


class Gallery:
    """Photos with their vectors and positions, in a LanceDB database. Open one with ``Gallery.open``."""

    def __init__(self, path: str, manifest: Manifest, database: Any, encoder: Encoder | None) -> None:
        self.path = path
        self.manifest = manifest
        self._database = database
        self._encoder = encoder
        self._current_state: tuple[object, ...] | None = None  # of the manifest on the disk when it was last the same

    @classmethod
    def open(cls, path: str, encoder: str | None = None) -> "Gallery":
        """Open the gallery in a folder or at an object-store address.

        Args:
            path: the folder that ``sextant gallery build --out`` wrote, or its s3:// address.
            encoder: the encoder this run uses; None takes the gallery's own.

        Raises:
            GalleryError: not a gallery, unfinished, of another layout, or built with another encoder.
        """
        path = str(path)
        folder = find_local_path(path)
        if folder is not None and not folder.is_dir():
            raise GalleryError(f"{path!r} is not a gallery; build one with: sextant gallery build PHOTOS --out {path}")
        database = connect(path)
        manifest = read_manifest(path, database)
        given = None
        if encoder is not None and encoder != manifest.encoder:
            given = load_encoder(encoder)
            _refuse_foreign(path, manifest, given)
        return cls(path, manifest, database, given)

    @property
    def count(self) -> int:
        return self.manifest.count

    def encoder(self) -> Encoder:
        """Load the encoder the gallery was built with, once.

        Raises:
            GalleryError: its weights or preprocessing have changed since.
        """
        if self._encoder is None:
            loaded = load_encoder(self.manifest.encoder)
            _refuse_foreign(self.path, self.manifest, loaded)
            self._encoder = loaded
        return self._encoder

    @cached_property
    def photos(self) -> Any:
        """The LanceDB table ``photos`` at the manifest's version."""
        table = self._database.open_table(PHOTOS)
        table.checkout(self.manifest.photos_version)
        return table

    @cached_property
    def all_rows(self) -> VectorScan:
        """Every row in memory, for galleries that are small enough to be scanned."""
        return VectorScan(self.photos.to_arrow())

    @property
    def only_source(self) -> str | None:
        """The source of every photo; None where photos of others were added."""
        return None if SOURCES_JOINED in self.manifest.source else self.manifest.source

    @property
    def exact(self) -> bool:
        """Whether searches scan every row, as in galleries too small to need an index."""
        return self.manifest.index.kind == EXACT

    def is_current(self) -> bool:
        """Return whether photos were neither added nor built anew since the gallery was opened."""
        state = read_manifest_state(self.path)
        if state is not None and state == self._current_state:
            return True
        current = read_manifest(self.path, self._database) == self.manifest
        self._current_state = state if current else None
        return current

    def reopen(self) -> "Gallery":
        """Open the gallery as it is now. The loaded encoder is kept where the gallery still is of that encoder.

        Raises:
            GalleryError: as ``open``.
        """
        database = connect(self.path)
        manifest = read_manifest(self.path, database)
        same = manifest.fingerprint == self.manifest.fingerprint
        return Gallery(self.path, manifest, database, self._encoder if same else None)

    def warm(self) -> None:
        """Load what searches keep in memory, so that the first one takes no longer than the next."""
        if self.exact:
            _ = self.all_rows
            return
        self.indexed_rows.warm()
        self.outliers.warm()

    @cached_property
    def indexed_rows(self) -> IndexedRows:
        """Every row, of a gallery with an index."""
        return self._index_rows(self.photos, self.count, self.manifest.index)

    @cached_property
    def outliers(self) -> VectorScan | IndexedRows:
        """The rows that lie farthest from the rest, of a gallery with an index: where every far side is found."""
        table = self._database.open_table(OUTLIERS)
        table.checkout(self.manifest.outliers_version)
        if self.manifest.far_index.kind == EXACT:
            return VectorScan(table.to_arrow())
        return self._index_rows(table, self.manifest.outliers, self.manifest.far_index)

    def _index_rows(self, table: Any, count: int, index: VectorIndex) -> IndexedRows:
        folder = find_local_path(self.path)
        named = (folder, str(table.name), int(table.version)) if folder else None
        return IndexedRows(
            table,
            count,
            index,
            vectors=StoredVectors.opened(*named) if named else None,
            details=Details.opened(*named) if named else None,
            codes=self._open_codes(table) if index.kind == SIMHASH else None,
            source=self.only_source,
        )

    def _open_codes(self, table: Any) -> SimHashIndex:
        """Open the index that lies beside a table.

        Raises:
            GalleryError: it is missing, as where a folder was not copied whole, or damaged.
        """
        folder, version = find_local_path(self.path), int(table.version)
        if folder is None:
            raise GalleryError(
                f"gallery {self.path!r} was built in a folder and copied here, where its index cannot be read; "
                f"build it at this address: sextant gallery build PHOTOS --out {self.path}"
            )
        try:
            return SimHashIndex.opened(folder, str(table.name), version)
        except (OSError, DamagedFile) as error:
            name = simhash.get_file(folder, str(table.name), version).name
            problem = "missing" if isinstance(error, FileNotFoundError) else "damaged"
            raise GalleryError(
                f"gallery {self.path!r}: its index {name} is {problem}; copy the whole folder again, or rebuild it"
            ) from error

    @cached_property
    def positions(self) -> NDArray[np.float64]:
        """All (latitude, longitude) in degrees, (n, 2), sorted by latitude."""
        rows = self.photos.search().select(["latitude", "longitude"]).limit(max(1, self.count)).to_arrow()
        pairs = np.column_stack([rows["latitude"].to_numpy(), rows["longitude"].to_numpy()])
        order = np.argsort(pairs[:, 0], kind="stable")
        return np.ascontiguousarray(pairs[order])

    def count_within_km(self, latitude: float, longitude: float, radius_km: float) -> int:
        """Return how many photos of the gallery were taken within ``radius_km`` of a position (great circle)."""
        reach = np.degrees(radius_km / EARTH_RADIUS_KM) + 1e-9
        first, last = np.searchsorted(self.positions[:, 0], [latitude - reach, latitude + reach], side="left")
        band = self.positions[first : max(first, last + 1)]
        if len(band) == 0:
            return 0
        east = np.abs((band[:, 1] - longitude + 180) % 360 - 180)
        near = band[east <= _compute_half_width(latitude, radius_km)]
        return (
            int(np.count_nonzero(compute_great_circle_km(near, (latitude, longitude)) <= radius_km)) if len(near) else 0
        )

    def count_of_author(self, author: str) -> int:
        """Return how many photos of the gallery are this photographer's."""
        if author not in self._of_author:
            quoted = author.replace("'", "''")
            self._of_author[author] = 0 if self.exact else int(self.photos.count_rows(f"author = '{quoted}'"))
        return self._of_author[author]

    def authors_of(self, sha256: str) -> list[str]:
        """Return the photographers under whose names the gallery holds this very file, sorted; usually none or one."""
        if self.exact:
            return self._authors_by_file.get(sha256, [])
        if not set(sha256) <= set("0123456789abcdef"):
            return []
        rows = self.photos.search().where(f"sha256 = '{sha256}'").select(["author"]).limit(100).to_list()
        return sorted({row["author"] for row in rows if row["author"]})

    @cached_property
    def _of_author(self) -> dict[str, int]:
        """Counts as they were asked for; of rows in memory all at once, where a question would cost milliseconds."""
        return Counter(filter(None, self.all_rows.rows["author"].to_pylist())) if self.exact else {}

    @cached_property
    def _authors_by_file(self) -> dict[str, list[str]]:
        rows = self.all_rows.rows
        found: dict[str, set[str]] = {}
        for sha256, author in zip(rows["sha256"].to_pylist(), rows["author"].to_pylist(), strict=True):
            if author:
                found.setdefault(sha256, set()).add(author)
        return {sha256: sorted(authors) for sha256, authors in found.items()}

    def unreadable(self) -> pa.Table:
        """Return photos that did not go into the gallery: columns id, reason."""
        from sextant.gallery.database import UNREADABLE, list_table_names

        if UNREADABLE not in list_table_names(self._database):
            return pa.table({"id": pa.array([], pa.string()), "reason": pa.array([], pa.string())})
        return self._database.open_table(UNREADABLE).to_arrow()

    @property
    def remote(self) -> bool:
        return is_remote(self.path)


def _compute_half_width(latitude: float, radius_km: float) -> float:
    """Return half the width in degrees of longitude of a circle's bounding box; 180 where it holds a pole."""
    angle = radius_km / EARTH_RADIUS_KM
    if abs(np.radians(latitude)) + angle >= np.pi / 2:
        return 180.0
    return float(np.degrees(np.arcsin(np.sin(angle) / np.cos(np.radians(latitude))))) + 1e-9


def _refuse_foreign(path: str, manifest: Manifest, encoder: Encoder) -> None:
    if encoder.fingerprint == manifest.fingerprint:
        return
    built = f"gallery {path!r} was built with encoder {manifest.encoder!r} (fingerprint {manifest.fingerprint[:8]}…)"
    if encoder.spec == manifest.encoder:
        raise GalleryError(f"{built}, which has changed since (now {encoder.fingerprint[:8]}…); rebuild the gallery")
    raise GalleryError(
        f"{built}; this run uses {encoder.spec!r}. Pass --encoder {manifest.encoder}, or rebuild with: "
        f"sextant gallery build … --encoder {encoder.spec}"
    )
