"""Ask a SearXNG server for web pages."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sextant.atlas.online.client import OnlineClient, OnlineError
from sextant.atlas.online.services import Service

_TITLE, _EXCERPT = 120, 300


@dataclass(frozen=True)
class WebPage:
    """A page that was found: its title, the site it stands on and an excerpt. It is never fetched."""

    title: str
    site: str
    excerpt: str


def search_web(client: OnlineClient, text: str, limit: int) -> list[WebPage]:
    """Search the web, the best first.

    Raises:
        OnlineError: as `OnlineClient.ask`; HTTP 403 means that the server does not offer JSON.
    """
    found = client.ask(Service.SEARXNG, "/search", {"q": text, "format": "json", "categories": "general"})
    results = found.get("results") if isinstance(found, dict) else None
    if not isinstance(results, list):
        raise OnlineError("searxng sent no list of pages; answer without it")
    return [_read_page(one) for one in results if isinstance(one, dict)][:limit]


def _read_page(one: dict[str, object]) -> WebPage:
    try:
        site = urlsplit(str(one.get("url", ""))).hostname or ""
    except ValueError:
        site = ""
    title, excerpt = (" ".join(str(one.get(name) or "").split()) for name in ("title", "content"))
    return WebPage(title[:_TITLE], site[:80], excerpt[:_EXCERPT])
