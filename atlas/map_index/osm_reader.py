"""Read an OpenStreetMap extract (`.osm.pbf`) as map elements; ODbL. Needs pyosmium, the extra `osm`."""

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from sextant.atlas.map_index.element import Element, Form, MapError
from sextant.base.arrays import Floats
from sextant.base.errors import format_error
from sextant.base.packages import require_package
from sextant.base.yaml_text import parse_yaml

LICENCE = "ODbL 1.0, © OpenStreetMap contributors"
# Keys that say what a thing is, the most telling first.
_KEYS = (
    "historic", "tourism", "amenity", "shop", "railway", "aeroway", "aerialway", "leisure", "man_made", "natural",
    "waterway", "place", "office", "craft", "healthcare", "club", "highway", "power", "military", "building", "landuse",
    "boundary", "public_transport", "barrier", "emergency",
)  # fmt: skip
# Keys that say more about it, and are searched too.
_DETAILS = (
    "religion", "denomination", "cuisine", "sport", "bridge", "tunnel", "castle_type", "tower:type", "generator:source",
    "memorial", "station", "bridge:structure", "crossing", "brand", "water", "junction",
)  # fmt: skip
_SHOWN = ("brand", "operator", "ele", "start_date", "opening_hours", "website", "wikidata", "admin_level", "ref")
_NAMES = (
    "name:en", "name:de", "name:fr", "name:es", "name:it", "int_name", "alt_name", "official_name", "old_name",
    "short_name", "loc_name", "brand", "bridge:name",
)  # fmt: skip
_LINES = ("highway", "waterway", "railway", "barrier", "aerialway", "power", "man_made")
_LARGE_BYTES = 300_000_000  # of a larger extract the positions of nodes are kept on disk
_MANY = 400  # positions of a shape, above which it is simplified
_TOLERANCE = 2e-5  # degrees, 2 m
_LONGEST = 200


def read_elements(path: Path, scratch: Path) -> Iterator[Element]:
    """Yield what the extract holds that can be searched, always in the same order.

    Args:
        path: the extract.
        scratch: a file that may be made, for the positions of nodes of a large extract.

    Raises:
        MissingPackage: pyosmium is not installed.
        MapError: the file is not an extract, or is cut off.
    """
    require_package("osmium", "Reading .osm.pbf", "osm")
    import osmium
    from osmium.filter import KeyFilter

    storage = f"sparse_file_array,{scratch}" if path.stat().st_size > _LARGE_BYTES else "flex_mem"
    try:
        # The key filter stands behind the assembly of areas: nodes without tags never reach Python.
        reader = osmium.FileProcessor(str(path)).with_locations(storage).with_areas()
        for thing in reader.with_filter(KeyFilter(*_KEYS, "addr:housenumber", "bridge")):
            element = _make_element(thing)
            if element is not None:
                yield element
    except (RuntimeError, OSError) as error:
        raise MapError(
            f"{str(path)!r} cannot be read as an OpenStreetMap extract: {format_error(error)}; download it again"
        ) from error


