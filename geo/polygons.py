"""The map: Natural Earth's 1:10m countries as polygons, loaded once and on demand.

`data/borders.npz` is derived by scripts/derive_borders.py; borders are de facto, as Natural Earth draws
them, true to about 200 m (the grid of the source) where the map itself is. Lakes are land; the Caspian is sea.
"""

import io
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from sextant.base.arrays import Floats
from sextant.base.errors import SextantError, WrongUse, format_system_reason
from sextant.geo.countries import Country, find_country_code, list_countries

STEP_DEGREES = 1e-4
PREPARED = threading.Lock()
"""To be held while prepared shapes are asked: GEOS builds their index at the first question, with no regard for other
threads, and two at once corrupt the memory of the process."""


def is_inside(area: BaseGeometry, positions: Floats) -> NDArray[np.bool_]:
    """Return which of (n, 2) positions in degrees lie in an area whose x is the longitude; safe for many threads."""
    with PREPARED:
        return np.asarray(shapely.intersects_xy(area, positions[:, 1], positions[:, 0]), dtype=bool)


@dataclass(frozen=True)
class Polygons:
    """Every polygon of the map; x is longitude, y is latitude, none crosses ±180.

    Shapes are made when they are asked for: most processes look at a few dozen of the thousands.
    """

    owners: NDArray[np.intp]
    """(n,) number of each polygon's country in ``list_countries``."""
    countries: tuple[Country, ...]
    points: Floats
    """(m, 2) latitude, longitude of all rings' points, polygon after polygon."""
    ring_of_point: NDArray[np.intp]
    first_point: NDArray[np.intp]
    """(n + 1,) where each polygon's points begin."""
    _made: dict[int, BaseGeometry] = field(default_factory=dict, repr=False, compare=False)
    _areas: dict[int, float] = field(default_factory=dict, repr=False, compare=False)

    def take(self, numbers: NDArray[np.intp]) -> NDArray[Any]:
        """Return the shapely polygons of these numbers."""
        taken = np.empty(len(numbers), dtype=object)
        for at, number in enumerate(numbers.tolist()):
            taken[at] = self._made.get(number) or self._made.setdefault(number, self._make(number))
        return taken

    def measure_areas(self, numbers: NDArray[np.intp]) -> Floats:
        """Return the areas of the polygons of these numbers, in square degrees: to tell the smaller of two."""
        for number, shape in zip(numbers.tolist(), self.take(numbers), strict=True):
            if number not in self._areas:
                self._areas[number] = float(shapely.area(shape))
        return np.array([self._areas[number] for number in numbers.tolist()])

    def _make(self, number: int) -> BaseGeometry:
        part = slice(self.first_point[number], self.first_point[number + 1])
        rings = self.ring_of_point[part]
        drawn = np.asarray(shapely.linearrings(self.points[part, ::-1], indices=rings - rings[0]), dtype=object)
        polygon: BaseGeometry = shapely.polygons(drawn[0], holes=drawn[1:])
        return polygon

    @cached_property
    def shapes(self) -> NDArray[Any]:
        """(n,) all shapely polygons, made together: that takes a third of the time of one after the other."""
        first_points = np.flatnonzero(np.diff(self.ring_of_point, prepend=-1))  # of the rings
        rings: Any = shapely.linearrings(self.points[:, ::-1], indices=self.ring_of_point)
        polygons = np.searchsorted(self.first_point, first_points, side="right") - 1
        return np.asarray(shapely.polygons(rings, indices=polygons), dtype=object)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the polygons' bounds."""
        least, most = (bound.reduceat(self.points, self.first_point[:-1]) for bound in (np.minimum, np.maximum))
        return shapely.STRtree(shapely.box(least[:, 1], least[:, 0], most[:, 1], most[:, 0]))


@lru_cache(maxsize=1)
def load_polygons() -> Polygons:
    """Load the map once.

    Raises:
        SextantError: the data file is missing, broken, or names a country the table of countries lacks.
    """
    try:
        data = np.load(io.BytesIO(_read_map_bytes()), allow_pickle=False)
        known = {country.natural_earth: country for country in list_countries()}
        named = tuple(known[str(name)] for name in data["names"])
        latitude, longitude = (
            np.cumsum(data[steps], dtype=np.int64) * STEP_DEGREES for steps in ("latitude_steps", "longitude_steps")
        )
        ring_of_point = np.repeat(np.arange(len(data["ring_sizes"])), data["ring_sizes"])
        polygon_of_ring = np.repeat(np.arange(len(data["ring_counts"])), data["ring_counts"])
        sizes = np.bincount(polygon_of_ring, weights=data["ring_sizes"]).astype(np.intp)
        owners = data["countries"].astype(np.intp)
    except (OSError, ValueError, KeyError) as error:
        reason = format_system_reason(error)
        raise SextantError(
            f"the map 'geo/data/borders.npz' cannot be read ({reason}); reinstall sextant-geo"
        ) from error
    points = np.column_stack([latitude, longitude])
    return Polygons(owners, named, points, ring_of_point, np.concatenate([[0], np.cumsum(sizes)]))


