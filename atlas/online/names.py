"""Ask Nominatim or Photon where a name or an address is."""

from typing import Any

from sextant.atlas.gazetteer.lookup import SearchCircle
from sextant.atlas.map_index.element import Form
from sextant.atlas.map_index.feature_words import name_kinds
from sextant.atlas.map_index.search import MapHit
from sextant.atlas.map_index.shapes import make_bounds
from sextant.atlas.online.client import OnlineClient, OnlineError
from sextant.atlas.online.services import Service
from sextant.geo.sphere import compute_great_circle_km


def search_nominatim(client: OnlineClient, text: str, circle: SearchCircle | None, limit: int) -> list[MapHit]:
    """Search by Nominatim, inside a circle (degrees, km) where one is given.

    Raises:
        OnlineError: as `OnlineClient.ask`.
    """
    parameters = {"q": text, "format": "jsonv2", "limit": str(limit), "accept-language": "en"}
    if circle:
        south, west, north, east = _make_box(circle)
        parameters |= {"viewbox": f"{west:.4f},{north:.4f},{east:.4f},{south:.4f}", "bounded": "1"}
    found = client.ask(Service.NOMINATIM, "/search", parameters)
    if not isinstance(found, list):
        raise OnlineError("nominatim sent no list of places; answer without it")
    hits = [_read_nominatim(one, circle) for one in found if isinstance(one, dict)]
    return [hit for hit in hits if hit][:limit]


def search_photon(client: OnlineClient, text: str, circle: SearchCircle | None, limit: int) -> list[MapHit]:
    """Search by Photon, inside a circle (degrees, km) where one is given.

    Raises:
        OnlineError: as `OnlineClient.ask`.
    """
    parameters = {"q": text, "limit": str(limit), "lang": "en"}
    if circle:
        south, west, north, east = _make_box(circle)
        parameters |= {"lat": f"{circle.latitude:.4f}", "lon": f"{circle.longitude:.4f}"}
        parameters |= {"bbox": f"{west:.4f},{south:.4f},{east:.4f},{north:.4f}"}
    found = client.ask(Service.PHOTON, "/api", parameters)
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list):
        raise OnlineError("photon sent no list of places; answer without it")
    hits = [_read_photon(one, circle) for one in features if isinstance(one, dict)]
    return [hit for hit in hits if hit][:limit]


def _make_box(circle: SearchCircle) -> tuple[float, float, float, float]:
    south, west, north, east = make_bounds(circle.latitude, circle.longitude, 1000 * circle.radius_km).tolist()
    return max(south, -90.0), max(west, -180.0), min(north, 90.0), min(east, 180.0)


def _read_nominatim(one: dict[str, Any], circle: SearchCircle | None) -> MapHit | None:
    shown = str(one.get("display_name", ""))
    name = str(one.get("name") or shown.partition(",")[0])
    kind = name_kinds([f"{one.get('category', '')}={one.get('type', '')}"])
    return _make_hit(name, kind, one.get("lat"), one.get("lon"), shown, circle, Service.NOMINATIM)


def _read_photon(one: dict[str, Any], circle: SearchCircle | None) -> MapHit | None:
    said = one.get("properties")
    at = one.get("geometry")
    if not isinstance(said, dict) or not isinstance(at, dict) or not isinstance(at.get("coordinates"), list):
        return None
    longitude, latitude = (*at["coordinates"][:2], None, None)[:2]
    street = " ".join(str(said[key]) for key in ("street", "housenumber") if said.get(key))
    parts = [street, *(str(said[key]) for key in ("city", "state", "country") if said.get(key))]
    kind = name_kinds([f"{said.get('osm_key', '')}={said.get('osm_value', '')}"])
    name = str(said.get("name") or street or kind)
    return _make_hit(name, kind, latitude, longitude, ", ".join(filter(None, parts)), circle, Service.PHOTON)


def _make_hit(
    name: str, kind: str, latitude: Any, longitude: Any, address: str, circle: SearchCircle | None, source: Service
) -> MapHit | None:
    try:
        at = float(latitude), float(longitude)
    except (TypeError, ValueError):
        return None
    if not (abs(at[0]) <= 90 and abs(at[1]) <= 180):
        return None
    km = None if circle is None else round(float(compute_great_circle_km((circle.latitude, circle.longitude), at)), 3)
    return MapHit(name[:120], kind[:60], *at, 1.0, Form.POINT, address[:160], (), km, 0, source.value)
