"""Find the country at a position, and the distances to border and land.

Distances are great-circle kilometres to the nearest point of the map's lines, which are followed in pieces
of at most 5 km: right at the poles and across ±180. Against the ellipsoid they err by at most 0.57 %,
against the ground by what the map does: 200 m of grid, a kilometre or two in mountains and on intricate coasts.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from sextant.base.arrays import Floats
from sextant.geo.countries import Country
from sextant.geo.nearest import NearestPoints
from sextant.geo.polygons import (
    PREPARED,
    Polygons,
    find_inner_position,
    load_country_polygon,
    load_polygons,
    make_outlines,
)
from sextant.geo.sphere import (
    EARTH_RADIUS_KM,
    compute_great_circle_km,
    convert_to_positions,
    convert_to_vectors,
    normalise_longitude,
)

__all__ = [
    "OFF_THE_COAST_KM",
    "Country",
    "NearestOutline",
    "find_countries",
    "find_country",
    "find_inner_position",
    "find_nearest_country",
    "load_country_polygon",
    "make_outlines",
    "measure_border_km",
    "measure_distance_to_land_km",
]

_PIECE_KM = 5.0
_POLAR_DEGREES = 89.0  # beyond, bounds in degrees of longitude say little
_FEW = 64  # pieces below which measuring all is faster than asking a tree


@dataclass(frozen=True)
class NearestOutline:
    """The nearest point (degrees) of a country's outline, and how far it is."""

    country: Country
    km: float
    latitude: float
    longitude: float


# The 1:10m outlines are that coarse: piers, bridges, quays and small islands of a country lie outside its polygon.
OFF_THE_COAST_KM = 5.0


def find_country(latitude: float, longitude: float, reach_km: float = 0.0) -> Country | None:
    """Return the country or disputed area that holds a position (degrees), or None at sea; ``reach_km`` as below."""
    return find_countries([(latitude, longitude)], reach_km)[0]


def find_countries(positions: ArrayLike, reach_km: float = 0.0) -> list[Country | None]:
    """Return for each of (n, 2) positions in degrees the country that holds it, or None at sea.

    On a line shared by two countries the smaller polygon wins, so that the answer is always the same.

    Args:
        positions: (n, 2) degrees.
        reach_km: a position at sea within this distance of land has the country of that land: piers,
            harbours and small islands that the map does not draw.
    """
    world = load_polygons()
    given = np.asarray(positions, dtype=float).reshape(-1, 2)
    found = [None if polygon < 0 else world.countries[world.owners[polygon]] for polygon in _find_holding(given)]
    if reach_km > 0:
        for number in [n for n, country in enumerate(found) if country is None]:
            latitude, longitude = given[number].tolist()
            near = _find_nearest(latitude, longitude, None, reach_km)
            found[number] = near.country if near is not None else None
    return found


def measure_distance_to_land_km(latitude: float, longitude: float) -> float:
    """Return kilometres to the nearest land, 0 on land."""
    if find_country(latitude, longitude):
        return 0.0
    return find_nearest_country(latitude, longitude).km


def measure_border_km(latitude: float, longitude: float) -> tuple[float, Country]:
    """Return kilometres to the nearest territory of another country than the one that holds the position, and which.

    The way may lead over water: Dover lies 33 km from France. At sea, the nearest land and whose it is.
    """
    near = find_nearest_country(latitude, longitude, find_country(latitude, longitude))
    return near.km, near.country


def find_nearest_country(latitude: float, longitude: float, other_than: Country | None = None) -> NearestOutline:
    """Return the country whose outline is nearest, except ``other_than``."""
    near = _find_nearest(latitude, longitude, other_than, np.inf)
    assert near is not None  # there is more than one country
    return near


def _find_nearest(
    latitude: float, longitude: float, other_than: Country | None, reach_km: float
) -> NearestOutline | None:
    """Find the nearest outline within reach: test polygons whose circles are near enough, nearest circle first."""
    world, here = load_polygons(), convert_to_vectors((latitude, longitude))
    polygons = _list_near(latitude, longitude, reach_km)
    caps = _load_caps() if polygons is None else _measure_caps(polygons.tolist())
    if polygons is None:
        polygons = np.arange(len(world.owners))
    angles = np.arccos(np.clip(caps.centres @ here, -1.0, 1.0))
    at_least = np.maximum(angles - caps.radii, 0.0) * EARTH_RADIUS_KM
    if other_than is not None:
        at_least[world.owners[polygons] == world.countries.index(other_than)] = np.inf
    possible = np.flatnonzero(at_least <= reach_km)
    best_km, best, owner = np.inf, here, 0
    for row in possible[np.argsort(at_least[possible], kind="stable")]:
        if at_least[row] >= best_km:
            break
        km, foot = _load_outline(int(polygons[row])).nearest(here)
        if km < best_km:
            best_km, best, owner = km, foot, int(world.owners[polygons[row]])
    if best_km > reach_km:
        return None
    found = convert_to_positions(best)
    return NearestOutline(world.countries[owner], float(best_km), float(found[0]), float(found[1]))


def _list_near(latitude: float, longitude: float, reach_km: float) -> NDArray[np.intp] | None:
    """List the polygons whose bounds lie within reach of a position, in their order; None for all, and at the poles."""
    tall = np.degrees(reach_km / EARTH_RADIUS_KM) + 1e-6
    if not abs(latitude) + tall < _POLAR_DEGREES:
        return None
    wide = tall / np.cos(np.radians(abs(latitude) + tall))
    turns = np.array([-360.0, 0.0, 360.0]) + longitude
    boxes = shapely.box(turns - wide, latitude - tall, turns + wide, latitude + tall)
    return np.unique(load_polygons().tree.query(boxes)[1])


