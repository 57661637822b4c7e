"""The open services that a user may name: their addresses, what they are told, how often, and their licence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from sextant.base.errors import WrongUse

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Service(StrEnum):
    """An open service."""

    OVERPASS = "overpass"
    NOMINATIM = "nominatim"
    PHOTON = "photon"
    WIKIPEDIA = "wikipedia"
    COMMONS = "commons"
    PANORAMAX = "panoramax"
    MAPILLARY = "mapillary"
    SEARXNG = "searxng"


@dataclass(frozen=True)
class Facts:
    """What is known of a service.

    Attributes:
        base: address of the public server; None where a user must name one.
        pause_s: least seconds between two requests of this machine.
        told: what a request says, in words.
        licence: of what it returns.
        pictures: hosts that its pictures lie on; ``*.`` stands for any name below.
    """

    base: str | None
    pause_s: float
    told: str
    licence: str
    pictures: tuple[str, ...] = ()


_LOOKED_UP = "names and addresses that the model looks up, and the area where it looks"
_OSM = "© OpenStreetMap contributors, ODbL 1.0"
# Pauses: nominatim.org's usage policy asks for at most one request a second of the whole application; Overpass gives an
# address two slots; the others publish no figure.
FACTS: Mapping[Service, Facts] = {
    Service.OVERPASS: Facts(
        "https://overpass-api.de", 2.0, "positions, and the kinds and names of things looked for there", _OSM
    ),
    Service.NOMINATIM: Facts("https://nominatim.openstreetmap.org", 1.1, _LOOKED_UP, _OSM),
    Service.PHOTON: Facts("https://photon.komoot.io", 1.0, _LOOKED_UP, _OSM),
    Service.WIKIPEDIA: Facts("https://en.wikipedia.org", 0.5, "positions of suspected places", "CC BY-SA 4.0"),
    Service.COMMONS: Facts(
        "https://commons.wikimedia.org",
        0.5,
        "positions of suspected places",
        "named with each picture",
        ("upload.wikimedia.org",),
    ),
    Service.PANORAMAX: Facts(
        "https://api.panoramax.xyz",
        0.5,
        "positions of suspected places",
        "named with each picture",
        ("*.panoramax.xyz", "panoramax.openstreetmap.fr", "panoramax.ign.fr"),
    ),
    Service.MAPILLARY: Facts(
        "https://graph.mapillary.com",
        0.5,
        "positions of suspected places and your access token",
        "CC BY-SA 4.0",
        ("*.fbcdn.net",),
    ),
    Service.SEARXNG: Facts(
        None, 1.0, "the words of web searches, which may quote what the photo shows", "of each page"
    ),
}


@dataclass(frozen=True)
class Endpoint:
    """A service and the server that is asked; ``named`` where the user gave its address."""

    service: Service
    base: str
    named: bool

    @property
    def host(self) -> str:
        """The server's host name."""
        return urlsplit(self.base).hostname or ""


def read_services(texts: Sequence[str]) -> dict[Service, Endpoint]:
    """Read the services that a user named, each ``NAME`` or ``NAME=URL``.

    Raises:
        WrongUse: a name is unknown, an address may not be asked, or one is missing.
    """
    found: dict[Service, Endpoint] = {}
    for text in texts:
        name, _, url = text.partition("=")
        if name not in list(Service):
            raise WrongUse(f"--online: unknown service {name!r}; choose from: {', '.join(Service)}")
        service = Service(name)
        base = (url or FACTS[service].base or "").rstrip("/")
        if not base:
            raise WrongUse(
                f"--online: {name} has no public server; name yours, such as {name}=https://search.example.org"
            )
        check_address(base, f"--online {name}")
        found[service] = Endpoint(service, base, bool(url))
    return found


def check_address(url: str, asked_by: str) -> None:
    """Check that an address is https, or http on this machine.

    Raises:
        WrongUse: it is neither, or holds a login.
    """
    try:
        parts = urlsplit(url)
        local = parts.scheme == "http" and parts.hostname in LOOPBACK
        sound = bool(parts.hostname) and not (parts.username or parts.password or parts.query or parts.fragment)
        _ = parts.port
    except ValueError:
        local = sound = False
        parts = urlsplit("")
    if not sound or not (local or parts.scheme == "https"):
        raise WrongUse(f"{asked_by}: {url!r} cannot be asked; give an https:// address, or http:// on this machine")
