"""Access control of the server: Host, Origin, token, and the headers of every response."""

import asyncio
import hmac
import re
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "sextant"
DELAY_S = 0.1  # for each wrong token of the last minute
LONGEST_DELAY_S = 3.0
DELAYED_AT_ONCE = 64
HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?")
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class AccessRules:
    """Who may come in.

    Attributes:
        hosts: names (without port) that a request's Host may have; anything else is DNS rebinding.
        token: asked of every request when set: as ``?token=`` once, then as a cookie or a bearer header.
        tiles: origin of online map tiles, where they are switched on.
        bearer: whether the token counts in the Authorization header alone, which no other site can send: a change then
            needs neither an Origin nor X-Sextant.
    """

    hosts: frozenset[str]
    token: str | None = None
    tiles: str | None = None
    bearer: bool = False

    def policy(self) -> str:
        """Return the content-security policy of the page: its own files only."""
        images = "'self' data: blob:" + (f" {self.tiles}" if self.tiles else "")
        return (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; connect-src 'self'; "
            "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


# A report is somebody's HTML: it may show itself and do nothing else.
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
)


def is_loopback(host: str) -> bool:
    """Return whether binding there is reachable from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class HttpGuard:
    """ASGI middleware in front of everything, the event stream included."""

    def __init__(self, app: ASGIApp, rules: AccessRules) -> None:
        self.app = app
        self.rules = rules
        self._wrong = WrongTokens()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if sum(name == b"host" for name, _ in scope["headers"]) > 1:
            headers["host"] = ""  # which one is meant is anybody's guess
        refusal = self._refusal(scope, headers)
        if refusal:
            if refusal[0] == 401 and self._given(scope, headers):
                refusal = await self._wrong.slow_down(refusal)
            await _send_plain(send, *refusal)
            return
        if self._by_address(scope):
            # The token leaves the address bar, where it would be copied along.
            cookie = f"{COOKIE}={self.rules.token}; HttpOnly; SameSite=Strict; Path=/"
            await _send_plain(send, 303, "", [(b"location", b"/"), (b"set-cookie", cookie.encode())])
            return
        await self.app(scope, receive, self._with_headers(send))

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if _name(host) not in self.rules.hosts:
            return 421, "this server does not accept that host name\n"
        origin = headers.get("origin")
        unsafe = scope["method"] in _UNSAFE
        if origin is not None and (urlsplit(origin).netloc != host or urlsplit(origin).scheme not in ("http", "https")):
            return 403, "requests from other sites are refused\n"
        if unsafe and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "requests from other sites are refused\n"
        if unsafe and origin is None and "x-sextant" not in headers and not self.rules.bearer:
            return 403, "a change needs an Origin or the header X-Sextant\n"
        if self.rules.token and not self._is_known(scope, headers):
            return 401, "this server requires its token; open the address that it printed\n"
        return None

    def _is_known(self, scope: Scope, headers: dict[str, str]) -> bool:
        token = (self.rules.token or "").encode()
        return any(hmac.compare_digest(one.encode(), token) for one in self._given(scope, headers))

    def _given(self, scope: Scope, headers: dict[str, str]) -> list[str]:
        """Return the tokens that a request brings."""
        given = [headers.get("authorization", "").removeprefix("Bearer ").strip()]
        if self.rules.bearer:
            return [one for one in given if one]
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
            given += [cookies[COOKIE].value] if COOKIE in cookies else []
        except CookieError:
            pass
        with suppress(ValueError):  # more fields than any address of ours has
            given += parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20).get("token", [])
        return [one for one in given if one]

    def _by_address(self, scope: Scope) -> bool:
        return (
            bool(self.rules.token)
            and not self.rules.bearer
            and scope["path"] == "/"
            and b"token=" in scope["query_string"]
        )

    def _with_headers(self, send: Send) -> Send:
        own = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"x-frame-options", b"DENY"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"geolocation=(), camera=(), microphone=()"),
        ]

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                names = {name.lower() for name, _ in headers}
                headers += [pair for pair in own if pair[0] not in names]
                if b"content-security-policy" not in names:
                    headers.append((b"content-security-policy", self.rules.policy().encode()))
                if b"cache-control" not in names:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        return sent


class WrongTokens:
    """Makes guessing slow: each wrong token of the last minute delays the next refusal. The right one never waits."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=1000)
        self._delayed = 0

    async def slow_down(self, refusal: tuple[int, str]) -> tuple[int, str]:
        """Wait, and return the refusal; when too many wait already, return at once that there were too many."""
        at = time.monotonic()
        while self._times and at - self._times[0] > 60:
            self._times.popleft()
        self._times.append(at)
        if self._delayed >= DELAYED_AT_ONCE:
            return 429, "too many wrong tokens; wait a minute\n"
        self._delayed += 1
        try:
            await asyncio.sleep(min(LONGEST_DELAY_S, DELAY_S * len(self._times)))
        finally:
            self._delayed -= 1
        return refusal


def _name(host: str) -> str:
    """Return the host without its port, in lower case; empty when it is invalid: ``[::1]:80`` is ``::1``."""
    found = HOST.fullmatch(host)
    return (found["six"] or found["name"]).lower() if found else ""


async def _send_plain(send: Send, status: int, text: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    start = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": text.encode()})
