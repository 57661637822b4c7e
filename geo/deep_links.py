"""Addresses of services where a person can check a place by eye. Nothing here is fetched: a person opens them."""

from dataclasses import dataclass
from datetime import datetime

_ZOOM = 16


@dataclass(frozen=True)
class LinkTemplate:
    """A service and its address with ``{latitude}``, ``{longitude}``, ``{zoom}``, ``{date}`` and ``{time}``."""

    name: str
    shows: str
    address: str


# The forms that the services document, or use in the address line themselves.
LINKS = (
    LinkTemplate(
        "OpenStreetMap",
        "the map",
        "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map={zoom}/{latitude}/{longitude}",
    ),
    LinkTemplate(
        "Google Maps", "map and satellite", "https://www.google.com/maps/search/?api=1&query={latitude},{longitude}"
    ),
    LinkTemplate(
        "Google Street View",
        "the street",
        "https://www.google.com/maps/@?api=1&map_action=pano&viewpoint={latitude},{longitude}",
    ),
    LinkTemplate(
        "Mapillary", "photos of the street", "https://www.mapillary.com/app/?lat={latitude}&lng={longitude}&z={zoom}"
    ),
    LinkTemplate(
        "Panoramax",
        "photos of the street",
        "https://api.panoramax.xyz/#focus=map&map={zoom}/{latitude}/{longitude}",
    ),
    LinkTemplate(
        "SunCalc",
        "the sun's direction",
        "https://www.suncalc.org/#/{latitude},{longitude},{zoom}/{date}/{time}/1/0",
    ),
    LinkTemplate(
        "Copernicus Browser",
        "satellite pictures by date",
        "https://browser.dataspace.copernicus.eu/?zoom={zoom}&lat={latitude}&lng={longitude}",
    ),
)


def list_deep_links(latitude: float, longitude: float, taken_at: str | None = None) -> list[tuple[LinkTemplate, str]]:
    """List each service with its address for a position (degrees).

    Args:
        taken_at: the photo's local time, ISO 8601, for the sun; noon of midsummer when unknown.
    """
    try:
        when = datetime.fromisoformat(taken_at) if taken_at else datetime(2000, 6, 21, 12)
    except ValueError:
        when = datetime(2000, 6, 21, 12)
    values = {
        "latitude": f"{latitude:.5f}",
        "longitude": f"{longitude:.5f}",
        "zoom": _ZOOM,
        "date": when.strftime("%Y.%m.%d"),
        "time": when.strftime("%H:%M"),
    }
    return [(link, link.address.format(**values)) for link in LINKS]
