"""Ask Commons, Panoramax and Mapillary for pictures taken near a position."""

import html
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sextant.atlas.map_index.shapes import make_bounds
from sextant.atlas.online.client import OnlineClient, OnlineError
from sextant.atlas.online.services import FACTS, Service
from sextant.atlas.online.wiki import check_reply, clamp_metres
from sextant.geo.sphere import compute_bearing_degrees, compute_great_circle_km

_MOST = 30
_BOX_M = 400.0  # Mapillary takes boxes below 0.01 square degrees
_TAGS = re.compile(r"<[^>]*>")
_THUMBNAIL = "640"
# A camera sees about 60 to 90 degrees: a picture that was taken looking further away from the place does not show it.
_SIDE_DEGREES = 60.0
_HERE_M = 15.0  # so near, direction says nothing: positions are not that sharp
PICTURES = (Service.COMMONS, Service.PANORAMAX, Service.MAPILLARY)


@dataclass(frozen=True)
class NearPicture:
    """A picture near a position: degrees, metres from it, where its file is, whose it is."""

    service: Service
    id: str
    latitude: float
    longitude: float
    metres: float
    url: str
    taken: str
    licence: str


def list_pictures(
    client: OnlineClient, service: Service, latitude: float, longitude: float, metres: float, token: str | None = None
) -> list[NearPicture]:
    """List the pictures of one service near a position (degrees) that look towards it, the nearest first.

    Where a service does not say in which direction a picture was taken, it counts as looking there.

    Args:
        token: Mapillary's access token.

    Raises:
        OnlineError: as `OnlineClient.ask`, or the token is missing.
    """
    found = _LISTERS[service](client, latitude, longitude, metres, token)
    pictures = [one for one in found if one and one.metres <= metres]
    return sorted(pictures, key=lambda one: (one.metres, one.id))


def _list_commons(
    client: OnlineClient, latitude: float, longitude: float, metres: float, token: str | None
) -> list[NearPicture | None]:
    parameters = {
        "action": "query", "format": "json", "generator": "geosearch", "ggsnamespace": "6", "ggslimit": str(_MOST),
        "ggscoord": f"{latitude:.5f}|{longitude:.5f}", "ggsradius": f"{clamp_metres(metres)}",
        "prop": "imageinfo|coordinates", "iiprop": "url|extmetadata|mime", "iiurlwidth": _THUMBNAIL, "maxlag": "5",
    }  # fmt: skip
    found = client.ask(Service.COMMONS, "/w/api.php", parameters, check=check_reply)
    pages = found["query"].get("pages", {})
    return [_read_commons(one, latitude, longitude) for one in (pages.values() if isinstance(pages, dict) else ())]


def _read_commons(one: Any, latitude: float, longitude: float) -> NearPicture | None:
    try:
        at, file = one["coordinates"][0], one["imageinfo"][0]
        about = file.get("extmetadata", {})
        if not str(file.get("mime", "image/")).startswith("image/"):
            return None
        said = {
            name: _plain(about.get(name, {}).get("value", ""))
            for name in ("LicenseShortName", "Artist", "DateTimeOriginal")
        }
        licence = ", ".join(filter(None, (said["LicenseShortName"], said["Artist"])))
        return _make(
            Service.COMMONS, one["title"], at["lat"], at["lon"], file.get("thumburl") or file["url"],
            said["DateTimeOriginal"], licence, latitude, longitude,
        )  # fmt: skip
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return None


def _list_panoramax(
    client: OnlineClient, latitude: float, longitude: float, metres: float, token: str | None
) -> list[NearPicture | None]:
    parameters = {
        "place_position": f"{longitude:.5f},{latitude:.5f}", "place_distance": f"0-{min(metres, 50.0):.0f}",
        "limit": str(_MOST),
    }  # fmt: skip
    found = client.ask(Service.PANORAMAX, "/api/search", parameters)
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list):
        raise OnlineError("panoramax sent no list of pictures; answer without it")
    return [_read_panoramax(one, latitude, longitude) for one in features]


