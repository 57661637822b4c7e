"""The files beside a large gallery's tables from which searches find rows and read them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.base.files import UNFINISHED
from sextant.gallery.manifest import SIMHASH, VectorIndex
from sextant.gallery.search import metadata, simhash, stored_vectors
from sextant.gallery.search.write_simhash import write_simhash

_SUFFIXES = (metadata.SUFFIX, stored_vectors.SUFFIX, simhash.SUFFIX)
OURS = (*_SUFFIXES, UNFINISHED, ".unfinished")  # the last: what killed builds of earlier versions left


def write_side_files(table: Any, folder: Path, index: VectorIndex) -> None:
    """Keep a table's metadata at its version, where its vectors lie, and the index where it is not LanceDB's."""
    metadata.write_details(table, folder)
    stored_vectors.write_stored_vectors(table, folder)
    if index.kind == SIMHASH:
        write_simhash(table, folder, index.partitions)


def clear_side_files(folder: Path, versions: Mapping[str, int | None]) -> None:
    """Delete those of all other versions of these tables, and what a killed build left."""
    kept = {f"{table}-{version}{suffix}" for table, version in versions.items() for suffix in _SUFFIXES}
    for file in folder.iterdir():
        if file.suffix in OURS and file.name not in kept:
            file.unlink()
