"""Regions that contain a stated share of the probability: one circle, or several."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sextant.base.arrays import Floats
from sextant.base.errors import WrongUse
from sextant.geo.caps import (
    compute_cap_area_km2,
    compute_caps_area_km2,
    compute_polygon_area_km2,
    draw_caps,
    is_covered,
)
from sextant.geo.clusters import cluster
from sextant.geo.sphere import compute_great_circle_km, find_weighted_centre

# Centres tried for the smallest circle, heaviest first: enough for any pool, bounded for any gallery.
_CENTRES = 256


@dataclass(frozen=True)
class Region:
    """A circle (``radius_km``) or an area of several parts (``geojson``), with the centre of its heaviest part."""

    latitude: float
    longitude: float
    radius_km: float | None
    geojson: dict[str, Any] | None = None
    """A Polygon or MultiPolygon, cut at ±180 as RFC 7946 asks; None for a circle."""
    share: float | None = None
    """The share of the weight that lies inside, as far as it was counted."""
    caps: tuple[tuple[float, float, float], ...] = field(default=(), repr=False)
    """The circles (latitude, longitude, radius_km) the polygon was drawn from, where it was."""

    def __post_init__(self) -> None:
        if (self.radius_km is None) == (self.geojson is None):
            raise WrongUse("a region is either a circle or a polygon; give radius_km or geojson")

    @property
    def area_km2(self) -> float:
        """Its area on the sphere; of a polygon, with edges that are straight on an equal-area cylinder."""
        if self.radius_km is not None:
            return compute_cap_area_km2(self.radius_km)
        if self.caps:
            return compute_caps_area_km2(_enlarge_points(self.caps))
        return compute_polygon_area_km2(self.geojson or {})

    def contains(self, latitude: float, longitude: float) -> bool:
        """Return whether a position (degrees) lies inside or on the edge."""
        caps = ((self.latitude, self.longitude, self.radius_km),) if self.radius_km is not None else self.caps
        if caps:
            # A millimetre for rounding: the edge passes through the farthest position it was drawn to hold.
            return any(compute_great_circle_km((la, lo), (latitude, longitude)) <= km + 1e-6 for la, lo, km in caps)
        return is_covered(self.geojson or {}, latitude, longitude)

    def to_json(self) -> dict[str, Any]:
        """Return the {"radius_km", "latitude", "longitude"} of a circle, {"geojson"} of several parts."""
        if self.radius_km is not None:
            return {"radius_km": self.radius_km, "latitude": self.latitude, "longitude": self.longitude}
        return {"geojson": self.geojson}


def unite_caps(caps: Sequence[tuple[float, float, float]], share: float | None = None) -> Region:
    """Return one region of several circles (latitude, longitude, radius_km), the most important first.

    Raises:
        WrongUse: no circle, or an invalid radius.
    """
    if not caps:
        raise WrongUse("a region needs at least one circle")
    plain = tuple((float(latitude), float(longitude), float(km)) for latitude, longitude, km in caps)
    for _, _, km in plain:
        if not km >= 0:
            raise WrongUse(f"radius {km!r} is not a distance; give kilometres from 0 up")
    latitude, longitude, km = plain[0]
    if len(plain) == 1:
        return Region(latitude, longitude, km, share=share)
    return Region(latitude, longitude, None, draw_caps(_enlarge_points(plain)), share, plain)


def _enlarge_points(caps: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Return circles with an area to draw: those shrunk to points get a radius of one metre."""
    return [(latitude, longitude, max(km, 1e-3)) for latitude, longitude, km in caps]


