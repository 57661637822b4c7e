"""Outlines with no more corners than the eye needs. What a region holds is told by its circles, not by its outline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any, Self

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from sextant.base.arrays import Bools, Floats, Ints

FLATTEST = 0.05  # the cosine beyond 87 degrees of latitude would keep every corner near a pole
FINEST_SHARE = 0.005  # of a part's size that a line may stray where an outline is passed on: 22 corners of a circle
_OF_SHORTER = 0.02  # of the shorter side that a line may stray
_FARTHER = 1.1  # times as far as before that a line must be allowed to stray for another step
_DIGITS = 6
_FEWEST = 4  # corners of a ring, the last of which is the first again
Rings = list[Floats]
"""The rings of one part, the outer one first: each (n, 2), longitude before latitude, closed."""


def simplify_geojson(geojson: dict[str, Any], share: float) -> dict[str, Any]:
    """Return a GeoJSON Polygon or MultiPolygon with fewer corners.

    No line strays farther than ``share`` of its part's size (the longer side of its bounds, in degrees), and less at
    high latitudes, where maps are stretched, and in a flat part, as a small circle around a pole is. Corners on ±180
    and at the poles stay, so that what is cut there still meets. Coordinates keep the digits that the tolerance leaves.

    Args:
        geojson: longitude first, cut at ±180 as RFC 7946 asks.
        share: `FINEST_SHARE`, or more for fewer corners.
    """
    return next(simplify_in_steps(geojson, [share], 0))


def simplify_in_steps(geojson: dict[str, Any], shares: Sequence[float], most_corners: int) -> Iterator[dict[str, Any]]:
    """Yield the outline with fewer corners for each share in turn, as `simplify_geojson` does.

    A share that lets no line stray a tenth farther than the one before is passed over: it would drop hardly a corner.
    So are outlines of more than ``most_corners``, all but the last.
    """
    outline = _Outline.read(geojson)
    steps: list[Floats] = []
    for share in shares:
        tolerances = outline.choose_tolerances(share)
        if not steps or (tolerances > _FARTHER * steps[-1]).any():
            steps.append(tolerances)
    for number, tolerances in enumerate(steps, 1):
        corners, ring_of_corner = outline.drop_corners(tolerances)
        if len(corners) <= most_corners or number == len(steps):
            yield outline.write(corners, ring_of_corner, tolerances)


def count_corners(geojson: dict[str, Any]) -> int:
    """Count the corners of a GeoJSON Polygon or MultiPolygon."""
    return int(shapely.get_num_coordinates(shape(geojson)))


@dataclass(frozen=True)
class _Outline:
    """A region, laid out so that one call simplifies all its lines: each call costs more than a line."""

    parts: list[Rings]
    part_of_ring: Ints
    lines: NDArray[np.object_]
    """(lines,) LineStrings between the corners that stay."""
    ring_of_line: Ints

    @classmethod
    def read(cls, geojson: dict[str, Any]) -> Self:
        """Read a GeoJSON Polygon or MultiPolygon."""
        given = [geojson["coordinates"]] if geojson["type"] == "Polygon" else geojson["coordinates"]
        parts = [[np.array(ring, dtype=float) for ring in part] for part in given if part]
        cut = [_cut_ring(ring) for rings in parts for ring in rings]
        chains = [chain for of_ring in cut for chain in of_ring]
        numbers = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
        return cls(
            parts,
            part_of_ring=np.repeat(np.arange(len(parts)), [len(rings) for rings in parts]),
            lines=np.asarray(shapely.linestrings(np.concatenate(chains), indices=numbers)) if chains else np.array([]),
            ring_of_line=np.repeat(np.arange(len(cut)), [len(of_ring) for of_ring in cut]),
        )

    def choose_tolerances(self, share: float) -> Floats:
        """Return how far a line of each part may stray, in degrees."""
        longer, shorter, stretch = self._sizes
        return np.asarray(np.minimum(share * longer * stretch, _OF_SHORTER * shorter))

    @cached_property
    def _sizes(self) -> tuple[Floats, Floats, Floats]:
        """The longer and the shorter side of each part's bounds, in degrees, and how far maps stretch it."""
        outer = [rings[0] for rings in self.parts]
        west, south = np.array([ring.min(axis=0) for ring in outer]).reshape(-1, 2).T
        east, north = np.array([ring.max(axis=0) for ring in outer]).reshape(-1, 2).T
        wide, high = east - west, north - south
        stretch = np.maximum(FLATTEST, np.cos(np.radians(np.maximum(np.abs(south), np.abs(north)))))
        return np.maximum(wide, high), np.minimum(wide, high), stretch

    def write(self, corners: Floats, ring_of_corner: Ints, tolerances: Floats) -> dict[str, Any]:
        """Return corners that `drop_corners` left as GeoJSON, each with the digits that its part's tolerance leaves."""
        digits = _count_digits(tolerances)[self.part_of_ring][ring_of_corner]
        corners = np.rint(corners * 10.0 ** digits[:, None]) / 10.0 ** digits[:, None]
        long = np.bincount(ring_of_corner, minlength=len(self.part_of_ring)) >= _FEWEST
        valid = self._find_valid(corners, ring_of_corner, long)
        ends = [0, *accumulate(np.bincount(ring_of_corner).tolist())]
        plain = corners.tolist()
        kept: list[list[Any]] = [[] for _ in self.parts]
        for ring, (begin, end) in enumerate(pairwise(ends)):
            part = self.part_of_ring[ring]
            if valid[part] and long[ring]:
                kept[part].append(plain[begin:end])
        for part in np.flatnonzero(~valid).tolist():
            # Two corners can meet once they are rounded.
            kept[part] = [np.round(ring, _DIGITS).tolist() for ring in self.parts[part] if len(ring) >= _FEWEST]
        if len(kept) == 1:
            return {"type": "Polygon", "coordinates": kept[0]}
        return {"type": "MultiPolygon", "coordinates": kept}

    def drop_corners(self, tolerances: Floats) -> tuple[Floats, Ints]:
        """Simplify the lines; return the corners (n, 2) of all rings, each closed, and the ring of each corner."""
        allowed = tolerances[self.part_of_ring][self.ring_of_line]
        simple = shapely.simplify(self.lines, allowed, preserve_topology=False)
        corners, line = shapely.get_coordinates(simple, return_index=True)
        # The last corner of a line is the first of the next, and that of a ring's last line the first of the ring.
        ring = self.ring_of_line[line]
        inside = np.append(line[1:] == line[:-1], False)
        closing = np.append(ring[1:] != ring[:-1], True)[: len(ring)]
        kept = inside[: len(ring)] | closing
        return corners[kept], ring[kept]

    def _find_valid(self, corners: Floats, ring_of_corner: Ints, long: Bools) -> Bools:
        """Return which parts are valid polygons, without the rings that are not long enough for one."""
        outer = np.append(True, self.part_of_ring[1:] != self.part_of_ring[:-1])[: len(self.part_of_ring)]
        valid: Bools = long[outer]
        used = long & valid[self.part_of_ring]
        if used.any():
            renumbered = np.cumsum(used) - 1
            in_use = used[ring_of_corner]
            lines = np.asarray(shapely.linearrings(corners[in_use], indices=renumbered[ring_of_corner[in_use]]))
            part = (np.cumsum(valid) - 1)[self.part_of_ring[used]]
            valid[valid] = shapely.is_valid(shapely.polygons(lines, indices=part))
        return valid


