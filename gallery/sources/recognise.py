"""Recognising a source from what a person gave."""

from dataclasses import dataclass
from pathlib import Path

from sextant.gallery.sources.archives import ArchiveSource
from sextant.gallery.sources.folder import FolderSource
from sextant.gallery.sources.hub import downloaded, is_dataset
from sextant.gallery.sources.records import Source, SourceError
from sextant.gallery.sources.table_folder import TableFolderSource
from sextant.gallery.sources.tables import PhotoTable
from sextant.gallery.sources.tar_parts import tar_parts
from sextant.gallery.sources.zips import zip_files


@dataclass(frozen=True)
class SourceOptions:
    """What a person may say about a source: its table, and which rows to take."""

    metadata: Path | None = None
    swapped: bool | None = None  # None: detect
    country_known: bool = False


def open_source(source: str, options: SourceOptions = SourceOptions()) -> Source:
    """The source that a path or a dataset's name stands for.

    A folder of photos with EXIF; a folder and a table (``metadata``, or the one in the folder that reads as one);
    a table alone, whose photos lie beside it; MP16-Pro's tar parts or OSV-5M's zips with their table; or any of
    these as a Hugging Face dataset, owner/name.

    Raises:
        SourceError: no such path, or nothing in it that can be a source.
    """
    if is_dataset(source):
        return open_source(str(downloaded(source)), options)
    path = Path(source)
    if not path.exists():
        raise SourceError(f"source {source!r} does not exist; give a folder of photos, a table or a dataset's name")
    if path.is_file():
        return _with_table(PhotoTable(path, options.swapped), path.parent, options)
    if options.metadata is not None:
        return _with_table(PhotoTable(options.metadata, options.swapped), path, options)
    table = _own_table(path, options)
    return _with_table(table, path, options) if table else FolderSource(path)


def _with_table(table: PhotoTable, folder: Path, options: SourceOptions) -> Source:
    if tar_parts(folder) or zip_files(folder):
        return ArchiveSource(table, _training_images(folder, table), options.country_known)
    return TableFolderSource(table, folder, options.country_known)


def _training_images(folder: Path, table: PhotoTable) -> Path:
    """OSV-5M keeps its test photos beside the others; a gallery takes those that the table is of."""
    split = folder / "images" / table.path.stem
    if split.is_dir():
        table.notes.append(f"of {folder.name!r} the photos in 'images/{table.path.stem}' are taken")
        return split
    return folder


def _own_table(folder: Path, options: SourceOptions) -> PhotoTable | None:
    """The table that lies in the folder; of OSV-5M's two, the one to train on.

    Raises:
        SourceError: several could be meant, or archives have none.
    """
    readable = []
    for path in sorted(folder.glob("*.csv")):
        try:
            readable.append(PhotoTable(path, options.swapped))
        except SourceError:
            continue
    names = [table.path.name for table in readable]
    if sorted(names) == ["test.csv", "train.csv"]:
        return next(table for table in readable if table.path.name == "train.csv")
    if len(readable) > 1:
        raise SourceError(
            f"folder {str(folder)!r} holds {len(names)} tables ({', '.join(names)}); name one: --metadata"
        )
    if not readable and (tar_parts(folder) or zip_files(folder)):
        raise SourceError(f"folder {str(folder)!r} holds archives and no table of them; name it with --metadata")
    return readable[0] if readable else None
