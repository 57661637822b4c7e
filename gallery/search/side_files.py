"""The files beside a large gallery's tables from which searches read the rows they found."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.base.files import UNFINISHED
from sextant.gallery.search import metadata, stored_vectors

_SUFFIXES = (metadata.SUFFIX, stored_vectors.SUFFIX)
OURS = (*_SUFFIXES, UNFINISHED, ".unfinished")  # the last: what killed builds of earlier versions left


def write_side_files(table: Any, folder: Path) -> None:
    """Keep a table's metadata at its version, and where its vectors lie."""
    metadata.write_details(table, folder)
    stored_vectors.write_stored_vectors(table, folder)


def clear_side_files(folder: Path, versions: Mapping[str, int | None]) -> None:
    """Delete those of all other versions of these tables, and what a killed build left."""
    kept = {f"{table}-{version}{suffix}" for table, version in versions.items() for suffix in _SUFFIXES}
    for file in folder.iterdir():
        if file.suffix in OURS and file.name not in kept:
            file.unlink()
