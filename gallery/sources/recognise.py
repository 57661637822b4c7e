"""Recognise the kind of source that the user gave, and open it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sextant.gallery.sources.archives import ArchiveSource
from sextant.gallery.sources.folder import FolderSource, list_photo_files
from sextant.gallery.sources.hub import download_dataset, is_dataset
from sextant.gallery.sources.joined import JoinedSource
from sextant.gallery.sources.names import FileNames
from sextant.gallery.sources.records import Source, SourceError
from sextant.gallery.sources.table_folder import TableFolderSource
from sextant.gallery.sources.tables import PhotoTable
from sextant.gallery.sources.tar_parts import list_tar_parts
from sextant.gallery.sources.walk import walk_files
from sextant.gallery.sources.zips import list_zip_files

MP16_TABLE = "MP16_Pro_filtered.csv"  # of the published tables, the one that G3 builds its database from

_TABLES = frozenset({".csv", ".tsv", ".tab"})
_TEXTS = frozenset({".txt", ".dat"})  # tables only where they read as one: most are notes
_ARCHIVES = frozenset({".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar"})
_SPREADSHEETS = frozenset({".xlsx", ".xls", ".ods", ".numbers"})


@dataclass(frozen=True)
class SourceOptions:
    """What a person may say about a source: its table, and which rows to take."""

    metadata: Path | None = None
    swapped: bool | None = None  # None: detect
    country_known: bool = False


def open_source(source: str, options: SourceOptions = SourceOptions()) -> Source:
    """Open the source that a path or a dataset's name means.

    A folder of photos with EXIF; a folder and a table (``metadata``, or the one in the folder that reads as one);
    a table alone, whose photos lie beside it; MP16-Pro's tar parts or OSV-5M's zips with their table; or any of
    these as a Hugging Face dataset, owner/name.

    Raises:
        SourceError: no such path, or nothing in it that can be a source.
    """
    if is_dataset(source):
        return open_source(str(download_dataset(source)), options)
    path = Path(source)
    if not path.exists():
        raise SourceError(f"source {source!r} does not exist; give a folder of photos, a table or a dataset's name")
    if path.is_file():
        return _open_with_table(PhotoTable(path, options.swapped, list_photo_files(path.parent)), path.parent, options)
    if options.metadata is not None:
        return _open_with_table(PhotoTable(options.metadata, options.swapped, list_photo_files(path)), path, options)
    return _open_own_source(path, options)


def open_sources(sources: Sequence[str], options: SourceOptions = SourceOptions()) -> Source:
    """Return one source, or several as if they were one.

    Raises:
        SourceError: as ``open_source``; or a table was named for several sources.
    """
    if len(sources) == 1:
        return open_source(sources[0], options)
    if options.metadata is not None:
        raise SourceError("--metadata names the table of one source; with several sources, give the tables as SOURCE")
    return JoinedSource([open_source(source, options) for source in sources])


def _open_with_table(table: PhotoTable, folder: Path, options: SourceOptions) -> Source:
    """Join a table to photos: those that lie in the folder, else those in its archives."""
    if has_archives(folder) and not table.matches(FileNames(list_photo_files(folder))):
        return ArchiveSource(table, _find_training_images(folder, table), options.country_known)
    table.notes += _list_unopened_archives(folder)
    return TableFolderSource(table, folder, options.country_known)


def has_archives(folder: Path) -> bool:
    """Tell whether tar parts or zip files lie in a folder or below."""
    return bool(list_tar_parts(folder) or list_zip_files(folder))


def _list_unopened_archives(folder: Path) -> list[str]:
    """Say which archives in a folder of photos are left as they are."""
    found = sorted(Path(name).name for name in walk_files(folder) if Path(name).suffix.lower() in _ARCHIVES)
    return [f"archives were not opened: {_shorten_list(found)}; unpack those that hold photos"] if found else []


def _shorten_list(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3:,} more"


def _find_training_images(folder: Path, table: PhotoTable) -> Path:
    """Find OSV-5M's photos of this table: its test photos lie beside its training photos."""
    split = folder / "images" / table.path.stem
    if split.is_dir():
        table.notes.append(f"of {folder.name!r} the photos in 'images/{table.path.stem}' are used")
        return split
    return folder


def _open_own_source(folder: Path, options: SourceOptions) -> Source:
    """Read the folder with the table inside it, or alone if no table describes its photos.

    Of OSV-5M's two tables, the one to train on is taken.

    Raises:
        SourceError: several tables could be meant, or there are archives and nothing that lists their photos.
    """
    photos = list_photo_files(folder)
    tables, notes = _find_tables(folder, options, photos)
    names = [table.path.name for table in tables]
    filtered = [table for table in tables if table.path.name == MP16_TABLE]
    if filtered and has_archives(folder):
        return _open_with_table(filtered[0], folder, options)
    if sorted(names) == ["test.csv", "train.csv"]:
        return _open_with_table(next(table for table in tables if table.path.name == "train.csv"), folder, options)
    files = FileNames(photos)
    matching = [table for table in tables if table.matches(files)]
    if not matching and has_archives(folder) and not photos:
        if not tables:
            raise SourceError(f"folder {str(folder)!r} has archives but no table for them; name it with --metadata")
        matching = tables
    if len(matching) > 1:
        listed = ", ".join(table.path.name for table in matching)
        raise SourceError(f"folder {str(folder)!r} holds {len(matching)} tables ({listed}); name one: --metadata")
    notes += [_explain_unused(table) for table in tables if table not in matching]
    if matching:
        source = _open_with_table(matching[0], folder, options)
        source.notes.extend(notes)
        return source
    return FolderSource(folder, [*notes, *_list_unopened_archives(folder)])


def _explain_unused(table: PhotoTable) -> str:
    if not len(table) and table.broken_lines:
        return f"table {table.path.name!r} is not used: none of its lines has the columns of its header"
    if not len(table):
        return f"table {table.path.name!r} is not used: it has a header and no rows"
    return f"table {table.path.name!r} is not used: none of its {len(table):,} rows names a photo of this folder"


def _find_tables(folder: Path, options: SourceOptions, photos: Sequence[str]) -> tuple[list[PhotoTable], list[str]]:
    """Find the folder's tables of photos, with a note on each other table; MP16-Pro keeps its own in a subfolder."""
    tables, notes = [], []
    below = folder / "metadata"
    for path in sorted((*folder.iterdir(), *(below.glob("*.csv") if below.is_dir() else ()))):
        kind = path.suffix.lower()
        if path.name.startswith(".") or not path.is_file() or kind not in _TABLES | _TEXTS | _SPREADSHEETS:
            continue
        if kind in _SPREADSHEETS:
            notes.append(f"not used: {path.name!r} is a spreadsheet; export it as CSV")
            continue
        try:
            tables.append(PhotoTable(path, options.swapped, photos))
        except SourceError as error:
            if kind not in _TEXTS:
                notes.append(f"not used: {error}")
    return tables, notes
