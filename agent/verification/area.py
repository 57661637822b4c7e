"""Regions of an answer: a few round parts on the sphere that together hold the place with a stated probability."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.sphere import EARTH_RADIUS_KM, destination, great_circle_km

_CIRCLE_STEPS = 48


@dataclass(frozen=True)
class Part:
    """One round part: centre in degrees, radius in kilometres, `share` of the probability it holds."""

    latitude: float
    longitude: float
    radius_km: float
    share: float

    def to_json(self) -> dict[str, float]:
        return {
            "latitude": self.latitude,
            "longitude": self.longitude,
            "radius_km": round(self.radius_km, 3),
            "share": round(self.share, 4),
        }


@dataclass(frozen=True)
class Area:
    """The union of round parts that holds the place with probability `probability`, strongest part first."""

    probability: float
    parts: tuple[Part, ...]

    def contains(self, latitude: float, longitude: float) -> bool:
        """Whether a position lies in one of the parts."""
        return any(
            float(great_circle_km((part.latitude, part.longitude), (latitude, longitude))) <= part.radius_km
            for part in self.parts
        )

    @property
    def area_km2(self) -> float:
        """Sum of the parts' spherical caps; overlap is counted twice."""
        return sum(cap_area_km2(part.radius_km) for part in self.parts)

    def to_json(self) -> dict[str, Any]:
        """`radius_km` for one part, GeoJSON for several; the parts always."""
        shape: dict[str, Any] = {"probability": self.probability, "area_km2": round(self.area_km2, 1)}
        if len(self.parts) == 1:
            shape |= {key: value for key, value in self.parts[0].to_json().items() if key != "share"}
        else:
            shape["geojson"] = {"type": "MultiPolygon", "coordinates": [[circle(part)] for part in self.parts]}
        return shape | {"parts": [part.to_json() for part in self.parts]}


def cap_area_km2(radius_km: float) -> float:
    """Area of a spherical cap: 2πR²(1 - cos(r/R)), at most the whole Earth."""
    return 2 * math.pi * EARTH_RADIUS_KM**2 * (1 - math.cos(min(radius_km / EARTH_RADIUS_KM, math.pi)))


def circle(part: Part) -> list[list[float]]:
    """The part's border as a closed GeoJSON ring of (longitude, latitude)."""
    bearings = np.linspace(360.0, 0.0, _CIRCLE_STEPS, endpoint=False)
    corners = [destination((part.latitude, part.longitude), float(bearing), part.radius_km) for bearing in bearings]
    ring = [[round(float(longitude), 5), round(float(latitude), 5)] for latitude, longitude in corners]
    return [*ring, ring[0]]


def smallest_parts(
    positions: NDArray[np.float64], masses: NDArray[np.float64], share: float, least_radius_km: float
) -> Area:
    """Round parts round the heaviest places until they hold `share` of the mass.

    Places are taken heaviest neighbourhood first; each part reaches the places it was credited with.

    Args:
        positions: (n, 2) degrees, n at least 1.
        masses: (n,) non-negative, any sum above 0.
        share: probability to hold, 0 to 1.
        least_radius_km: no part is smaller.
    """
    left = masses / masses.sum()
    distances = great_circle_km(positions[:, None, :], positions[None, :, :])
    near = distances <= max(4 * least_radius_km, 100.0)
    parts: list[Part] = []
    while sum(part.share for part in parts) < share - 1e-9:
        centre = int(np.argmax(near @ left + 1e-9 * left))
        members = near[centre] & (left > 0)
        radius_km = max(least_radius_km, float(distances[centre][members].max()))
        latitude, longitude = positions[centre]
        parts.append(Part(float(latitude), float(longitude), radius_km, float(left[members].sum())))
        left = np.where(members, 0.0, left)
    return Area(share, tuple(sorted(parts, key=lambda part: -part.share)))