def _find_holding(positions: ArrayLike) -> NDArray[np.intp]:
    """Return (n,) number of the polygon that holds each position, -1 at sea."""
    world = load_polygons()
    given = np.asarray(positions, dtype=float).reshape(-1, 2)
    latitude, longitude = given[:, 0], normalise_longitude(given[:, 1])
    pairs, candidates = world.tree.query(shapely.points(longitude, latitude))
    numbers, at = np.unique(candidates, return_inverse=True)
    shapes = world.take(numbers)[at]
    with PREPARED:
        shapely.prepare(shapes)
        inside = shapely.intersects_xy(shapes, longitude[pairs], latitude[pairs])
    pairs, candidates = pairs[inside], candidates[inside]
    # Written largest first, so that the smallest polygon stays.
    order = np.lexsort((candidates, -world.measure_areas(numbers)[at[inside]]))
    held = np.full(len(given), -1, dtype=np.intp)
    held[pairs[order]] = candidates[order]
    return held


@dataclass(frozen=True)
class _Caps:
    """A circle round every polygon, on the unit sphere: how near it can be at best."""

    centres: Floats
    radii: Floats


@lru_cache(maxsize=1)
def _load_caps() -> _Caps:
    world = load_polygons()
    return _draw_caps(world.points, world.first_point)


def _measure_caps(polygons: list[int]) -> _Caps:
    """Measure a few polygons' circles, each once: measuring those of all takes 50 ms of processor time."""
    measured = [_measure_cap(polygon) for polygon in polygons]
    if not measured:
        return _Caps(np.zeros((0, 3)), np.zeros(0))
    return _Caps(np.concatenate([one.centres for one in measured]), np.concatenate([one.radii for one in measured]))


@cache
def _measure_cap(polygon: int) -> _Caps:
    world = load_polygons()
    points = world.points[world.first_point[polygon] : world.first_point[polygon + 1]]
    return _draw_caps(points, np.array([0, len(points)]))


def _draw_caps(points: Floats, first_point: NDArray[np.intp]) -> _Caps:
    """Draw circles round polygons, whose points (m, 2) in degrees begin at ``first_point``."""
    vectors = convert_to_vectors(points)
    starts = first_point[:-1]
    centres = np.add.reduceat(vectors, starts)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    sizes = np.diff(first_point)
    cosines = np.einsum("ij,ij->i", vectors, np.repeat(centres, sizes, axis=0))
    radii = np.arccos(np.clip(np.minimum.reduceat(cosines, starts), -1.0, 1.0))
    return _Caps(centres, radii + np.maximum.reduceat(_measure_bulges(points, first_point), starts) + 1e-6)


def _measure_bulges(points: Floats, first_point: NDArray[np.intp]) -> Floats:
    """Return how far, in radians, the map's line from each point to the next may leave the great circle between them.

    A parallel of d radians at latitude p rises d² sin p cos p / 8 over its chord (second order in d).
    """
    phi, lam = np.radians(points).T
    rise = np.abs(np.sin(phi) * np.cos(phi)) / 8
    turn = np.diff(lam, append=lam[-1:])
    turn[first_point[1:] - 1] = 0.0
    return np.asarray(turn**2 * np.maximum(rise, np.append(rise[1:], 0.0)))


@dataclass(frozen=True)
class _Outline:
    """A polygon's lines in pieces, as unit vectors of their ends."""

    starts: Floats
    ends: Floats
    half: float
    """Half the chord of the longest piece."""
    middles: NearestPoints | None
    """Middles of the pieces, where there are many."""

    def nearest(self, here: Floats) -> tuple[float, Floats]:
        """Return the distance in km to the nearest point of the lines, and that point as a unit vector."""
        starts, ends = self.starts, self.ends
        if self.middles is not None:
            near = self.middles.find_within(here, self.half + 1e-12)
            starts, ends = starts[near], ends[near]
        along = ends - starts
        share = np.einsum("ij,ij->i", here - starts, along) / np.einsum("ij,ij->i", along, along)
        feet = starts + np.clip(share, 0.0, 1.0)[:, None] * along
        chords = np.linalg.norm(feet - here, axis=1)
        nearest = int(np.argmin(chords))
        return float(2 * EARTH_RADIUS_KM * np.arcsin(min(chords[nearest] / 2, 1.0))), feet[nearest]


@cache
def _load_outline(polygon: int) -> _Outline:
    starts, ends = (convert_to_vectors(points) for points in _list_pieces(load_polygons(), polygon))
    middles = NearestPoints((starts + ends) / 2) if len(starts) > _FEW else None
    return _Outline(starts, ends, float(np.linalg.norm(ends - starts, axis=1).max()) / 2, middles)


def _list_pieces(world: Polygons, polygon: int) -> tuple[Floats, Floats]:
    """Return the ends (latitude, longitude) of the pieces, without the cuts along ±180 and to the south pole."""
    part = slice(world.first_point[polygon], world.first_point[polygon + 1])
    points, ring = world.points[part], world.ring_of_point[part]
    starts, ends = points[:-1], points[1:]
    cut = (np.abs(starts[:, 1]) == 180.0) & (np.abs(ends[:, 1]) == 180.0)
    real = (ring[:-1] == ring[1:]) & ~cut & (starts != ends).any(axis=1)
    starts, ends = starts[real], ends[real]
    counts = np.maximum(np.ceil(compute_great_circle_km(starts, ends) / _PIECE_KM), 1).astype(int)
    pieces = np.repeat(np.arange(len(starts)), counts)
    number = np.arange(len(pieces)) - np.repeat(np.cumsum(counts) - counts, counts)
    step = ((ends - starts) / counts[:, None])[pieces]
    first = starts[pieces] + number[:, None] * step
    return first, first + step
