"""Access to a gallery's LanceDB: connecting to a folder or an object store, and its small tables."""

import os
from pathlib import Path
from typing import Any

import pyarrow as pa

from sextant.base.errors import SextantError, format_error
from sextant.gallery.manifest import LAYOUT, Manifest

PHOTOS, OUTLIERS, MANIFEST, BUILDING, UNREADABLE = "photos", "outliers", "manifest", "building", "unreadable"


class GalleryError(SextantError):
    """The gallery cannot be opened, or not with this encoder."""


def make_photos_schema(dimension: int) -> pa.Schema:
    """Make the schema: ``vector`` is L2-normalised, ``phash`` is 16 hexadecimal digits, ``captured_at`` ISO 8601."""
    text = ("author", "source", "country_code", "captured_at", "sha256", "phash", "uri")
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float16(), dimension), nullable=False),
            pa.field("latitude", pa.float64(), nullable=False),
            pa.field("longitude", pa.float64(), nullable=False),
            *(pa.field(name, pa.string()) for name in text),
        ]
    )


def is_remote(path: str) -> bool:
    return "://" in path


def connect(path: str) -> Any:
    """Connect to LanceDB at a folder or an object-store address such as s3://bucket/gallery.

    The endpoint of a store that is not Amazon's comes from AWS_ENDPOINT_URL, keys from the usual variables.
    """
    os.environ.setdefault("LANCEDB_LOG", "error")  # it warns of every table it makes; read when it is imported
    import lancedb

    return lancedb.connect(path, storage_options=read_storage_options(path))


def read_storage_options(path: str) -> dict[str, str] | None:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if not path.startswith("s3://") or not endpoint:
        return None
    return {"endpoint": endpoint, "allow_http": str(endpoint.startswith("http://")).lower()}


def list_table_names(database: Any) -> set[str]:
    names: set[str] = set()
    token: str | None = None
    while True:
        page = database.list_tables(page_token=token)
        names.update(page.tables)
        token = page.page_token
        if not token:
            return names


def write_document(database: Any, table: str, document: str) -> None:
    """Replace the one row of a small table, atomically."""
    database.create_table(table, pa.table({"json": [document]}), mode="overwrite")


def read_document(database: Any, table: str) -> str | None:
    """Read the one row of a small table; None if the table does not exist."""
    if table not in list_table_names(database):
        return None
    rows = database.open_table(table).to_arrow()
    return str(rows["json"][0].as_py()) if rows.num_rows else None


def read_manifest(path: str, database: Any) -> Manifest:
    """Read the manifest of a finished gallery.

    Raises:
        GalleryError: no gallery there, one that is still being built, or one of another layout.
    """
    try:
        names = list_table_names(database)
        document = read_document(database, MANIFEST)
    except Exception as error:
        raise GalleryError(f"gallery {path!r} cannot be read: {format_error(error)}") from error
    if document is None and PHOTOS in names:
        raise GalleryError(
            f"gallery {path!r} is an unfinished build; run the same 'sextant gallery build' again to finish"
        )
    if document is None:
        raise GalleryError(f"{path!r} is not a gallery; build one with: sextant gallery build PHOTOS --out {path}")
    try:
        manifest = Manifest.model_validate_json(document)
    except ValueError as error:
        raise GalleryError(f"gallery {path!r} has an unreadable manifest; build it again") from error
    if manifest.layout != LAYOUT:
        raise GalleryError(
            f"gallery {path!r} has layout {manifest.layout}; this version reads layout {LAYOUT}: "
            f"rebuild it with: sextant gallery build … --out {path}"
        )
    return manifest


def read_manifest_state(path: str) -> tuple[object, ...] | None:
    """Read what changes on the disk whenever the manifest is written; None of a remote gallery, or where it is missing.

    LanceDB writes each version of a table as a new file, whose name it never uses again.
    """
    folder = find_local_path(path)
    try:
        versions = folder / f"{MANIFEST}.lance" / "_versions" if folder else None
        found = versions.stat() if versions else None
        return (found.st_ino, found.st_mtime_ns, *sorted(os.listdir(versions))) if found and versions else None
    except OSError:
        return None


def find_local_path(path: str) -> Path | None:
    return None if is_remote(path) else Path(path)
