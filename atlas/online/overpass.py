"""Ask Overpass: things of OpenStreetMap by name, by kind and by what stands near them; what lies at a position."""

import re
from collections.abc import Sequence
from typing import Any

import shapely

from sextant.atlas.gazetteer.lookup import SearchCircle
from sextant.atlas.map_index.around import Near, Surroundings
from sextant.atlas.map_index.element import Form
from sextant.atlas.map_index.feature_words import find_feature_word, name_kinds
from sextant.atlas.map_index.osm_reader import list_kinds
from sextant.atlas.map_index.query import Question, Relation, read_questions
from sextant.atlas.map_index.search import MapHit
from sextant.atlas.map_index.shapes import find_nearest_point, measure_metres
from sextant.atlas.online.client import OnlineClient, OnlineError
from sextant.atlas.online.services import Service
from sextant.geo.sphere import compute_bearing_degrees, compute_great_circle_km

_HEAD = "[out:json][timeout:25];"
_MOST = 60
_MOST_THINGS = 25
_STREET_M = 100
SOURCE = "overpass"


def search_overpass(client: OnlineClient, text: str, circle: SearchCircle, limit: int) -> list[MapHit]:
    """Search inside a circle (degrees, km): the reading of the question with the most structure comes first.

    Raises:
        OnlineError: as `OnlineClient.ask`, or the server gave up.
    """
    for question in read_questions(text)[:2]:
        found = _ask(client, write_query(question, circle))
        hits = [hit for one in found if (hit := _make_hit(one, question, circle))]
        if hits:
            hits.sort(key=lambda hit: (hit.km or 0.0, hit.name))
            return hits[:limit]
    return []


def write_query(question: Question, circle: SearchCircle) -> str:
    """Write a question in Overpass QL."""
    around = f"(around:{circle.radius_km * 1000:.0f},{circle.latitude:.5f},{circle.longitude:.5f})"
    conditions = question.conditions
    if conditions and conditions[0].relation is Relation.CROSSING:
        first, second = (
            f'way["highway"]{_match_name(name)}{around}->.{letter};'
            for name, letter in ((question.what, "a"), (conditions[0].what, "b"))
        )
        return f"{_HEAD}{first}{second}node(w.a)(w.b);out {_MOST};"
    text, area = _HEAD, around
    for number, condition in enumerate(conditions):
        text += f"({_select(condition.what, area)})->.c{number};"
        area = f"(around.c{number}:{condition.metres:.0f})"
    return f"{text}({_select(question.what, area)});out center tags {_MOST};"


def _select(what: str, area: str) -> str:
    word = find_feature_word(what)
    if word is None:
        return f"nwr{_match_name(what)}{area};"
    return "".join(f"nwr{''.join(map(_match_tag, sorted(kind)))}{area};" for kind in word.kinds)


def _match_tag(kind: str) -> str:
    key, _, value = kind.partition("=")
    return f'["{_escape(key)}"]' if value in ("", "*") else f'["{_escape(key)}"="{_escape(value)}"]'


def _match_name(name: str) -> str:
    plain = re.sub(r"([.\\+*?\[\](){}^$|])", r"\\\1", name)
    return f'["name"~"^{_escape(plain)}$",i]'


def _escape(text: str) -> str:
    """Return a text as it may stand between quotes in Overpass QL: foreign text must not end them."""
    bare = "".join(char for char in text if char.isprintable())
    return bare.replace("\\", "\\\\").replace('"', '\\"')


def describe_overpass(client: OnlineClient, latitude: float, longitude: float, metres: float) -> Surroundings:
    """Describe what lies within so many metres of a position (degrees).

    Raises:
        OnlineError: as `OnlineClient.ask`, or the server gave up.
    """
    at = f"{latitude:.5f},{longitude:.5f}"
    named = f'nwr(around:{metres:.0f},{at})["name"]["highway"!~"."];nwr(around:{metres:.0f},{at})["addr:housenumber"];'
    streets = f'way(around:{_STREET_M},{at})["highway"]["name"];'
    found = _ask(client, f"{_HEAD}({named});out center tags {_MOST};{streets}out geom tags 20;")
    things, roads, address = [], [], None
    for one in found:
        tags = _read_tags(one)
        near = _measure(one, latitude, longitude)
        if near is None:
            continue
        if "highway" in tags and "name" in tags:
            roads.append(near)
        elif "name" in tags and near.metres <= metres:
            things.append(near)
        if "addr:housenumber" in tags and "addr:street" in tags and near.metres <= 60.0:
            held = f"{tags['addr:street']} {tags['addr:housenumber']}"
            address = min(address or (near.metres, held), (near.metres, held))
    roads.sort(key=lambda one: (one.metres, one.name))
    things.sort(key=lambda one: (one.metres, one.name))
    crossing = next((road for road in roads[1:] if road.name != roads[0].name and road.metres <= 40.0), None)
    once = {(one.name, one.kind): one for one in reversed(things)}
    kept = sorted(once.values(), key=lambda one: (one.metres, one.name))[:_MOST_THINGS]
    return Surroundings(
        latitude, longitude, address[1] if address else None, roads[0] if roads else None, crossing, (), tuple(kept)
    )


