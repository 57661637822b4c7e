"""Ask Wikipedia for articles about places near a position."""

from typing import Any

from sextant.atlas.map_index.element import Form
from sextant.atlas.map_index.search import MapHit
from sextant.atlas.online.client import OnlineClient, OnlineError
from sextant.atlas.online.services import Service

_PATH = "/w/api.php"
_LEAST_M, _MOST_M = 10, 10_000  # what geosearch takes


def list_articles(client: OnlineClient, latitude: float, longitude: float, km: float, limit: int) -> list[MapHit]:
    """List the articles about places near a position (degrees), the nearest first.

    Raises:
        OnlineError: as `OnlineClient.ask`, or the server refuses the question.
    """
    parameters = {
        "action": "query", "list": "geosearch", "gscoord": f"{latitude:.5f}|{longitude:.5f}", "format": "json",
        "gsradius": f"{clamp_metres(1000 * km)}", "gslimit": str(limit), "maxlag": "5",
    }  # fmt: skip
    found = client.ask(Service.WIKIPEDIA, _PATH, parameters, check=check_reply)
    return [hit for one in found["query"].get("geosearch", ()) if (hit := _read_article(one))]


def clamp_metres(metres: float) -> int:
    """Return the nearest radius that geosearch takes."""
    return round(min(max(metres, _LEAST_M), _MOST_M))


def check_reply(found: Any) -> None:
    """Check that MediaWiki answered; it reports errors with HTTP 200.

    Raises:
        OnlineError: it did not.
    """
    if not isinstance(found, dict) or "error" in found:
        raise OnlineError("the wiki refused the request or is overloaded (maxlag); answer without it")
    found.setdefault("query", {})
    if not isinstance(found["query"], dict):
        raise OnlineError("the wiki sent a reply without results; answer without it")


def _read_article(one: Any) -> MapHit | None:
    try:
        at, km = (float(one["lat"]), float(one["lon"])), float(one["dist"]) / 1000
        name = str(one["title"])[:120]
    except (KeyError, TypeError, ValueError):
        return None
    return MapHit(name, "article", *at, 1.0, Form.POINT, "", (), round(km, 3), 10, Service.WIKIPEDIA.value)
