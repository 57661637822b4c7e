"""Start the server: bind the socket, set tokens and allowed hosts, print the address."""

import errno
import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sextant.app.render.terminal import echo
from sextant.base.errors import SextantError, WrongUse

if TYPE_CHECKING:
    from sextant.graphs.chat import ChatContext

SHORTEST_TOKEN = 16


def serve(
    context: "ChatContext",
    *,
    host: str,
    port: int,
    token: str | None,
    tiles: str | None,
    basemap: str | None,
    reports: str | None,
) -> None:
    """Serve until stopped.

    Raises:
        WrongUse: the address is not loopback and has no token, or the tile address or basemap is invalid.
        SextantError: the port is taken, the extra `web` is missing, or the gallery cannot be opened.
    """
    try:
        from sextant.app.web.connections import (
            run_bounded,
            share_memory,
        )
        from sextant.app.web.security import AccessRules, is_loopback
        from sextant.app.web.server import create_app, find_map_library
    except ImportError as error:
        raise SextantError(f"sextant serve needs {error.name}; run: pip install 'sextant-geo[web]'") from error
    from sextant.app.web.reports import find_reports
    from sextant.app.web.service import SessionService
    from sextant.app.web.tiles import Basemap
    from sextant.graphs.sessions.store import Sessions

    if not is_loopback(host) and not token:
        raise WrongUse(f"--host {host} is reachable by others; set a token with --token TOKEN or SEXTANT_TOKEN")
    if token is not None and not re.fullmatch(rf"[A-Za-z0-9._~-]{{{SHORTEST_TOKEN},}}", token):
        raise WrongUse(f"the token is invalid; use at least {SHORTEST_TOKEN} letters, digits and . _ ~ -")
    find_map_library()
    settings = context.settings
    service = SessionService(
        Sessions(settings.home),
        context,
        find_reports(reports, settings.home),
        tiles=tiles,
        basemap=Basemap(basemap) if basemap else None,
    )
    listening = bind_socket(host, port)
    rules = AccessRules(list_host_names(host), token, parse_tiles_origin(tiles))
    address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"
    service.warm()
    echo(f"Sextant is at {address}{f'?token={token}' if token else ''}  (Ctrl-C stops it)")
    share_memory()
    run_bounded(create_app(service, rules), listening, lambda: service.failure is not None)
    if service.failure:
        raise service.failure


def list_host_names(host: str) -> frozenset[str]:
    """List the names by which requests may call a server that is bound to this address."""
    from sextant.app.web.security import is_loopback

    names = {host.lower(), socket.gethostname().lower()} if not is_loopback(host) else set()
    return frozenset(names | {"127.0.0.1", "localhost", "::1"} | list_addresses(host))


def bind_socket(host: str, port: int) -> socket.socket:
    """Open a socket that listens at this address.

    Raises:
        SextantError: it cannot; the message says why.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SextantError(f"port {port} is in use; choose another with --port, or 0 for any free port") from error
        raise SextantError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another --host or --port"
        ) from error
    return listening


def list_addresses(host: str) -> set[str]:
    """Return the addresses of this machine if the server listens at all of them."""
    if host not in ("0.0.0.0", "::"):
        return set()
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)}
    except OSError:
        return set()


def parse_tiles_origin(tiles: str | None) -> str | None:
    """Return the origin of a tile address.

    Raises:
        WrongUse: it is not an http(s) address with {z}, {x} and {y}.
    """
    if tiles is None:
        return None
    parts = urlsplit(tiles)
    if parts.scheme not in ("https", "http") or not parts.netloc or any(f"{{{n}}}" not in tiles for n in "zxy"):
        raise WrongUse(f"--tiles {tiles!r} is not a tile URL; expected https://HOST/{{z}}/{{x}}/{{y}}.png")
    if not re.fullmatch(r"[A-Za-z0-9.:-]+", parts.netloc):
        raise WrongUse(f"--tiles {tiles!r} has an invalid host name")
    return f"{parts.scheme}://{parts.netloc}"