def _make_element(thing: Any) -> Element | None:
    # A line break in a name would look like a hit of its own.
    tags = {tag.k: " ".join(tag.v.split()) for tag in thing.tags}
    kinds = list_kinds(tags)
    address = _make_address(tags)
    if not kinds and not address:
        return None
    shape = _read_shape(thing, tags)
    if shape is None:
        return None
    form, parts = shape
    latitude, longitude = _find_middle(form, parts)
    others = sorted(key for key in tags if key.startswith("name:") and key not in _NAMES)
    names = tuple(
        name.strip()[:_LONGEST]
        for key in (*_NAMES, *others)
        if key in tags
        for name in tags[key].split(";")
        if name.strip()
    )
    shown = {key: tags[key][:_LONGEST] for key in _SHOWN if key in tags}
    famous = 40 * ("wikidata" in tags or "wikipedia" in tags) + 10 * ("tourism" in tags) + 10 * ("historic" in tags)
    population = int(tags["population"]) if tags.get("population", "").isdigit() else 0
    prominence = min(100, famous + min(20, population // 1000))
    name = tags.get("name", "")[:_LONGEST]
    return Element(name, names, kinds, shown, latitude, longitude, form, parts, address, prominence)


@lru_cache(maxsize=1)
def _load_kept() -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Return by key which values are kept without a name, and what is never kept."""
    text = (files("sextant.atlas.map_index") / "data" / "kept.yaml").read_text(encoding="utf-8")
    kept = parse_yaml(text)
    return {key: frozenset(values) for key, values in kept["unnamed"].items()}, frozenset(kept["never"])


def list_kinds(tags: dict[str, str]) -> tuple[str, ...]:
    """Return what a thing is; nothing where it is of no use in a search."""
    unnamed, never = _load_kept()
    named = "name" in tags or "brand" in tags
    kept = []
    for key in _KEYS:
        value = tags.get(key)
        if value is None or value == "no" or f"{key}={value}" in never:
            continue
        wanted = unnamed.get(key)
        # A road over a bridge or in a tunnel is looked for by what it crosses.
        carried = key in ("highway", "railway") and ("bridge" in tags or "tunnel" in tags)
        if named or wanted is None or value in wanted or carried:
            kept.append(f"{key}={value}"[:80])
    if kept:
        details = [(key, value.strip()) for key in _DETAILS for value in tags.get(key, "no").split(";")]
        kept += [f"{key}={value}"[:80] for key, value in details if value != "no"]
    elif "bridge" in tags and tags["bridge"] != "no":
        kept.append("bridge=yes")
    return tuple(dict.fromkeys(kept))


def _make_address(tags: dict[str, str]) -> str:
    number = tags.get("addr:housenumber")
    street = tags.get("addr:street") or tags.get("addr:place")
    return f"{street} {number}"[:_LONGEST] if number and street else ""


def _read_shape(thing: Any, tags: dict[str, str]) -> tuple[Form, tuple[Floats, ...]] | None:
    """Return form and parts of a node, way or area; None for what comes again in another form."""
    if thing.is_node():
        return Form.POINT, (np.array([(thing.location.lat, thing.location.lon)]),)
    if thing.is_way():
        line = any(key in tags for key in _LINES) and tags.get("area") != "yes"
        if thing.is_closed() and not line:
            return None  # it comes again as an area
        part = _list_positions(thing.nodes)
        return (Form.LINE, (_simplify(part),)) if len(part) > 1 else None
    if thing.is_area():
        line = any(key in tags for key in _LINES) and tags.get("area") != "yes"
        if thing.from_way() and line:
            return None  # it came as a way
        parts = tuple(_simplify(part) for part in map(_list_positions, thing.outer_rings()) if len(part) > 2)
        return (Form.AREA, parts) if parts else None
    return None


def _list_positions(nodes: Any) -> Floats:
    places = [(node.location.lat, node.location.lon) for node in nodes if node.location.valid()]
    return np.array(places).reshape(-1, 2)


def _simplify(part: Floats) -> Floats:
    if len(part) <= _MANY:
        return part
    from shapely import LineString, get_coordinates

    return np.asarray(get_coordinates(LineString(part).simplify(_TOLERANCE)))


def _find_middle(form: Form, parts: tuple[Floats, ...]) -> tuple[float, float]:
    """Return the middle node of a line, or the centroid of an area's largest ring."""
    if form is not Form.AREA:
        middle = parts[0][len(parts[0]) // 2]
        return float(middle[0]), float(middle[1])
    ring = max(parts, key=len)
    origin = ring[0]
    y, x = (ring - origin).T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    area = float(cross.sum()) / 2
    if abs(area) < 1e-14:
        return float(origin[0]), float(origin[1])
    longitude = float(((x + np.roll(x, -1)) * cross).sum()) / (6 * area)
    latitude = float(((y + np.roll(y, -1)) * cross).sum()) / (6 * area)
    return float(origin[0]) + latitude, float(origin[1]) + longitude
