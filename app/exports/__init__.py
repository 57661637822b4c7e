"""A session as files: GeoJSON, KML, CSV, and the case file. Made from what is shown, so no cap is ever passed by."""

from collections.abc import Callable
from dataclasses import dataclass

from sextant.app.exports.case_file import case_file
from sextant.app.exports.geojson import geojson
from sextant.app.exports.kml import kml
from sextant.app.exports.table import table
from sextant.base.json_types import Json


@dataclass(frozen=True)
class Format:
    """A kind of export: what makes it, how it is called on disk and on the web."""

    make: Callable[[Json], str]
    suffix: str
    media_type: str


FORMATS = {
    "geojson": Format(geojson, ".geojson", "application/geo+json"),
    "kml": Format(kml, ".kml", "application/vnd.google-earth.kml+xml"),
    "csv": Format(table, ".csv", "text/csv; charset=utf-8"),
    "html": Format(case_file, ".html", "text/html; charset=utf-8"),
}
