"""Maps without tiles: country outlines, candidates and regions as inline SVG. Pure: JSON in, SVG out.

Plate carrée: longitude to the right, latitude upwards, one unit a degree; a close-up is stretched by the cosine of
its latitude, so that shapes look right.
"""

import math
from collections.abc import Iterator
from html import escape

from sextant.base.json_types import Json

Ring = list[tuple[float, float]]

WORLD = (-180.0, -90.0, 360.0, 180.0)
LEAST_SPAN = 2.0  # degrees of latitude that a close-up shows at least
KM_PER_DEGREE = 111.2  # of latitude, on the mean sphere


def world_map(answer: Json) -> str:
    """The whole Earth with every candidate."""
    return drawing(answer, WORLD, tolerance=0.6)


def close_up(answer: Json) -> str:
    """The answer's surroundings, wide enough for its 90 % region where that is one cap."""
    best = answer["best"]
    radius_km = ((answer["region"].get("90") or {}).get("radius_km")) or 0.0
    span = min(60.0, max(LEAST_SPAN, 3.0 * radius_km / KM_PER_DEGREE))
    width = min(360.0, 2 * span / max(0.1, math.cos(math.radians(best["latitude"]))))
    window = (best["longitude"] - width / 2, best["latitude"] - span / 2, width, span)
    return drawing(answer, window, tolerance=span / 250)


def drawing(answer: Json, window: tuple[float, float, float, float], tolerance: float) -> str:
    """An SVG of one window (west, south, width, height in degrees)."""
    west, south, width, height = window
    dot = height / 90
    shapes = [f'<path class="land" d="{"".join(map(path, land(window, tolerance)))}"/>']
    for share in ("90", "50"):
        area = answer["region"].get(share)
        shapes += [f'<path class="region" d="{path(ring)}"/>' for ring in region_rings(area)] if area else []
    for item in reversed(answer["candidates"]):
        shapes.append(circle(item, dot, item["origin"], f"{item['origin']} {item.get('id') or ''}"))
    if answer["rival"]:
        shapes.append(circle(answer["rival"], dot * 1.6, "rival", "the leading rival"))
    shapes.append(circle(answer["best"], dot * 2, "best", "the answer"))
    # Taller than wide would leave the page; a degree of longitude is narrower than one of latitude.
    stretch = math.cos(math.radians(answer["best"]["latitude"])) if window != WORLD else 1.0
    box = f"{west:.4f} {-(south + height):.4f} {width:.4f} {height:.4f}"
    ratio = f"{width * stretch:.3f} / {height:.3f}"
    return (
        f'<svg viewBox="{box}" preserveAspectRatio="none" style="aspect-ratio: {ratio}" role="img">'
        f"{''.join(shapes)}</svg>"
    )


def land(window: tuple[float, float, float, float], tolerance: float) -> Iterator[Ring]:
    """The outlines of the countries that reach into the window."""
    from sextant.geo.polygons import outlines

    west, south, width, height = window
    for feature in outlines(tolerance)["features"]:
        for ring in rings(feature["geometry"]):
            longitudes, latitudes = zip(*ring, strict=True)
            beside = max(longitudes) < west or min(longitudes) > west + width
            if not beside and max(latitudes) >= south and min(latitudes) <= south + height:
                yield ring


def region_rings(area: Json) -> list[Ring]:
    """The outline of a region: its GeoJSON, or the circle of its radius."""
    if area.get("geojson"):
        return list(rings(area["geojson"]))
    if area.get("radius_km") is None:
        return []
    from sextant.geo.caps import caps_geojson

    return list(rings(caps_geojson([(area["latitude"], area["longitude"], area["radius_km"])])))


def rings(geometry: Json) -> Iterator[Ring]:
    """Every ring of a GeoJSON geometry, as (longitude, latitude) pairs."""
    inner = geometry.get("geometry") or geometry
    if inner["type"] == "FeatureCollection":
        for feature in inner["features"]:
            yield from rings(feature)
    elif inner["type"] == "GeometryCollection":
        for part in inner["geometries"]:
            yield from rings(part)
    elif inner["type"] in ("Polygon", "MultiPolygon"):
        for polygon in [inner["coordinates"]] if inner["type"] == "Polygon" else inner["coordinates"]:
            for ring in polygon:
                yield [(float(point[0]), float(point[1])) for point in ring]


def path(ring: Ring) -> str:
    """A closed line. South is down in SVG, so latitudes change their sign."""
    return "M" + "L".join(f"{longitude:.3f} {-latitude:.3f}" for longitude, latitude in ring) + "Z"


def circle(place: Json, radius: float, kind: str, title: str) -> str:
    """One place with its name for the pointer."""
    at = f'cx="{float(place["longitude"]):.4f}" cy="{-float(place["latitude"]):.4f}" r="{radius:.4f}"'
    return f'<circle class="{escape(kind)}" {at}><title>{escape(title)}</title></circle>'
