"""A small vector basemap in a .pmtiles file, in the layers of Protomaps: land, lakes, borders, roads and some towns."""

import gzip
import math
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import box, shape
from shapely.ops import transform

MOST_ZOOM = 3
TOWNS = {
    "London": (51.51, -0.13), "Lisbon": (38.72, -9.14), "Nairobi": (-1.29, 36.82), "Oslo": (59.91, 10.75),
    "Vaduz": (47.14, 9.52), "Tokyo": (35.68, 139.69), "Lima": (-12.05, -77.04), "Sydney": (-33.87, 151.21),
    "New York": (40.71, -74.01), "Cairo": (30.04, 31.24), "Moscow": (55.76, 37.62), "Delhi": (28.61, 77.21),
}  # fmt: skip
ROADS = [("London", "Lisbon"), ("London", "Oslo"), ("Oslo", "Moscow"), ("London", "Vaduz"), ("Moscow", "Delhi")]
LAKES = [(33.0, -1.0, 1.5), (-85.0, 45.0, 2.5), (31.5, 60.8, 0.8)]  # longitude, latitude, degrees across


def write_basemap(path: Path) -> Path:
    """Write the file; equal calls give equal tiles."""
    import mapbox_vector_tile
    from pmtiles.tile import Compression, TileType, zxy_to_tileid
    from pmtiles.writer import write

    layers = _make_layers()
    header = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, "min_zoom": 0, "max_zoom": MOST_ZOOM}
    header |= {"min_lon_e7": -1_800_000_000, "min_lat_e7": -850_000_000, "center_lon_e7": 0, "center_lat_e7": 0}
    header |= {"max_lon_e7": 1_800_000_000, "max_lat_e7": 850_000_000, "center_zoom": 0}
    with write(str(path)) as file:
        places = [(z, x, y) for z in range(MOST_ZOOM + 1) for x in range(2**z) for y in range(2**z)]
        for z, x, y in sorted(places, key=lambda place: zxy_to_tileid(*place)):
            left, top, size = x / 2**z, y / 2**z, 1 / 2**z
            window = box(left - size / 16, top - size / 16, left + size * 17 / 16, top + size * 17 / 16)
            tile = [_cut(name, shapes, window) for name, shapes in layers.items()]
            bounds = (left, top, left + size, top + size)
            content = mapbox_vector_tile.encode(tile, default_options={"quantize_bounds": bounds, "y_coord_down": True})
            file.write_tile(zxy_to_tileid(z, x, y), gzip.compress(content, mtime=0))
        file.finalize(header, {"attribution": "© a drawn basemap"})
    return path


def _make_layers() -> dict[str, list[tuple[Any, dict[str, str]]]]:
    from sextant.geo.borders import make_outlines

    land = [shapely.make_valid(shape(one["geometry"])) for one in make_outlines(0.25)["features"]]
    earth = [shapely.make_valid(transform(_project, one)) for one in land]
    towns = [(transform(_project, shapely.Point(lon, lat)), {"name": name}) for name, (lat, lon) in TOWNS.items()]
    roads = [shapely.LineString([TOWNS[end][::-1] for end in ends]).segmentize(2) for ends in ROADS]
    lakes = [shapely.Point(lon, lat).buffer(size / 2) for lon, lat, size in LAKES]
    return {
        "earth": [(one, {}) for one in earth],
        "water": [(transform(_project, one), {}) for one in lakes],
        "boundaries": [(one.boundary, {}) for one in earth],
        "roads": [(transform(_project, one), {}) for one in roads],
        "places": towns,
    }


def _cut(name: str, shapes: list[tuple[Any, dict[str, str]]], window: Any) -> dict[str, Any]:
    features = []
    for one, facts in shapes:
        if not one.intersects(window):
            continue
        cut = shapely.make_valid(one.intersection(window))
        if not cut.is_empty:
            features.append({"geometry": cut, "properties": facts})
    return {"name": name, "features": features}


def _project(lon: Any, lat: Any) -> tuple[Any, Any]:
    """Web Mercator in the unit square, y down (EPSG:3857 scaled)."""
    import numpy as np

    lat = np.clip(np.asarray(lat, dtype=float), -85.0511, 85.0511)
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / math.pi) / 2
    return (np.asarray(lon, dtype=float) + 180) / 360, y
