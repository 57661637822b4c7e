"""Recognising a source from what a person gave."""

from dataclasses import dataclass
from pathlib import Path

from gallery.sources.folder import FolderSource
from gallery.sources.records import Source, SourceError
from gallery.sources.table_folder import TableFolderSource
from gallery.sources.tables import PhotoTable


@dataclass(frozen=True)
class SourceOptions:
    """What a person may say about a source: its table, and which rows to take."""

    metadata: Path | None = None
    swapped: bool | None = None  # None: detect
    country_known: bool = False


def open_source(source: str, options: SourceOptions = SourceOptions()) -> Source:
    """The source that a path names: a folder with EXIF, or a folder with a table (``metadata``).

    Raises:
        SourceError: no such path, or nothing in it that can be a source.
    """
    path = Path(source)
    if not path.exists():
        raise SourceError(f"source {source!r} does not exist; give a folder of photos")
    if not path.is_dir():
        raise SourceError(f"source {source!r} is a file; give the folder of photos and --metadata {source}")
    if options.metadata is not None:
        return TableFolderSource(PhotoTable(options.metadata, options.swapped), path, options.country_known)
    return FolderSource(path)
