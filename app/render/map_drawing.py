"""Draw a piece of the map index as SVG: streets, water, areas, and numbered hits."""

from collections.abc import Sequence
from html import escape

import numpy as np
import shapely
from shapely.geometry import mapping

from sextant.atlas.map_index.element import Form
from sextant.atlas.map_index.rows import Row
from sextant.atlas.map_index.search import MapIndex
from sextant.base.json_types import Json
from sextant.base.printable import make_printable
from sextant.geo.sphere import compute_great_circle_km
from sextant.geo.svg_map import Ring, Window, draw_area, draw_dot, make_window_around

_WIDTH = 900.0
_LEAST_DEGREES = 0.008  # of longitude: some 600 m at middle latitudes
_METRES_PER_DEGREE = 111_195.0
_LINE = 17  # pixels of a line of the list
_APART_X, _APART_Y = 40.0, 14.0  # pixels between two dots with a number each
_MOST_KM = 8.0  # of a wider window only the dots are drawn
_STYLE = (
    "svg{background:#f6f4ef}.street{fill:none;stroke:#b9b0a2;stroke-width:2}.water{fill:#a9cbe4;stroke:#7fb0d3}"
    ".river{fill:none;stroke:#7fb0d3;stroke-width:3}.rail{fill:none;stroke:#777;stroke-width:1.5;stroke-dasharray:6 4}"
    ".green{fill:#cfe3c1}.building{fill:#dcd3c7}.hit{fill:#c8102e;stroke:#fff;stroke-width:2}"
    "text{font:12px sans-serif;fill:#222;paint-order:stroke;stroke:#fff;stroke-width:3px}"
)
_SOURCE = "© OpenStreetMap contributors"


def draw_hits(index: MapIndex, hits: Sequence[tuple[str, float, float]], reach_m: float | None = None) -> str:
    """Return the drawing of hits: name, latitude, longitude (degrees), numbered in their order, with a list below.

    Args:
        index: what is drawn beneath.
        hits: those at one spot share a dot.
        reach_m: metres round the first hit that are shown at least; else a window of some 600 m.
    """
    positions = [(latitude, longitude) for _, latitude, longitude in hits]
    least = _LEAST_DEGREES if reach_m is None else 4 * reach_m / _METRES_PER_DEGREE
    window = make_window_around(positions, _WIDTH, least, 1.4 if reach_m is None else 1.05)
    shapes: list[str] = []
    corners = (window.south, window.west), (window.north, window.east)
    if float(compute_great_circle_km(*corners)) <= _MOST_KM:
        middle = (window.south + window.north) / 2, (window.west + window.east) / 2
        rows = index.inside(*middle, 500 * float(compute_great_circle_km(*corners)))
        shapes += [drawn for row in sorted(rows, key=_order) for drawn in _draw(window, row)]
    shapes += _draw_dots(window, hits)
    listed = [f"{number}. {name}" for number, (name, _, _) in enumerate(hits, 1)] + [_SOURCE]
    height = window.height + _LINE * len(listed) + 12
    lines = "".join(
        f'<text x="8" y="{window.height + _LINE * row:.0f}">{escape(make_printable(words))}</text>'
        for row, words in enumerate(listed, 1)
    )
    size = f'viewBox="0 0 {window.width:.0f} {height:.0f}" width="{window.width:.0f}" height="{height:.0f}"'
    inside = f'viewBox="0 0 {window.width:.0f} {window.height:.0f}"'
    map_size = f'{inside} width="{window.width:.0f}" height="{window.height:.0f}" overflow="hidden"'
    drawn = f"<svg {map_size}>{''.join(shapes)}</svg>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{_STYLE}</style>{drawn}{lines}</svg>'


def _draw_dots(window: Window, hits: Sequence[tuple[str, float, float]]) -> list[str]:
    """Draw a dot with its number for each hit; hits that would cover one another share the first one's."""
    groups: list[tuple[float, float, list[int]]] = []
    for number, (_, latitude, longitude) in enumerate(hits, 1):
        x, y = window.place(latitude, longitude)
        near = (group for group in groups if abs(group[0] - x) <= _APART_X and abs(group[1] - y) <= _APART_Y)
        found = next(near, None)
        if found:
            found[2].append(number)
        else:
            groups.append((x, y, [number]))
    drawn = []
    for x, y, numbers in groups:
        first = hits[numbers[0] - 1]
        words = "; ".join(hits[number - 1][0] for number in numbers)
        drawn.append(draw_dot(window, {"latitude": first[1], "longitude": first[2]}, 7, "hit", words))
        drawn.append(f'<text x="{x + 10:.0f}" y="{y + 4:.0f}">{", ".join(map(str, numbers))}</text>')
    return drawn


def list_map_shapes(index: MapIndex, latitude: float, longitude: float, metres: float) -> Json:
    """Return what the map has round a position (degrees) as GeoJSON; each feature has its ``style`` and ``name``."""
    features = []
    for row in sorted(index.inside(latitude, longitude, min(metres, 1000 * _MOST_KM / 2)), key=_order):
        style = _name_style(row)
        if style:
            facts = {"style": style, "name": make_printable(row.name or "")}
            features.append({"type": "Feature", "geometry": mapping(row.shape), "properties": facts})
    return {"type": "FeatureCollection", "features": features, "attribution": _SOURCE}


def _order(row: Row) -> tuple[int, int]:
    return ("green", "water", "building", "river", "rail", "street", "").index(_name_style(row)), row.number


def _name_style(row: Row) -> str:
    """Return the style that a thing is drawn with; empty where it is not drawn."""
    first = row.kinds[0] if row.kinds else ""
    if row.form == Form.LINE:
        styles = {"highway": "street", "waterway": "river", "railway": "rail"}
        return styles.get(first.partition("=")[0], "")
    if row.form != Form.AREA or "boundary=administrative" in row.kinds:
        return ""
    if "natural=water" in row.kinds:
        return "water"
    if first.startswith("leisure=") or first in ("landuse=vineyard", "landuse=cemetery", "landuse=forest"):
        return "green"
    return "building" if any(kind.startswith("building=") for kind in row.kinds) or row.address else ""


def _draw(window: Window, row: Row) -> list[str]:
    style = _name_style(row)
    if not style:
        return []
    if row.form == Form.LINE:
        corners = (window.place(y, x) for x, y in shapely.get_coordinates(row.shape).tolist())
        return [f'<polyline class="{style}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}"/>']
    rings: list[Ring] = []
    for part in shapely.get_parts(np.array([row.shape], dtype=object)).tolist():
        if part.geom_type == "Polygon":
            rings.append([(float(x), float(y)) for x, y in shapely.get_coordinates(part.exterior).tolist()])
    return [draw_area(window, rings, style)] if rings else []
