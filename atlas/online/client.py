"""The one client of all open services: cache, turns, time-outs, limits of size, and no way into a private network."""

import json
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from sextant.atlas.online.addresses import resolve_host
from sextant.atlas.online.cache import ReplyCache
from sextant.atlas.online.services import FACTS, LOOPBACK, Endpoint, Service
from sextant.atlas.online.turns import Turns
from sextant.base.errors import SextantError

_REDIRECTS = 2
_BUSY = (429, 503, 504)
ATTEMPTS = 2  # at one question: a busy server is asked once more
_SHOWN = 300  # characters of a request that the answer lists


class OnlineError(SextantError):
    """A service did not answer, or not in its own language."""


@dataclass(frozen=True)
class Limits:
    """What one request may take.

    Attributes:
        seconds: for the whole exchange.
        reply_bytes: of a reply in JSON.
        picture_bytes: of a picture.
        patience_s: the longest wait that a busy server may ask for; it is left alone for longer ones.
    """

    seconds: float = 30.0
    reply_bytes: int = 3_000_000
    picture_bytes: int = 6_000_000
    patience_s: float = 5.0


_SENT: ContextVar[list[dict[str, str]] | None] = ContextVar("sent", default=None)


@contextmanager
def collect_sent() -> Iterator[list[dict[str, str]]]:
    """Collect what leaves the machine within the block: ``service``, ``host`` and ``request`` of each call."""
    sent: list[dict[str, str]] = []
    token = _SENT.set(sent)
    try:
        yield sent
    finally:
        _SENT.reset(token)