def _read_panoramax(one: Any, latitude: float, longitude: float) -> NearPicture | None:
    try:
        said, assets = one["properties"], one["assets"]
        east, north = one["geometry"]["coordinates"][:2]
        url = (assets.get("sd") or assets.get("thumb") or assets["hd"])["href"]
        lens = said.get("pers:interior_orientation")
        sphere = isinstance(lens, dict) and lens.get("field_of_view") == 360
        if not sphere and not looks_at(float(north), float(east), said.get("view:azimuth"), latitude, longitude):
            return None
        return _make(
            Service.PANORAMAX, one["id"], north, east, url, said.get("datetime", ""), said.get("license", ""),
            latitude, longitude,
        )  # fmt: skip
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return None


def _list_mapillary(
    client: OnlineClient, latitude: float, longitude: float, metres: float, token: str | None
) -> list[NearPicture | None]:
    if not token:
        raise OnlineError("mapillary needs a token; set MAPILLARY_TOKEN")
    south, west, north, east = make_bounds(latitude, longitude, min(metres, _BOX_M)).tolist()
    parameters = {
        "fields": "id,computed_geometry,compass_angle,captured_at,thumb_1024_url,is_pano",
        "bbox": f"{west:.5f},{south:.5f},{east:.5f},{north:.5f}",
        "limit": str(_MOST),
    }
    found = client.ask(Service.MAPILLARY, "/images", parameters, secret={"access_token": token})
    data = found.get("data") if isinstance(found, dict) else None
    if not isinstance(data, list):
        raise OnlineError("mapillary sent no list of pictures; answer without it")
    return [_read_mapillary(one, latitude, longitude) for one in data]


def _read_mapillary(one: Any, latitude: float, longitude: float) -> NearPicture | None:
    try:
        if one.get("is_pano"):
            return None  # a whole sphere shows everything and nothing
        east, north = one["computed_geometry"]["coordinates"][:2]
        if not looks_at(float(north), float(east), one.get("compass_angle"), latitude, longitude):
            return None
        licence = FACTS[Service.MAPILLARY].licence
        taken = _name_day(one.get("captured_at"))
        return _make(
            Service.MAPILLARY, one["id"], north, east, one["thumb_1024_url"], taken, licence, latitude, longitude
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return None


def looks_at(north: float, east: float, azimuth: Any, latitude: float, longitude: float) -> bool:
    """Return whether a picture taken at a position (degrees) may show a place.

    Args:
        azimuth: degrees from north towards which it was taken; anything else than a number: not known.
        latitude: of the place, degrees; longitude: the same.
    """
    if isinstance(azimuth, bool) or not isinstance(azimuth, int | float) or not math.isfinite(azimuth):
        return True
    if 1000 * float(compute_great_circle_km((north, east), (latitude, longitude))) <= _HERE_M:
        return True
    bearing = float(compute_bearing_degrees((north, east), (latitude, longitude)))
    return abs((azimuth - bearing + 180.0) % 360.0 - 180.0) <= _SIDE_DEGREES


def _name_day(milliseconds: Any) -> str:
    from datetime import UTC, datetime

    if not isinstance(milliseconds, int | float) or not 0 < milliseconds < 1e14:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def _make(
    service: Service,
    id: Any,
    north: Any,
    east: Any,
    url: Any,
    taken: Any,
    licence: Any,
    latitude: float,
    longitude: float,
) -> NearPicture:
    at = float(north), float(east)
    if not (math.isfinite(at[0]) and abs(at[0]) <= 90 and abs(at[1]) <= 180):
        raise ValueError("not a position")
    metres = 1000 * float(compute_great_circle_km((latitude, longitude), at))
    return NearPicture(
        service, _plain(id)[:80], *at, round(metres, 1), str(url), _plain(taken)[:10], _plain(licence)[:120]
    )


def _plain(text: Any) -> str:
    """Return a text without the markup that Commons puts around names."""
    return " ".join(html.unescape(_TAGS.sub(" ", str(text))).split())


_Lister = Callable[[OnlineClient, float, float, float, str | None], list[NearPicture | None]]
_LISTERS: dict[Service, _Lister] = {
    Service.COMMONS: _list_commons,
    Service.PANORAMAX: _list_panoramax,
    Service.MAPILLARY: _list_mapillary,
}
