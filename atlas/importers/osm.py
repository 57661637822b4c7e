"""Import named features of an OpenStreetMap extract (`.osm.pbf`); ODbL. Needs pyosmium, the extra `osm`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sextant.atlas.gazetteer.feature import Feature, Kind, PlacesSourceError, UnreadableLine
from sextant.base.errors import format_error

LICENCE = "ODbL 1.0, © OpenStreetMap contributors"
_TOWNS = {"city", "town", "village", "hamlet", "municipality", "isolated_dwelling", "farm"}
_QUARTERS = {"suburb", "quarter", "neighbourhood", "borough", "city_block", "square"}
_NAMES = [
    "name:en",
    "name:de",
    "name:fr",
    "name:es",
    "name:it",
    "int_name",
    "alt_name",
    "official_name",
    "old_name",
    "short_name",
    "loc_name",
]
_SIGHTS = [
    "tourism",
    "historic",
    "amenity",
    "shop",
    "office",
    "leisure",
    "man_made",
    "natural",
    "railway",
    "aeroway",
    "building",
    "public_transport",
    "craft",
    "club",
    "healthcare",
    "sport",
    "landuse",
    "boundary",
    "mountain_pass",
    "military",
    "emergency",
    "aerialway",
    "bridge",
    "place",
]
_REGIONS = {"country", "state", "province", "region", "county", "district", "municipality", "continent"}
# Words by which people name the one such building of a town, whatever its own name is.
_GENERIC_NAMES = {
    "post_office": "Post,Postamt,Postgebäude,Post Office,La Poste,Bureau de poste,Correos,Ufficio postale,Почта",
    "townhall": "Rathaus,Gemeindehaus,Town Hall,City Hall,Mairie,Hôtel de ville,Ayuntamiento,Municipio",
    "station": "Bahnhof,Railway Station,Train Station,Gare,Estación,Stazione,Estação,Вокзал",
    "hospital": "Spital,Krankenhaus,Hospital,Hôpital,Ospedale,Больница",
    "library": "Bibliothek,Library,Bibliothèque,Biblioteca,Библиотека",
    "fire_station": "Feuerwehr,Fire Station,Caserne de pompiers,Bomberos",
    "police": "Polizei,Police,Police Station,Policía,Polizia,Полиция",
}
_GENERIC = {tag: tuple(names.split(",")) for tag, names in _GENERIC_NAMES.items()}
_CELL = 500  # parts of a degree: of a street's many pieces one in each cell is kept


def read_features(path: Path) -> Iterator[Feature | UnreadableLine]:
    """Yield the named nodes, ways and areas, at their middle.

    Raises:
        PlacesSourceError: pyosmium is missing, or the file is not an extract.
    """
    try:
        import osmium
        from osmium.filter import KeyFilter
    except ImportError as error:
        raise PlacesSourceError("reading .osm.pbf needs pyosmium; pip install 'sextant-geo[osm]'") from error
    seen: set[tuple[str, int, int]] = set()
    try:
        for thing in osmium.FileProcessor(str(path)).with_areas().with_filter(KeyFilter("name")):
            feature = _make_feature(thing, seen)
            if feature is not None:
                yield feature
    except (RuntimeError, OSError) as error:
        raise PlacesSourceError(
            f"{str(path)!r} cannot be read as an OpenStreetMap extract: {format_error(error)}"
        ) from error


def _make_feature(thing: Any, seen: set[tuple[str, int, int]]) -> Feature | None:
    tags = {tag.k: tag.v for tag in thing.tags}
    kind = _find_kind(tags)
    middle = _find_middle(thing, kind) if kind else None
    if kind is None or middle is None:
        return None
    latitude, longitude = middle
    if kind is Kind.STREET or thing.is_way():
        cell = (tags["name"], int(latitude * _CELL), int(longitude * _CELL))
        if cell in seen:
            return None
        seen.add(cell)
    others = tuple(name for key in _NAMES if key in tags for name in tags[key].split(";") if name.strip())
    others += _GENERIC.get(tags.get("amenity") or tags.get("railway") or "", ())
    famous = "wikidata" in tags or "wikipedia" in tags
    drawn = "tourism" in tags or "historic" in tags
    population = int(tags["population"]) if tags.get("population", "").isdigit() else 0
    prominence = 10 + 40 * famous + 10 * drawn + min(20, population // 1000)
    return Feature(tags["name"], latitude, longitude, kind, None, population, prominence, others)


def _find_kind(tags: dict[str, str]) -> Kind | None:
    place = tags.get("place")
    if place in _TOWNS:
        return Kind.TOWN
    if place in _QUARTERS:
        return Kind.QUARTER
    if place in _REGIONS:
        return Kind.COUNTRY if place == "country" else Kind.REGION
    if "highway" in tags and tags["highway"] not in ("bus_stop", "platform"):
        return Kind.STREET
    if "waterway" in tags or tags.get("natural") == "water":
        return Kind.WATER
    if tags.get("boundary") == "administrative":
        level = tags.get("admin_level", "9")
        return Kind.COUNTRY if level == "2" else Kind.REGION if level < "7" else Kind.TOWN
    return Kind.SIGHT if any(key in tags for key in _SIGHTS) or "highway" in tags else None


def _find_middle(thing: Any, kind: Kind) -> tuple[float, float] | None:
    """Return the position of a node, the middle node of a line, or the middle of an area's box; None for repeats."""
    if thing.is_node():
        return thing.location.lat, thing.location.lon
    if thing.is_way():
        if thing.is_closed() and kind is not Kind.STREET:
            return None  # comes again as an area
        nodes = [node.location for node in thing.nodes if node.location.valid()]
        return (nodes[len(nodes) // 2].lat, nodes[len(nodes) // 2].lon) if nodes else None
    if thing.is_area():
        if kind is Kind.STREET and thing.from_way():
            return None
        places = [node.location for ring in thing.outer_rings() for node in ring if node.location.valid()]
        if not places:
            return None
        north, south = max(place.lat for place in places), min(place.lat for place in places)
        east, west = max(place.lon for place in places), min(place.lon for place in places)
        return (north + south) / 2, (east + west) / 2
    return None