def find_smallest_cap(
    positions: ArrayLike,
    weights: ArrayLike | None,
    mass: float,
    centre: tuple[float, float] | None = None,
) -> Region:
    """Find the smallest circle round a centre that holds a share of the weight.

    Args:
        positions: (n, 2) degrees, n >= 1.
        weights: (n,) not negative; all alike when None.
        mass: share of the weight to hold, in (0, 1].
        centre: (latitude, longitude) in degrees; when absent, the best of the weighted centre and the
            positions themselves (the 256 heaviest).

    Returns:
        A circle whose edge passes through the last position it needs; its ``share`` is what it holds.

    Raises:
        WrongUse: no positions, weights that do not go with them, or a mass outside (0, 1].
    """
    points, shares = _check(positions, weights, mass)
    if centre is None and len(points) == 1:
        return Region(float(points[0, 0]), float(points[0, 1]), 0.0, share=1.0)
    if centre is not None:
        centres = np.array([centre], dtype=float)
    else:
        heaviest = np.argsort(-shares, kind="stable")[:_CENTRES]
        centres = np.concatenate([[find_weighted_centre(points, shares)], points[heaviest]])
    distances = compute_great_circle_km(centres[:, None], points[None])
    order = np.argsort(distances, axis=1, kind="stable")
    held = np.cumsum(shares[order], axis=1)
    # The sum of shares misses 1 by rounding; a whole must still count as one.
    last = np.argmax(held >= min(mass, held[:, -1].min()) - 1e-12, axis=1)
    radii = np.take_along_axis(distances, order, axis=1)[np.arange(len(centres)), last]
    best = int(np.argmin(radii))
    radius_km = float(radii[best])
    inside = float(shares[distances[best] <= radius_km].sum())
    return Region(float(centres[best, 0]), float(centres[best, 1]), radius_km, share=min(inside, 1.0))


def find_smallest_region(
    positions: ArrayLike, weights: ArrayLike | None, mass: float, radius_km: float, least_km: float = 0.0
) -> Region:
    """Find the smaller of one circle and several that hold a share of the weight.

    The several: clusters of ``radius_km``, heaviest first, until the mass is held, a circle round each.

    Args:
        positions, weights, mass: as of `find_smallest_cap`.
        radius_km: how near positions belong together, as of `sextant.geo.clusters.cluster`.
        least_km: no circle is drawn smaller.

    Raises:
        WrongUse: as `find_smallest_cap` and `cluster`.
    """
    points, shares = _check(positions, weights, mass)
    one = find_smallest_cap(points, shares, mass)
    single = Region(one.latitude, one.longitude, max(one.radius_km or 0.0, least_km), share=one.share)
    labels = cluster(points, radius_km, shares)
    caps: list[tuple[float, float, float]] = []
    held = 0.0
    for label in range(int(labels.max()) + 1):
        members = labels == label
        weight = float(shares[members].sum())
        # Of the last cluster only what is still missing need be inside.
        needed = min(1.0, (mass - held) / weight) if weight > 0 else 1.0
        cap = find_smallest_cap(points[members], shares[members], needed)
        caps.append((cap.latitude, cap.longitude, max(cap.radius_km or 0.0, least_km)))
        held += weight * (cap.share or 0.0)
        if held >= mass - 1e-12:
            break
    if len(caps) == 1 and caps[0][2] >= (single.radius_km or 0.0):
        return single
    several = unite_caps(caps, share=min(held, 1.0))
    return several if several.area_km2 < single.area_km2 else single


def _check(positions: ArrayLike, weights: ArrayLike | None, mass: float) -> tuple[Floats, Floats]:
    points = np.asarray(positions, dtype=float).reshape(-1, 2)
    if not len(points):
        raise WrongUse("a region needs at least one position")
    if not 0 < mass <= 1:
        raise WrongUse(f"mass {mass!r} is not a share; give a number above 0 and at most 1")
    shares = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=float)
    if shares.shape != (len(points),) or not (shares >= 0).all():
        raise WrongUse(f"{shares.shape} weights for {len(points)} positions; give one non-negative weight per position")
    total = float(shares.sum())
    return points, shares / total if total > 0 else np.full(len(points), 1 / len(points))
