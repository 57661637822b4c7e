"""Maps of an answer: the answer, its regions, its rival, what was proposed. JSON in, SVG out."""

from sextant.base.json_types import Json
from sextant.geo.caps import caps_geojson
from sextant.geo.svg_map import Ring, Window, area, around, dot, rings_of, svg, world

LEGEND = (("best", "the answer"), ("rival", "its rival"), ("nearest", "similar photos"))
REGION = ("region", "its 50 % and 90 % regions")

KM_PER_DEGREE = 111.2  # of latitude, on the mean sphere
_CLOSE_DEGREES = 4.0  # of longitude that a close-up shows at least
_WIDEST_DEGREES = 60.0  # of latitude that a close-up shows at most
_CASE_DEGREES = 8.0  # a map narrower than this shows nothing to know a place by


def world_map(answer: Json) -> str:
    """Return the whole Earth with every candidate."""
    return _candidates_map(answer, world(600.0), "The whole Earth")


def close_up(answer: Json) -> str:
    """Return the answer's surroundings, wide enough for its 90 % region where that is one cap."""
    best = answer["best"]
    radius_km = ((answer["region"].get("90") or {}).get("radius_km")) or 0.0
    reach = min(_WIDEST_DEGREES, 3.0 * radius_km / KM_PER_DEGREE) / 2
    north, south = min(best["latitude"] + reach, 90.0), max(best["latitude"] - reach, -90.0)
    ends = [(north, best["longitude"]), (south, best["longitude"])]
    return _candidates_map(answer, around(ends, 600.0, _CLOSE_DEGREES), "The answer's surroundings")


def case_map(photo: Json, width: float = 900.0) -> str:
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
    corners += [(latitude, longitude) for _, ring in _regions(answer) for longitude, latitude in ring]
    window = around(corners, width, _CASE_DEGREES)
    shapes = _region_shapes(answer, window)
    near = [item for item in photo["nearest"] if window.holds(item["latitude"], item["longitude"])]
    shapes += [dot(window, item, 4, "nearest") for item in near]
    label = "Map: the answer in red, its 50 and 90 % regions in orange, the rival in purple, similar photos in blue"
    return svg(window, [*shapes, *_ends(answer, window, 8)], label)


def region_geometry(region: Json) -> Json:
    """Return a region as a GeoJSON Polygon or MultiPolygon, cut at ±180."""
    shape: Json = region.get("geojson") or caps_geojson([circle_of(part) for part in region["parts"]])
    return shape


def circle_of(part: Json) -> tuple[float, float, float]:
    """Return one part of a region as (latitude, longitude, radius_km)."""
    return part["latitude"], part["longitude"], part["radius_km"]


def _candidates_map(answer: Json, window: Window, label: str) -> str:
    shapes = _region_shapes(answer, window)
    for item in reversed(answer["candidates"]):
        shapes.append(dot(window, item, 3, item["origin"], f"{item['origin']} {item.get('id') or ''}"))
    return svg(window, [*shapes, *_ends(answer, window, 6)], f"{label}: the answer in red, candidates, regions")


def _ends(answer: Json, window: Window, radius: float) -> list[str]:
    """Draw the rival, and the answer over everything."""
    rival = [dot(window, answer["rival"], radius - 1, "rival", "the leading rival")] if answer["rival"] else []
    return [*rival, dot(window, answer["best"], radius, "best", "the answer")]


def _region_shapes(answer: Json, window: Window) -> list[str]:
    return [
        area(window, [ring for held, ring in _regions(answer) if held == share], f"region{share}")
        for share in ("90", "50")
    ]


def _regions(answer: Json) -> list[tuple[str, Ring]]:
    """Each ring of the regions with the region's share, the wide one first."""
    found = []
    for share in ("90", "50"):
        region = answer["region"].get(share)
        if region and (region.get("geojson") or region.get("parts")):
            found += [(share, ring) for ring in rings_of(region_geometry(region))]
        elif region and region.get("radius_km") is not None:
            found += [(share, ring) for ring in rings_of(caps_geojson([circle_of(region)]))]
    return found
