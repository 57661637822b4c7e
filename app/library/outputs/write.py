"""Write every output of a library beside its answers: tables, GeoJSON, KML, KMZ and the page."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Protocol

from sextant.app.library.outputs.geojson import GeoJsonWriter
from sextant.app.library.outputs.kml import MOST_WITH_REGIONS, KmlWriter, name_thumbnail, write_kmz
from sextant.app.library.outputs.page import EMBEDDED, PageWriter
from sextant.app.library.outputs.placed import PlacedPhoto
from sextant.app.library.outputs.tables import TableWriter, make_atlos_row, make_azimut_row
from sextant.base.errors import SextantError, format_system_reason
from sextant.base.files import remove_unfinished, replace_file

TABLE, GEOJSON, KML, KMZ, AZIMUT, ATLOS, PAGE = (
    *("answers.csv", "answers.geojson", "answers.kml", "answers.kmz", "azimut.csv", "atlos.csv"),
    "index.html",
)
FILES = (TABLE, GEOJSON, KML, KMZ, AZIMUT, ATLOS, PAGE)


class Writer(Protocol):
    """What takes photos one by one and writes an output of them."""

    def add(self, photo: PlacedPhoto) -> None:
        """Add a photo."""
        ...

    def close(self) -> None:
        """End the output."""
        ...


def write_outputs(folder: Path, photos: Iterable[PlacedPhoto], count: int) -> None:
    """Write all outputs in one pass; each replaces its earlier version only when it is whole.

    What an earlier, killed writer left is deleted, so that the caller must hold the folder's lock.

    Args:
        folder: the library's.
        photos: in the order of the outputs.
        count: how many there are.

    Raises:
        SextantError: the disk does not take them.
    """
    try:
        _write(folder, photos, count)
    except OSError as error:
        raise SextantError(
            f"cannot write the outputs into {str(folder)!r}: {format_system_reason(error)}; free space, then run the "
            "same command again"
        ) from error


def _write(folder: Path, photos: Iterable[PlacedPhoto], count: int) -> None:
    document_file = folder / ".doc.kml"
    remove_unfinished(document_file, *(folder / name for name in FILES))
    thumbnails: list[str] = []
    page = PageWriter(folder, embed=count <= EMBEDDED)
    small = count <= MOST_WITH_REGIONS
    with ExitStack() as stack:
        document = stack.enter_context(replace_file(document_file))
        kmz = stack.enter_context(replace_file(folder / KMZ))
        with ExitStack() as files:

            def open_output(name: str) -> IO[str]:
                aside = stack.enter_context(replace_file(folder / name))
                return files.enter_context(aside.open("w", encoding="utf-8", newline=""))

            inside = files.enter_context(document.open("w", encoding="utf-8"))
            writers: list[Writer] = [
                TableWriter(open_output(TABLE), PlacedPhoto.to_row),
                TableWriter(open_output(AZIMUT), make_azimut_row),
                TableWriter(open_output(ATLOS), make_atlos_row),
                GeoJsonWriter(open_output(GEOJSON)),
                KmlWriter(open_output(KML), regions=small),
                KmlWriter(inside, pictures=small, regions=small),
            ]
            for photo in photos:
                for writer in writers:
                    writer.add(photo)
                page.add(photo)
                thumbnails += [name for name in [name_thumbnail(photo)] if name and small]
            for writer in writers:
                writer.close()
            open_output(PAGE).write(page.render())
        write_kmz(kmz, document, folder, thumbnails)
    document_file.unlink(missing_ok=True)
