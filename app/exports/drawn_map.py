"""A map as SVG, drawn from the outlines that Sextant carries: no tiles, no script, no request."""

from collections.abc import Iterator
from functools import lru_cache

from sextant.app.exports.geojson import region_geometry
from sextant.base.json_types import Json
from sextant.geo.borders import outlines

WIDTH = 900.0
LEAST_DEGREES = 8.0  # a map narrower than this shows nothing to know a place by

Box = tuple[float, float, float, float]


def drawn_map(photo: Json) -> str:
    """The answer with its regions, its rival and the similar photos, on an equirectangular map round them."""
    answer = photo["answer"]
    if answer["best"] is None:
        return ""
    regions = [(share, region_geometry(region)) for share, region in _regions(answer)]
    box = _box([answer["best"], *([answer["rival"]] if answer["rival"] else [])], [shape for _, shape in regions])
    height = WIDTH * (box[3] - box[1]) / (box[2] - box[0])
    fills = {"90": "#f47d2f33", "50": "#f47d2f66"}
    shapes = [f'<path d="{path}" fill="var(--land)" stroke="var(--page)" stroke-width=".6"/>' for path in _land(box)]
    shapes += [f'<path d="{_path(shape, box)}" fill="{fills[share]}" stroke="#c4561b"/>' for share, shape in regions]
    shapes += [_dot(item, box, 4, "#2b7bba") for item in photo["nearest"] if _holds(box, item)]
    if answer["rival"]:
        shapes.append(_dot(answer["rival"], box, 7, "#8a63b8"))
    shapes.append(_dot(answer["best"], box, 8, "#c4361b"))
    label = "Map: the answer in red, its 50 and 90 % regions in orange, the rival in purple, similar photos in blue"
    return f'<svg viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-label="{label}">{"".join(shapes)}</svg>'


def _regions(answer: Json) -> Iterator[tuple[str, Json]]:
    for share in ("90", "50"):
        if answer["region"].get(share):
            yield share, answer["region"][share]


def _box(places: list[Json], shapes: list[Json]) -> Box:
    """West, south, east, north of everything, with a margin."""
    longitudes = [place["longitude"] for place in places]
    latitudes = [place["latitude"] for place in places]
    for shape in shapes:
        for ring in _rings(shape):
            longitudes += [corner[0] for corner in ring]
            latitudes += [corner[1] for corner in ring]
    west, east = min(longitudes), max(longitudes)
    south, north = min(latitudes), max(latitudes)
    wide = max(east - west, 2 * (north - south), LEAST_DEGREES) * 1.15
    tall = wide / 2
    x, y = (west + east) / 2, (south + north) / 2
    return max(x - wide / 2, -180.0), max(y - tall / 2, -90.0), min(x + wide / 2, 180.0), min(y + tall / 2, 90.0)


def _land(box: Box) -> Iterator[str]:
    for feature in _outlines()["features"]:
        rings = [ring for ring in _rings(feature["geometry"]) if _touches(ring, box)]
        if rings:
            yield "".join(_line(ring, box) for ring in rings)


@lru_cache(maxsize=1)
def _outlines() -> Json:
    return outlines(0.05)


def _rings(shape: Json) -> Iterator[list[list[float]]]:
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    for polygon in polygons:
        yield from polygon


def _touches(ring: list[list[float]], box: Box) -> bool:
    longitudes, latitudes = [corner[0] for corner in ring], [corner[1] for corner in ring]
    return (
        max(longitudes) >= box[0]
        and min(longitudes) <= box[2]
        and max(latitudes) >= box[1]
        and min(latitudes) <= box[3]
    )


def _path(shape: Json, box: Box) -> str:
    return "".join(_line(ring, box) for ring in _rings(shape))


def _line(ring: list[list[float]], box: Box) -> str:
    points = [_at(corner[1], corner[0], box) for corner in ring]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def _at(latitude: float, longitude: float, box: Box) -> tuple[float, float]:
    scale = WIDTH / (box[2] - box[0])
    return (longitude - box[0]) * scale, (box[3] - latitude) * scale


def _holds(box: Box, place: Json) -> bool:
    return bool(box[0] <= place["longitude"] <= box[2] and box[1] <= place["latitude"] <= box[3])


def _dot(place: Json, box: Box, radius: float, colour: str) -> str:
    x, y = _at(place["latitude"], place["longitude"], box)
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}" stroke="#fff" stroke-width="1.5"/>'
