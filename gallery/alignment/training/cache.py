"""Cache of backbone features of the training rows, computed once, so that an epoch takes minutes.

A folder holds ``images.f16`` (rows × dimension, little-endian float16, read through a memory map), ``rows.parquet``
(id, latitude, longitude, author, and the names of the place where the source has them) and ``cache.json`` (what the
features are of). The JSON is written last: a folder without it is unfinished.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sextant.base.files import replace_file, write_atomic
from sextant.gallery.alignment.model.config import AlignmentError
from sextant.gallery.sources.records import PlaceNames

IMAGES, ROWS, ABOUT = "images.f16", "rows.parquet", "cache.json"
POSITION_DECIMALS = 5  # two positions equal to about a metre are one place


class About(BaseModel):
    """What a cache was made of; ``source`` and the fingerprint decide whether it may be used again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    backbone: str
    fingerprint: str
    features: Literal["raw", "unit"]
    dimension: int = Field(gt=0)
    rows: int = Field(ge=0)
    skipped: dict[str, int] = Field(default_factory=dict)


class Authors(NamedTuple):
    """Photographers by number, as millions of rows want it: (n,) ``codes`` into ``names``, "" where unknown."""

    codes: NDArray[np.int64]
    names: list[str]


@dataclass(frozen=True)
class Cache:
    """Rows ready for training.

    Attributes:
        images: (n, dimension) float16 backbone features, memory-mapped.
        positions: (n, 2) latitude and longitude in degrees.
        places: (n,) identity of the position, equal where two rows lie within about a metre.
        authors: the photographer of each row.
    """

    folder: Path
    about: About
    images: NDArray[np.float16]
    positions: NDArray[np.float64]
    places: NDArray[np.int64]
    authors: Authors

    def __len__(self) -> int:
        return len(self.positions)

    def ids(self) -> list[str]:
        """Read the source's id of each row from disk."""
        return list(pq.read_table(self.folder / ROWS, columns=["id"])["id"].to_pylist())

    def place_names(self, rows: NDArray[np.int64]) -> list[PlaceNames | None]:
        """Read what the source calls the places of some rows from disk; None where it names no country."""
        if "country" not in pq.read_schema(self.folder / ROWS).names:
            return [None] * len(rows)
        table = pq.read_table(self.folder / ROWS, columns=list(PlaceNames._fields)).take(rows)
        places = (PlaceNames(**row) for row in table.to_pylist())
        return [place if place.country else None for place in places]


def read_rows(
    ids: Sequence[str], positions: NDArray[np.float64], authors: Sequence[str], **more: Sequence[str]
) -> pa.Table:
    """Read the rows' columns; positions are (n, 2) degrees."""
    columns: dict[str, Any] = {"id": list(ids), "latitude": positions[:, 0], "longitude": positions[:, 1]}
    return pa.table({**columns, "author": list(authors), **{name: list(values) for name, values in more.items()}})


def finish_cache(folder: Path, table: pa.Table, about: About) -> None:
    """Write the rows, then the JSON that makes the folder a cache."""
    with replace_file(folder / ROWS) as aside:
        pq.write_table(table, aside)
    write_atomic(folder / ABOUT, (about.model_dump_json(indent=2) + "\n").encode())


def open_cache(folder: Path) -> Cache:
    """Open a finished cache.

    Raises:
        AlignmentError: no cache there, or one whose files do not fit each other.
    """
    about = read_about(folder)
    if about is None:
        raise AlignmentError(f"there are no finished features in {str(folder)!r}; sextant align train makes one")
    table = pq.read_table(folder / ROWS, columns=["latitude", "longitude", "author"])
    wanted = about.rows * about.dimension * 2
    found = (folder / IMAGES).stat().st_size if (folder / IMAGES).exists() else 0
    if table.num_rows != about.rows or found != wanted:
        raise AlignmentError(
            f"the cache {str(folder)!r} is damaged: {table.num_rows} rows and {found} bytes where {about.rows} rows "
            f"and {wanted} bytes belong; delete the folder to compute it again"
        )
    positions = np.stack((table["latitude"].to_numpy(), table["longitude"].to_numpy()), axis=1)
    return Cache(
        folder=folder,
        about=about,
        images=np.memmap(folder / IMAGES, dtype="<f2", mode="r", shape=(about.rows, about.dimension)),
        positions=positions,
        places=place_ids(positions),
        authors=number_values(table["author"]),
    )


def read_about(folder: Path) -> About | None:
    """Read what a folder's cache was made of; None if the folder has no finished cache."""
    if not (folder / ABOUT).is_file():
        return None
    try:
        return About.model_validate(json.loads((folder / ABOUT).read_text()))
    except (ValidationError, ValueError) as error:
        raise AlignmentError(f"{str(folder / ABOUT)!r} is damaged; delete the folder to compute it again") from error


def place_ids(positions: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (n, 2) degrees → (n,) numbers, equal where the positions are (to ``POSITION_DECIMALS``)."""
    scale = 10**POSITION_DECIMALS
    latitude, longitude = np.round(positions * scale).astype(np.int64).T
    _, ids = np.unique(latitude * 360 * scale + longitude % (360 * scale), return_inverse=True)
    return ids.astype(np.int64)


def number_values(names: Any) -> Authors:
    """Return names (a list, or an Arrow column) by number, in order of first appearance."""
    column = pa.chunked_array([pa.array(names)]) if isinstance(names, list) else names
    encoded = column.combine_chunks().dictionary_encode()
    return Authors(encoded.indices.to_numpy().astype(np.int64), [str(name) for name in encoded.dictionary.to_pylist()])
