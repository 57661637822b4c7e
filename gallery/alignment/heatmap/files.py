"""Write a heat map as a picture or as GeoJSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sextant.base.errors import WrongUse
from sextant.base.files import replace_file
from sextant.gallery.alignment.heatmap.grid import HeatMap
from sextant.gallery.alignment.model.config import AlignmentError

SUFFIXES = (".png", ".geojson", ".json")
MASS_SHOWN = 0.9  # the GeoJSON holds the cells that carry this much of the map
_WIDTH, _HEIGHT = 1440, 720
# From the night side of a globe to its day: a colour for each tenth of the way.
_COLOURS = np.array(
    [(13, 17, 38), (38, 35, 92), (94, 38, 120), (160, 47, 104), (219, 80, 74), (247, 148, 67), (252, 239, 166)]
)
_COAST, _PEAK = (150, 160, 185), (255, 255, 255)


def check_heatmap_path(path: Path) -> None:
    """Refuse a name that says no format, before any work is done.

    Raises:
        WrongUse: neither .png nor .geojson.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise WrongUse(f"heat map {str(path)!r} has an unknown format; use .png or .geojson")


def write_heatmap(path: Path, heat: HeatMap) -> None:
    """Write the map; the suffix says how. The file is whole or not there.

    Raises:
        WrongUse: neither .png nor .geojson.
        AlignmentError: it cannot be written.
    """
    check_heatmap_path(path)
    try:
        with replace_file(path) as aside:
            if path.suffix.lower() == ".png":
                draw_heatmap(heat).save(aside, format="PNG")
            else:
                aside.write_text(json.dumps(make_heatmap_geojson(heat)) + "\n", encoding="utf-8")
    except OSError as error:
        raise AlignmentError(f"heat map {str(path)!r} could not be written: {error.strerror or error}") from error


def make_heatmap_geojson(heat: HeatMap) -> dict[str, Any]:
    """Return peaks as points, and the likeliest cells, which hold ``MASS_SHOWN``, as polygons (longitude first)."""
    peaks = [
        _make_feature(
            {"type": "Point", "coordinates": [round(peak.longitude, 4), round(peak.latitude, 4)]},
            {"kind": "peak", "rank": rank, "score": round(peak.score, 4), "probability": round(peak.probability, 4)},
        )
        for rank, peak in enumerate(heat.peaks, start=1)
    ]
    flat, scores = heat.probability.ravel(), heat.scores.ravel()
    order = np.argsort(-flat, kind="stable")
    shown = order[: int(np.searchsorted(np.cumsum(flat[order]), MASS_SHOWN)) + 1]
    cells = [
        _make_feature(
            {"type": "Polygon", "coordinates": [_make_square(heat, int(cell))]},
            {
                "kind": "cell",
                "score": round(float(scores[cell]), 4),
                "probability": round(float(flat[cell]), 6),
            },
        )
        for cell in shown
    ]
    return {"type": "FeatureCollection", "features": peaks + cells}


def draw_heatmap(heat: HeatMap) -> Image.Image:
    """Draw the world in plate carrée, brighter where likelier, with coasts and borders, the peaks circled."""
    density = heat.probability / np.cos(np.radians(_list_latitudes(heat)))[:, None]
    brightness = (density / density.max()) ** 0.5
    small = Image.fromarray(np.round(brightness * 255).astype(np.uint8), mode="L")
    values = np.asarray(small.resize((_WIDTH, _HEIGHT), Image.Resampling.BILINEAR)) / 255 * (len(_COLOURS) - 1)
    picture = Image.fromarray(_colour(values))
    draw = ImageDraw.Draw(picture)
    for ring in _load_coastlines():
        draw.line([_find_pixel(longitude, latitude) for longitude, latitude in ring], fill=_COAST, width=1)
    for rank, peak in enumerate(heat.peaks):
        x, y = _find_pixel(peak.longitude, peak.latitude)
        radius = 12 if rank == 0 else 6
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=_PEAK, width=3 if rank == 0 else 1)
    return picture


def _colour(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return numbers along ``_COLOURS`` to (rows, columns, 3) RGB, mixed between neighbours."""
    low = np.minimum(values.astype(int), len(_COLOURS) - 2)
    share = (values - low)[..., None]
    mixed: NDArray[np.float64] = _COLOURS[low] * (1 - share) + _COLOURS[low + 1] * share
    return np.asarray(np.round(mixed), dtype=np.uint8)


def _load_coastlines() -> Iterator[list[tuple[float, float]]]:
    from sextant.geo.polygons import make_outlines

    for feature in make_outlines(tolerance_degrees=0.2)["features"]:
        geometry = feature["geometry"]
        polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        for polygon in polygons:
            yield from polygon


def _list_latitudes(heat: HeatMap) -> NDArray[np.float64]:
    return np.asarray(90 - (np.arange(len(heat.scores)) + 0.5) * heat.step_degrees, dtype=np.float64)


def _make_square(heat: HeatMap, cell: int) -> list[list[float]]:
    row, column = divmod(cell, heat.scores.shape[1])
    north, west = 90 - row * heat.step_degrees, -180 + column * heat.step_degrees
    south, east = north - heat.step_degrees, west + heat.step_degrees
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def _make_feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _find_pixel(longitude: float, latitude: float) -> tuple[float, float]:
    return (longitude + 180) / 360 * _WIDTH, (90 - latitude) / 180 * _HEIGHT