@lru_cache(maxsize=1)
def list_names_on_map() -> frozenset[str]:
    """Return Natural Earth's names of all that is drawn, read without the polygons."""
    with np.load(io.BytesIO(_read_map_bytes()), allow_pickle=False) as data:
        return frozenset(str(name) for name in data["names"])


def _read_map_bytes() -> bytes:
    return (files("sextant.geo") / "data" / "borders.npz").read_bytes()


@lru_cache(maxsize=64)
def load_country_polygon(name_or_code: str) -> BaseGeometry:
    """Return all of a country as one valid (multi)polygon, x longitude, y latitude, cut at ±180.

    Args:
        name_or_code: ISO alpha-2 code, or a name; disputed areas by name, as Natural Earth has it. A
            code stands for all that the map files under it: GB also holds Akrotiri and Dhekelia.

    Raises:
        WrongUse: no country of the map is called so.
    """
    world = load_polygons()
    owners = [n for n, country in enumerate(world.countries) if name_or_code in (country.natural_earth, country.name)]
    if not owners:
        code = find_country_code(name_or_code)
        owners = [n for n, country in enumerate(world.countries) if code and country.code == code]
    if not owners:
        raise WrongUse(f"the map has no country {name_or_code!r}; give an ISO alpha-2 code such as 'PT', or a name")
    return shapely.union_all(shapely.make_valid(world.take(np.flatnonzero(np.isin(world.owners, owners)))))


def find_inner_position(name_or_code: str) -> tuple[float, float]:
    """Return a position (latitude, longitude) well inside a country's largest part.

    Raises:
        WrongUse: no country of the map is called so.
    """
    shape = load_country_polygon(name_or_code)
    largest = max(getattr(shape, "geoms", [shape]), key=lambda part: part.area)
    point = largest.representative_point()
    return float(point.y), float(point.x)


def make_outlines(tolerance_degrees: float = 0.05) -> dict[str, Any]:
    """Return the countries as a GeoJSON FeatureCollection for maps without tiles.

    Args:
        tolerance_degrees: how far a simplified line may stray (Douglas-Peucker in degrees); parts
            smaller than its square are left out.
    """
    world = load_polygons()
    shown = shapely.area(world.shapes) >= tolerance_degrees**2
    simple = _simplify(world.shapes[shown], tolerance_degrees)
    left = ~shapely.is_empty(simple)
    parts = defaultdict(list)
    for owner, polygon in zip(world.owners[shown][left].tolist(), _list_coordinates(simple[left]), strict=True):
        parts[owner].append(polygon)
    features = [
        {
            "type": "Feature",
            "properties": {"name": country.name, "code": country.code, "disputed": country.disputed},
            "geometry": {"type": "MultiPolygon", "coordinates": parts[number]},
        }
        for number, country in enumerate(world.countries)
        if number in parts
    ]
    return {"type": "FeatureCollection", "features": features}


def _list_coordinates(polygons: NDArray[Any]) -> list[Any]:
    """Return the GeoJSON coordinates of polygons, in a quarter of the time that ``mapping`` takes for each."""
    _, points, (ring_starts, polygon_starts) = shapely.to_ragged_array(polygons)
    corners = list(map(tuple, points.tolist()))
    rings = [tuple(corners[start:end]) for start, end in pairwise(ring_starts.tolist())]
    return [tuple(rings[start:end]) for start, end in pairwise(polygon_starts.tolist())]


def _simplify(shapes: NDArray[Any], tolerance_degrees: float) -> NDArray[Any]:
    """Simplify polygons; only those that this makes vanish, break or cross themselves with regard to their topology.

    That regard takes ten times as long, and changes nothing that a map of this coarseness shows.
    """
    simple = np.asarray(shapely.simplify(shapes, tolerance_degrees, preserve_topology=False))
    whole = shapely.get_type_id(simple) == shapely.GeometryType.POLYGON
    lost = ~whole | shapely.is_empty(simple) | ~shapely.is_valid(simple)
    simple[lost] = shapely.simplify(shapes[lost], tolerance_degrees)
    return simple