class OnlineClient:
    """Asks the services that the user named. Any thread may use it."""

    def __init__(self, endpoints: Mapping[Service, Endpoint], folder: Path, limits: Limits | None = None) -> None:
        self.endpoints = endpoints
        self._limits = limits or Limits()
        self._cache = ReplyCache(folder / "replies.sqlite")
        self._turns = Turns(folder)
        self._http = httpx.Client(trust_env=False, follow_redirects=False)

    def ask(
        self,
        service: Service,
        path: str,
        parameters: Mapping[str, str],
        *,
        form: bool = False,
        secret: Mapping[str, str] | None = None,
        check: Callable[[Any], None] | None = None,
    ) -> Any:
        """Ask a service a question and return its JSON.

        Args:
            path: below the service's address.
            parameters: of the question; they are sent in the address, or as a form.
            secret: further parameters that are neither kept nor listed, such as a token.
            check: raises where a reply must not be kept.

        Raises:
            OnlineError: the service is busy, unreachable, too slow, sends too much or something else than JSON.
        """
        endpoint = self.endpoints[service]
        question = f"{'POST' if form else 'GET'} {endpoint.base}{path}?{urlencode(parameters)}"
        known = self._cache.find(question)
        if known is None:
            everything = {**parameters, **(secret or {})}
            url = f"{endpoint.base}{path}" + ("" if form else f"?{urlencode(everything)}")
            known = self._fetch(endpoint, url, self._limits.reply_bytes, everything if form else None, question)
            found = _parse(known, service)
            if check:
                check(found)
            self._cache.put(question, known)
            return found
        return _parse(known, service)

    def fetch_picture(self, service: Service, url: str) -> bytes:
        """Return a picture that a service named, only from hosts that are known to hold its pictures.

        Raises:
            OnlineError: the address is another's, or as `ask`.
        """
        endpoint = self.endpoints[service]
        if not _may_hold_pictures(url, endpoint):
            raise OnlineError(f"{service} named a picture on another host; it was not fetched")
        question = f"GET {url}"
        known = self._cache.find(question)
        if known is None:
            known = self._fetch(endpoint, url, self._limits.picture_bytes, None, f"GET {url.partition('?')[0]}")
            self._cache.put(question, known)
        return known

    def _fetch(self, endpoint: Endpoint, url: str, most: int, form: Mapping[str, str] | None, shown: str) -> bytes:
        service = endpoint.service
        left = self._turns.find_pause_s(_name_server(endpoint))
        if left > 0:
            raise OnlineError(f"{service} asks for a pause of {left:.0f} more seconds; answer without it")
        for attempt in range(1, ATTEMPTS + 1):
            self._turns.wait(service, 0.0 if endpoint.host in LOOPBACK else FACTS[service].pause_s)
            _note(endpoint, url, shown)
            try:
                status, body, retry_s = self._exchange(endpoint, url, most, form)
            except (httpx.HTTPError, OSError) as error:
                raise OnlineError(f"{service} cannot be asked: {_explain(error)}") from error
            if status not in _BUSY:
                break
            if attempt == ATTEMPTS or retry_s > self._limits.patience_s:
                self._turns.leave_alone(_name_server(endpoint), max(retry_s, self._limits.patience_s))
                raise OnlineError(f"{service} is busy (HTTP {status}) and asks to wait; answer without it")
            time.sleep(retry_s)
        if status != 200:
            raise OnlineError(f"{service} refused the request (HTTP {status})")
        return body

    def _exchange(
        self, endpoint: Endpoint, url: str, most: int, form: Mapping[str, str] | None
    ) -> tuple[int, bytes, float]:
        """Send one request, following redirects on the same host; return status, body and seconds to wait."""
        deadline = time.monotonic() + self._limits.seconds
        for _ in range(_REDIRECTS + 1):
            with self._open(endpoint, url, form, deadline) as reply:
                where = reply.headers.get("location")
                if not (300 <= reply.status_code < 400 and where):
                    return reply.status_code, _read(reply, most, deadline), _read_retry_s(reply)
            wanted, now = urlsplit(urljoin(url, where)), urlsplit(url)
            if (wanted.scheme, wanted.hostname, wanted.port) != (now.scheme, now.hostname, now.port):
                raise OnlineError(f"{endpoint.service} points to another server; it was not followed")
            url, form = wanted.geturl(), None
        raise OnlineError(f"{endpoint.service} redirects endlessly")

    @contextmanager
    def _open(
        self, endpoint: Endpoint, url: str, form: Mapping[str, str] | None, deadline: float
    ) -> Iterator[httpx.Response]:
        parts = httpx.URL(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = resolve_host(parts.host, port, endpoint)
        left = max(0.01, deadline - time.monotonic())
        request = self._http.build_request(
            "GET" if form is None else "POST",
            parts.copy_with(host=address),
            data=None if form is None else dict(form),
            headers={"Host": parts.netloc.decode(), "User-Agent": name_agent(), "Accept-Encoding": "identity"},
            extensions={
                "sni_hostname": parts.host,
                "timeout": dict.fromkeys(("connect", "read", "write", "pool"), left),
            },
        )
        reply = self._http.send(request, stream=True)
        try:
            yield reply
        finally:
            reply.close()


def name_agent() -> str:
    """Return the User-Agent, which says what asks."""
    return f"sextant-geo/{version('sextant-geo')} (finds where photos were taken; asks for one user)"


def _name_server(endpoint: Endpoint) -> str:
    """Name a service's server as a file: a service of one's own is not the public one."""
    where = urlsplit(endpoint.base).netloc
    return f"{endpoint.service}-{re.sub(r'[^A-Za-z0-9.-]', '_', where)}"[:120]


def _note(endpoint: Endpoint, url: str, shown: str) -> None:
    sent = _SENT.get()
    if sent is not None:
        host = urlsplit(url).hostname or ""
        sent.append({"service": endpoint.service.value, "host": host, "request": shown[:_SHOWN]})


def _read(reply: httpx.Response, most: int, deadline: float) -> bytes:
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise OnlineError("the reply is compressed although that was not asked for")
    body = b""
    for chunk in reply.iter_raw():
        body += chunk
        if len(body) > most:
            raise OnlineError(f"the reply is larger than {most / 1e6:g} MB; ask for less")
        if time.monotonic() > deadline:
            raise OnlineError("the reply took too long; ask for less")
    return body


def _read_retry_s(reply: httpx.Response) -> float:
    from email.utils import parsedate_to_datetime

    said = reply.headers.get("retry-after", "")
    try:
        seconds = float(said)
        return max(0.0, seconds) if math.isfinite(seconds) else 1.0
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return 1.0


def _parse(body: bytes, service: Service) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise OnlineError(f"{service} sent something other than JSON; answer without it") from error


def _may_hold_pictures(url: str, endpoint: Endpoint) -> bool:
    parts, own = urlsplit(url), urlsplit(endpoint.base)
    if (parts.scheme, parts.hostname, parts.port) == (own.scheme, own.hostname, own.port):
        return True
    host = parts.hostname or ""
    known = FACTS[endpoint.service].pictures
    return parts.scheme == "https" and any(host == one or (one[0] == "*" and host.endswith(one[1:])) for one in known)


def _explain(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    return " ".join(str(error).split())[:160] or type(error).__name__