def list_overpass_sights(client: OnlineClient, latitude: float, longitude: float, km: float) -> list[MapHit]:
    """List sights near a position (degrees), those that an encyclopedia knows.

    Raises:
        OnlineError: as `OnlineClient.ask`, or the server gave up.
    """
    circle = SearchCircle(latitude, longitude, km)
    area = f"(around:{km * 1000:.0f},{latitude:.5f},{longitude:.5f})"
    kinds = (
        '["tourism"~"^(attraction|museum|viewpoint|gallery|zoo)$"]',
        '["historic"]',
        '["man_made"~"^(tower|bridge)$"]',
    )
    selected = "".join(f'nwr["wikidata"]["name"]{kind}{area};' for kind in kinds)
    found = _ask(client, f"{_HEAD}({selected});out center tags {_MOST};")
    hits = [hit for one in found if (hit := _make_hit(one, Question(""), circle))]
    return sorted(hits, key=lambda hit: (hit.km or 0.0, hit.name))


def _ask(client: OnlineClient, query: str) -> list[dict[str, Any]]:
    found = client.ask(Service.OVERPASS, "/api/interpreter", {"data": query}, form=True, check=_check)
    return [one for one in found["elements"] if isinstance(one, dict)]


def _check(found: Any) -> None:
    """Refuse a reply that the server did not finish: it says so in `remark`, with HTTP 200."""
    if not isinstance(found, dict) or not isinstance(found.get("elements"), list):
        raise OnlineError("overpass sent a reply without elements; answer without it")
    if found.get("remark"):
        raise OnlineError("overpass could not finish this request in time; ask for a smaller area")


def _read_tags(one: dict[str, Any]) -> dict[str, str]:
    tags = one.get("tags")
    return {str(key): str(value) for key, value in tags.items()} if isinstance(tags, dict) else {}


def _find_position(one: dict[str, Any]) -> tuple[float, float] | None:
    at = one.get("center", one)
    try:
        latitude, longitude = float(at["lat"]), float(at["lon"])
    except (KeyError, TypeError, ValueError):
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _make_hit(one: dict[str, Any], question: Question, circle: SearchCircle) -> MapHit | None:
    at, tags = _find_position(one), _read_tags(one)
    if at is None:
        return None
    crossing = bool(question.conditions) and question.conditions[0].relation is Relation.CROSSING
    name = f"{question.what} / {question.conditions[0].what}" if crossing else tags.get("name", "")
    kind = "crossing" if crossing else name_kinds(list(list_kinds(tags)))
    km = float(compute_great_circle_km((circle.latitude, circle.longitude), at))
    address = f"{tags.get('addr:street', '')} {tags.get('addr:housenumber', '')}".strip()
    return MapHit(name or kind, kind, *at, 1.0, Form.POINT, address, (), round(km, 3), 0, SOURCE)


def _measure(one: dict[str, Any], latitude: float, longitude: float) -> Near | None:
    tags = _read_tags(one)
    line = _read_line(one.get("geometry"))
    at = _find_position(one)
    point = shapely.Point(longitude, latitude)
    if line is not None:
        metres = measure_metres(line, point, latitude)
        at = find_nearest_point(line, point, latitude)
    elif at is not None:
        metres = 1000 * float(compute_great_circle_km((latitude, longitude), at))
    else:
        return None
    bearing = float(compute_bearing_degrees((latitude, longitude), at)) if metres >= 1 else 0.0
    kind = name_kinds(list(list_kinds(tags)))
    return Near(tags.get("name", ""), kind, metres, bearing, round(at[0], 6), round(at[1], 6))


def _read_line(geometry: Any) -> shapely.LineString | None:
    if not isinstance(geometry, Sequence) or len(geometry) < 2:
        return None
    try:
        return shapely.LineString([(float(at["lon"]), float(at["lat"])) for at in geometry])
    except (KeyError, TypeError, ValueError):
        return None
