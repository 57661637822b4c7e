"""A library as KML 2.2, and as KMZ with thumbnails: answers and their 90 % regions, for Google Earth and QGIS."""

from html import escape
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape as escape_xml
from zipfile import ZIP_STORED, ZipFile

from sextant.app.library.outputs.placed import PlacedPhoto
from sextant.base.json_types import Json
from sextant.base.printable import make_printable

MOST_WITH_REGIONS = 10_000  # photos; KML of larger libraries holds points only: Google Earth opens no gigabyte
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
    "<name>Sextant: a library</name>\n"
    '<Style id="region"><LineStyle><color>ff2f7df4</color><width>1</width></LineStyle>'
    "<PolyStyle><color>302f7df4</color></PolyStyle></Style>\n"
)
_TAIL = "</Document></kml>\n"


class KmlWriter:
    """Writes placemarks for each located photo, its point and, with ``regions``, its region, all in one folder.

    GDAL reads every folder as a layer, and takes minutes for a thousand of them.
    """

    def __init__(self, file: IO[str], pictures: bool = False, regions: bool = True) -> None:
        """Begin a document.

        Args:
            file: open for text.
            pictures: refer to thumbnails that lie beside the document, as a KMZ holds them.
            regions: write the 90 % regions too.
        """
        self._file, self._pictures, self._regions = file, pictures, regions
        title = "Answers and their 90 % regions" if regions else "Answers; their regions are in answers.geojson"
        file.write(f"{_HEAD}<Folder><name>{title}</name>\n")

    def add(self, photo: PlacedPhoto) -> None:
        """Add a photo; one without a place is left out."""
        if photo.best is None:
            return
        outline = photo.outlines.get("90") if self._regions else None
        area = _write_area(outline) if outline else ""
        name = _clean(photo.name)
        self._file.write(
            f"<Placemark><name>{name}</name>"
            f"<description>{_clean(self._describe(photo))}</description>{_write_point(photo.best)}</Placemark>"
        )
        if area:
            self._file.write(
                f"<Placemark><name>{name}: 90 % region</name><visibility>0</visibility>"
                f"<styleUrl>#region</styleUrl>{area}</Placemark>"
            )
        self._file.write("\n")

    def close(self) -> None:
        """End the document."""
        self._file.write(f"</Folder>\n{_TAIL}")

    def _describe(self, photo: PlacedPhoto) -> str:
        """Describe a photo as HTML, which is what a description holds."""
        words = f"<p>{escape(photo.headline)}</p>"
        if photo.own["latitude"] is not None:
            km = photo.own["distance_km"]
            away = f", {km:,.0f} km away" if km is not None else ""
            words += f"<p>The file's own position {escape(photo.own['verdict'])} with the answer{away}.</p>"
        thumbnail = name_thumbnail(photo)
        if self._pictures and thumbnail:
            words = f'<img src="{escape(thumbnail, quote=True)}"/>{words}'
        return words


def name_thumbnail(photo: PlacedPhoto) -> str | None:
    """Return the path of a photo's thumbnail below the library's folder; None for a photo without a record."""
    record = photo.line.get("record")
    return f"thumbnails/{record.rpartition('/')[2]}.jpg" if record and photo.answer else None


def write_kmz(path: Path, document: Path, folder: Path, thumbnails: list[str]) -> None:
    """Write a KMZ: the document and the thumbnails that exist.

    Raises:
        OSError: the disk does not take it.
    """
    with ZipFile(path, "w", ZIP_STORED) as archive:
        archive.write(document, "doc.kml", compress_type=8)
        for name in dict.fromkeys(thumbnails):
            if (folder / name).is_file():
                archive.write(folder / name, name)


def _clean(text: str) -> str:
    return escape_xml(make_printable(text))


def _write_point(place: Json) -> str:
    return f"<Point><coordinates>{place['longitude']},{place['latitude']}</coordinates></Point>"


def _write_area(geometry: Json) -> str:
    whole = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    polygons = []
    for rings in whole:
        borders = []
        for number, ring in enumerate(rings):
            kind = "innerBoundaryIs" if number else "outerBoundaryIs"
            line = " ".join(f"{corner[0]},{corner[1]}" for corner in ring)
            borders.append(f"<{kind}><LinearRing><coordinates>{line}</coordinates></LinearRing></{kind}>")
        polygons.append(f"<Polygon>{''.join(borders)}</Polygon>")
    return f"<MultiGeometry>{''.join(polygons)}</MultiGeometry>"
