"""Draw maps of an answer: the answer, its regions, its rival, the candidates. JSON in, SVG out."""

from sextant.agent.guard.metadata_check import read_file_position
from sextant.base.json_types import Document, Json
from sextant.geo.caps import draw_caps
from sextant.geo.svg_map import (
    Ring,
    Window,
    draw_area,
    draw_dot,
    draw_svg,
    list_rings,
    make_window_around,
    make_world_window,
)

LEGEND = (("best", "the answer"), ("rival", "its rival"), ("nearest", "similar photos"))
FILE = ("file", "the file's own position")
REGION = ("region", "its 50 % and 90 % regions")

KM_PER_DEGREE = 111.2  # of latitude, on the mean sphere
_CLOSE_DEGREES = 4.0  # of longitude that a close-up shows at least
_WIDEST_DEGREES = 60.0  # of latitude that a close-up shows at most
_CASE_DEGREES = 8.0  # a map narrower than this shows nothing to know a place by


def draw_world_map(answer: Document) -> str:
    """Return the whole Earth with every candidate."""
    return _draw_candidates(answer, make_world_window(600.0), "The whole Earth")


def draw_close_up(answer: Document) -> str:
    """Return the answer's surroundings, wide enough for its 90 % region where that is one cap."""
    best = answer["best"]
    radius_km = ((answer["region"].get("90") or {}).get("radius_km")) or 0.0
    reach = min(_WIDEST_DEGREES, 3.0 * radius_km / KM_PER_DEGREE) / 2
    north, south = min(best["latitude"] + reach, 90.0), max(best["latitude"] - reach, -90.0)
    ends = [(north, best["longitude"]), (south, best["longitude"])]
    return _draw_candidates(answer, make_window_around(ends, 600.0, _CLOSE_DEGREES), "The answer's surroundings")


def draw_case_map(photo: Document, width: float = 900.0) -> str:
    """Return the answer with its regions, its rival and the similar photos; empty where there is no answer.

    Args:
        photo: its ``answer``, and the ``nearest`` gallery photos.
        width: in pixels; coasts are drawn as finely as it shows.
    """
    answer = photo["answer"]
    if answer["best"] is None:
        return ""
    places = [answer["best"], *([answer["rival"]] if answer["rival"] else [])]
    corners = [(place["latitude"], place["longitude"]) for place in places]
    own_position = read_file_position(answer.get("metadata"))
    if own_position["latitude"] is not None:
        corners.append((own_position["latitude"], own_position["longitude"]))
    corners += [(latitude, longitude) for _, ring in _list_rings(answer) for longitude, latitude in ring]
    window = make_window_around(corners, width, _CASE_DEGREES)
    shapes = _draw_regions(answer, window)
    near = [item for item in photo["nearest"] if window.holds(item["latitude"], item["longitude"])]
    shapes += [draw_dot(window, item, 4, "nearest") for item in near]
    if own_position["latitude"] is not None:
        shapes.append(draw_dot(window, own_position, 6, "file", "the file's own position"))
    label = (
        "Map: the answer in red, its 50 and 90 % regions in orange, the rival in purple, similar photos in blue, the "
        "file's own position in green"
    )
    return draw_svg(window, [*shapes, *_draw_ends(answer, window, 8)], label)


def get_region_geometry(region: Document) -> Json:
    """Return a region as a GeoJSON Polygon or MultiPolygon, cut at ±180."""
    shape: Json = region.get("geojson") or draw_caps([get_circle(part) for part in region["parts"]])
    return shape


def get_circle(part: Document) -> tuple[float, float, float]:
    """Return one part of a region as (latitude, longitude, radius_km)."""
    return part["latitude"], part["longitude"], part["radius_km"]


def _draw_candidates(answer: Document, window: Window, label: str) -> str:
    shapes = _draw_regions(answer, window)
    for item in reversed(answer["candidates"]):
        shapes.append(draw_dot(window, item, 3, item["origin"], f"{item['origin']} {item.get('id') or ''}"))
    return draw_svg(
        window, [*shapes, *_draw_ends(answer, window, 6)], f"{label}: the answer in red, candidates, regions"
    )


def _draw_ends(answer: Document, window: Window, radius: float) -> list[str]:
    """Draw the rival, and the answer over everything."""
    rival = [draw_dot(window, answer["rival"], radius - 1, "rival", "the leading rival")] if answer["rival"] else []
    return [*rival, draw_dot(window, answer["best"], radius, "best", "the answer")]


def _draw_regions(answer: Document, window: Window) -> list[str]:
    return [
        draw_area(window, [ring for held, ring in _list_rings(answer) if held == share], f"region{share}")
        for share in ("90", "50")
    ]


def _list_rings(answer: Document) -> list[tuple[str, Ring]]:
    """Return each ring of the regions with the region's share, the wide one first."""
    found = []
    for share in ("90", "50"):
        region = answer["region"].get(share)
        if region and (region.get("geojson") or region.get("parts")):
            found += [(share, ring) for ring in list_rings(get_region_geometry(region))]
        elif region and region.get("radius_km") is not None:
            found += [(share, ring) for ring in list_rings(draw_caps([get_circle(region)]))]
    return found
