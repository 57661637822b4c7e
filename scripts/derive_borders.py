"""Derive geo/data/borders.npz from Natural Earth's 1:10m countries, as the npm package world-atlas carries them.

Run: npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
     python scripts/derive_borders.py package/countries-10m.json geo/data/borders.npz

What is done to the map: topology is resolved to rings; rings of fewer than four points are skipped; rings
that jump at ±180 are unrolled and moved to one side of it; the ring round the south pole is closed
through the pole; coordinates are rounded to 1e-4 degrees and written as differences.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEP_DEGREES = 1e-4

# The map's grid of about 200 m collapses the Vatican to a line. Its outline (longitude, latitude) by the
# course of its walls and of St Peter's Square, true to about 50 m.
VATICAN = np.array(
    [
        (12.4457, 41.9016),
        (12.4460, 41.9042),
        (12.4491, 41.9062),
        (12.4535, 41.9074),
        (12.4558, 41.9066),
        (12.4570, 41.9040),
        (12.4584, 41.9028),
        (12.4584, 41.9014),
        (12.4545, 41.9008),
        (12.4510, 41.9002),
        (12.4480, 41.9004),
        (12.4457, 41.9016),
    ]
)

Ring = NDArray[np.float64]


def list_polygons(topology: dict[str, Any]) -> list[tuple[str, list[Ring]]]:
    """Return every polygon as (name, rings), the outer ring first, positions as (longitude, latitude)."""
    scale, translate = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + translate for arc in topology["arcs"]]
    found = []
    for country in topology["objects"]["countries"]["geometries"]:
        parts = [country["arcs"]] if country["type"] == "Polygon" else country["arcs"]
        for part in parts:
            rings = [ring for ring in (join_arcs(arcs, numbers) for numbers in part) if len(ring) >= 4]
            if rings:
                rings = [flatten(ring) for ring in rings]
                found.append((choose_name(country["properties"]["name"], rings[0]), rings))
    return found


def join_arcs(arcs: list[Ring], numbers: list[int]) -> Ring:
    """Return the ring that arcs make, ~n standing for arc n backwards."""
    pieces = [arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers]
    return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])


def flatten(ring: Ring) -> Ring:
    """Return the ring within [-180, 180] without jumps; one that winds round the south pole is closed through it."""
    jumps = np.diff(ring[:, 0])
    turns = np.concatenate([[0.0], np.cumsum(-360.0 * np.round(jumps / 360.0))])
    longitude = ring[:, 0] + turns
    if abs(longitude[-1] - longitude[0]) > 180:
        west, east = sorted((longitude[0], longitude[-1]))
        if (west, east) != (-180.0, 180.0):
            raise SystemExit("the ring round the south pole no longer begins at the antimeridian; cut it there first")
        closed = [(longitude[-1], -90.0), (longitude[0], -90.0), (longitude[0], ring[0, 1])]
        return np.concatenate([np.column_stack([longitude, ring[:, 1]]), closed])
    if longitude.min() < -180.0:
        longitude = longitude + 360.0
    if longitude.min() < -180.0 or longitude.max() > 180.0 + 1e-9:
        raise SystemExit("a ring lies on both sides of the antimeridian; cut it there first")
    return np.column_stack([np.minimum(longitude, 180.0), ring[:, 1]])


def choose_name(name: str, ring: Ring) -> str:
    """Tell apart two Australian territories that the map draws as one; they lie 900 km apart."""
    if name == "Indian Ocean Ter.":
        return "Christmas Island" if ring[:, 0].mean() > 100 else "Cocos Islands"
    return name


def add_vatican(polygons: list[tuple[str, list[Ring]]]) -> list[tuple[str, list[Ring]]]:
    """Add the Vatican, and cut it out of the Italian polygon that holds it."""
    if any(name == "Vatican" for name, _ in polygons):
        raise SystemExit("the map has a Vatican by now; take the outline out of this script")
    mainland = max((rings for name, rings in polygons if name == "Italy"), key=lambda rings: len(rings[0]))
    mainland.append(VATICAN[::-1])
    return [*polygons, ("Vatican", [VATICAN])]


def main(source: Path, target: Path) -> None:
    polygons = add_vatican(list_polygons(json.loads(source.read_text(encoding="utf-8"))))
    names = sorted({name for name, _ in polygons})
    polygons.sort(key=lambda polygon: polygon[0])
    rings = [ring for _, parts in polygons for ring in parts]
    steps = np.diff(np.round(np.concatenate(rings) / STEP_DEGREES).astype(np.int32), axis=0, prepend=np.int32(0))
    np.savez_compressed(
        target,
        longitude_steps=steps[:, 0],
        latitude_steps=steps[:, 1],
        ring_sizes=np.array([len(ring) for ring in rings], dtype=np.int32),
        ring_counts=np.array([len(parts) for _, parts in polygons], dtype=np.int32),
        countries=np.array([names.index(name) for name, _ in polygons], dtype=np.int16),
        names=np.array(names),
    )
    print(f"{target}: {len(polygons)} polygons, {len(steps)} points, {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
