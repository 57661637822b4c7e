"""Areas of the globe as filters: boxes and GeoJSON polygons."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import MultiPolygon, box, shape

from sextant.base.errors import WrongUse, format_error
from sextant.geo.polygons import PREPARED


@dataclass(frozen=True)
class SearchArea:
    """An area in degrees. Longitudes of its shape may pass ±180, as those of an area across the antimeridian do."""

    shape: Any  # shapely polygon or multipolygon, x = longitude, y = latitude

    @classmethod
    def from_box(cls, south: float, west: float, north: float, east: float) -> "SearchArea":
        """Make the box between two parallels and two meridians; where west > east it crosses the antimeridian.

        Raises:
            WrongUse: latitudes beyond ±90, longitudes beyond ±180, or south above north.
        """
        if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
            raise WrongUse(f"box {(south, west, north, east)!r} is not a box; give south,west,north,east in degrees")
        return cls(box(west, south, east if east >= west else east + 360, north))

    @classmethod
    def from_geojson(cls, document: str | dict[str, Any]) -> "SearchArea":
        """Read the polygons of a GeoJSON geometry, feature or collection (longitude before latitude).

        Raises:
            WrongUse: not GeoJSON, or no polygon in it.
        """
        try:
            parsed = json.loads(document) if isinstance(document, str) else document
            polygons = [polygon for geometry in _list_geometries(parsed) for polygon in _list_polygons(shape(geometry))]
        except Exception as error:
            reason = format_error(error)
            raise WrongUse(f"area {str(document)[:60]!r} is not GeoJSON ({reason}); give a Polygon") from error
        if not polygons:
            raise WrongUse(f"area {str(document)[:60]!r} has no polygon; give a GeoJSON Polygon or MultiPolygon")
        return cls(shapely.make_valid(MultiPolygon(polygons)))

    def holds(self, latitudes: ArrayLike, longitudes: ArrayLike) -> NDArray[np.bool_]:
        """Return which positions lie in the area or on its edge."""
        y, x = np.asarray(latitudes, dtype=float), np.asarray(longitudes, dtype=float)
        inside: NDArray[np.bool_] = np.zeros(y.shape, dtype=bool)
        with PREPARED:
            shapely.prepare(self.shape)
            for turn in (0.0, 360.0, -360.0):
                inside |= shapely.intersects_xy(self.shape, x + turn, y)
        return inside

    def sql(self) -> str:
        """Return a condition on latitude and longitude that every position inside fulfils: the bounding box."""
        west, south, east, north = self.shape.bounds
        spans = [(west + turn, east + turn) for turn in (0.0, 360.0, -360.0)]
        east_west = " OR ".join(f"(longitude BETWEEN {low!r} AND {high!r})" for low, high in spans)
        return f"(latitude BETWEEN {south!r} AND {north!r} AND ({east_west}))"


def _list_geometries(document: dict[str, Any]) -> list[dict[str, Any]]:
    if document.get("type") == "FeatureCollection":
        return [feature["geometry"] for feature in document["features"]]
    if document.get("type") == "Feature":
        return [document["geometry"]]
    return [document]


def _list_polygons(geometry: Any) -> list[Any]:
    if geometry.geom_type == "Polygon":
        return [geometry]
    return [part for part in getattr(geometry, "geoms", []) if part.geom_type == "Polygon"]