def _count_digits(tolerances: Floats) -> Ints:
    """Count the decimals that tolerances in degrees leave."""
    digits: Ints = np.clip(np.ceil(1 - np.log10(np.maximum(tolerances, 1e-9))), 1, _DIGITS).astype(np.int64)
    return digits


def _cut_ring(ring: Floats) -> list[Floats]:
    """Cut a closed ring into lines at the corners that stay: those on the edge of the map, else two far apart."""
    open_ring = ring[:-1]
    fixed = np.flatnonzero(_on_edge(open_ring))
    if len(fixed) < 2:
        first = int(fixed[0]) if len(fixed) else 0
        away = ((open_ring - open_ring[first]) ** 2).sum(1)
        fixed = np.array(sorted({first, int(np.argmax(away))}))
    turned = np.concatenate([open_ring[fixed[0] :], open_ring[: fixed[0] + 1]])
    ends: Ints = np.append(fixed - fixed[0], len(open_ring))
    return [turned[begin : end + 1] for begin, end in pairwise(ends.tolist())]


def _on_edge(corners: Floats) -> Bools:
    """Return which corners (longitude, latitude) lie on ±180 or at a pole."""
    return np.asarray((np.abs(corners[:, 0]) >= 180.0 - 1e-9) | (np.abs(corners[:, 1]) >= 90.0 - 1e-9))
