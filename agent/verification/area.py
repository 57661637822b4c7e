"""The region of an answer: circles that together hold the place with a stated probability."""

from dataclasses import dataclass
from typing import Any

from sextant.geo.caps import compute_cap_area_km2, compute_caps_area_km2, draw_caps
from sextant.geo.regions import Region, unite_caps
from sextant.geo.sphere import compute_great_circle_km

Cap = tuple[float, float, float]


@dataclass(frozen=True)
class Area:
    """The union of `caps` (latitude, longitude, radius_km), the likeliest first, holding the place so often.

    A `geo.regions.Region` draws its polygon when it is made, which takes longer than the whole verification; this
    draws when somebody looks.
    """

    probability: float
    caps: tuple[Cap, ...]

    def contains(self, latitude: float, longitude: float) -> bool:
        """Return whether a position lies in one of the circles."""
        return any(float(compute_great_circle_km(cap[:2], (latitude, longitude))) <= cap[2] for cap in self.caps)

    @property
    def region(self) -> Region:
        """The same area as a region of `geo`."""
        return unite_caps(self.caps, share=self.probability)

    @property
    def area_km2(self) -> float:
        """Area of the union; what overlaps counts once."""
        if len(self.caps) == 1:
            return compute_cap_area_km2(self.caps[0][2])
        return compute_caps_area_km2([(a, o, max(r, 1e-3)) for a, o, r in self.caps])  # as `region` draws them

    def to_json(self) -> dict[str, Any]:
        """Return the heaviest circle's centre, `radius_km` if it is the only one, else `geojson`; and all circles."""
        latitude, longitude, radius_km = self.caps[0]
        shape = {"radius_km": round(radius_km, 3)} if len(self.caps) == 1 else {"geojson": draw_caps(self.caps)}
        circles = [{"latitude": a, "longitude": o, "radius_km": round(r, 3)} for a, o, r in self.caps]
        return {
            "probability": self.probability,
            "latitude": latitude,
            "longitude": longitude,
            "area_km2": round(self.area_km2, 1),
            **shape,
            "parts": circles,
        }


def area_of(region: Region, probability: float) -> Area:
    """Return a circle or union of circles of `geo` as an area."""
    return Area(probability, region.caps or ((region.latitude, region.longitude, region.radius_km or 0.0),))
