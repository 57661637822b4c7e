"""The region of an answer: circles that together hold the place with a stated probability."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from sextant.geo.caps import compute_cap_area_km2, compute_caps_area_km2, compute_polygon_area_km2, draw_caps
from sextant.geo.polygons import is_inside
from sextant.geo.regions import Region, unite_caps
from sextant.geo.sphere import compute_great_circle_km

Cap = tuple[float, float, float]


@dataclass(frozen=True)
class Area:
    """The union of `caps` (latitude, longitude, radius_km), the likeliest first, holding the place so often.

    A `geo.regions.Region` draws its polygon when it is made, which takes longer than the whole verification; this
    draws when somebody looks. `within` (x longitude, y latitude, cut at ±180) bounds the circles where a person ruled
    places out.
    """

    probability: float
    caps: tuple[Cap, ...]
    within: BaseGeometry | None = None

    def contains(self, latitude: float, longitude: float) -> bool:
        """Return whether a position lies in one of the circles, and where nothing rules it out."""
        if self.within is not None and not is_inside(self.within, np.array([(latitude, longitude)]))[0]:
            return False
        return any(float(compute_great_circle_km(cap[:2], (latitude, longitude))) <= cap[2] for cap in self.caps)

    @property
    def region(self) -> Region:
        """The same area as a region of `geo`."""
        return unite_caps(self.caps, share=self.probability)

    @property
    def area_km2(self) -> float:
        """Area of the union; what overlaps counts once."""
        if self.within is not None:
            return compute_polygon_area_km2(self.draw())
        if len(self.caps) == 1:
            return compute_cap_area_km2(self.caps[0][2])
        return compute_caps_area_km2([(a, o, max(r, 1e-3)) for a, o, r in self.caps])  # as `region` draws them

    def draw(self) -> dict[str, Any]:
        """Return the outline as a GeoJSON Polygon or MultiPolygon."""
        drawn = draw_caps([(a, o, max(r, 1e-3)) for a, o, r in self.caps]) if self.within else draw_caps(self.caps)
        if self.within is None:
            return drawn
        clipped = shapely.intersection(shape(drawn), self.within)
        faces = [part for part in shapely.get_parts(clipped) if part.geom_type == "Polygon" and not part.is_empty]
        outline: dict[str, Any] = json.loads(shapely.to_geojson(shapely.orient_polygons(shapely.MultiPolygon(faces))))
        return outline

    def to_json(self) -> dict[str, Any]:
        """Return the heaviest circle's centre, `radius_km` if it is the whole, else `geojson`; and all circles.

        ``bounded`` says that `geojson` alone is the region: the circles reach beyond what a person ruled out.
        """
        latitude, longitude, radius_km = self.caps[0]
        alone = len(self.caps) == 1 and self.within is None
        outline = {"radius_km": round(radius_km, 3)} if alone else {"geojson": self.draw()}
        circles = [{"latitude": a, "longitude": o, "radius_km": round(r, 3)} for a, o, r in self.caps]
        return {
            "probability": self.probability,
            "latitude": latitude,
            "longitude": longitude,
            "area_km2": round(self.area_km2, 1),
            **outline,
            "parts": circles,
            **({"bounded": True} if self.within is not None else {}),
        }


def area_of(region: Region, probability: float) -> Area:
    """Return a circle or union of circles of `geo` as an area."""
    return Area(probability, region.caps or ((region.latitude, region.longitude, region.radius_km or 0.0),))
