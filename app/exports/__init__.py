"""Export a session as GeoJSON, KML, CSV or case file, from the redacted view, so precision caps apply."""

from collections.abc import Callable
from dataclasses import dataclass

from sextant.agent.recording.blobs import BlobStore
from sextant.base.documents.session import SessionView


@dataclass(frozen=True)
class Format:
    """A kind of export: what makes it, how it is called on disk and on the web, whether it holds pictures."""

    make: Callable[[SessionView], str]
    suffix: str
    media_type: str
    pictures: bool = False

    def write(self, session: SessionView, blobs: BlobStore) -> str:
        """Return the export of a session, with the pictures it holds."""
        if not self.pictures:
            return self.make(session)
        from sextant.app.exports.match_drawings import attach_drawings

        return self.make(attach_drawings(session, blobs))


# Each format is imported when it is made: other modules of this package are needed far more often.
def _make_geojson(session: SessionView) -> str:
    from sextant.app.exports.geojson import make_geojson

    return make_geojson(session)


def _make_kml(session: SessionView) -> str:
    from sextant.app.exports.kml import make_kml

    return make_kml(session)


def _make_table(session: SessionView) -> str:
    from sextant.app.exports.table import make_table

    return make_table(session)


def _make_case_file(session: SessionView) -> str:
    from sextant.app.exports.case_file import make_case_file

    return make_case_file(session)


FORMATS = {
    "geojson": Format(_make_geojson, ".geojson", "application/geo+json"),
    "kml": Format(_make_kml, ".kml", "application/vnd.google-earth.kml+xml"),
    "csv": Format(_make_table, ".csv", "text/csv; charset=utf-8"),
    "html": Format(_make_case_file, ".html", "text/html; charset=utf-8", pictures=True),
}
