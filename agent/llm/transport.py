"""HTTP transport with a deadline (timeout) for the whole exchange and a limit on the size of the answer.

Both model clients (the OpenAI SDK and Ollama's) accept an httpx transport or client, so this is the one place
that sees all their bytes. A read timeout alone does not stop a server that sends its answer very slowly.
"""

import email.utils
import time
import urllib.request
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx

from sextant.agent.llm.address import LOOPBACK

MAX_ANSWER_BYTES = 8_000_000  # a long answer with reasoning is under 1 MB
MAX_ERROR_BYTES = 64_000
CONNECT_TIMEOUT_S = 10.0


@dataclass
class Exchange:
    """One request and what the transport observed of its answer.

    Attributes:
        deadline: when it must be over, by `time.monotonic()`.
        status: HTTP status; None before it arrived.
        retry_after_s: seconds the server asks to wait.
        body: text of the answer when the status is an error.
    """

    deadline: float
    status: int | None = None
    retry_after_s: float | None = None
    body: str = ""

    def compute_seconds_left(self) -> float:
        """Compute the seconds left, at least a millisecond: zero or less has another meaning for sockets."""
        return max(self.deadline - time.monotonic(), 0.001)


current_exchange: ContextVar[Exchange | None] = ContextVar("current_exchange", default=None)


class AnswerTooLarge(httpx.TransportError):
    """The answer is larger than the limit."""


class CompressedAnswer(httpx.TransportError):
    """The answer is compressed although the request forbade it; decompressing could take any amount of memory."""


class DeadlinePassed(httpx.ReadTimeout):
    """The deadline passed while the answer was still arriving."""


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise AnswerTooLarge(f"sent more than {MAX_ANSWER_BYTES / 1e6:.0f} MB")
            if time.monotonic() > self._exchange.deadline:
                raise DeadlinePassed("the answer is still incomplete")
            yield chunk

    def close(self) -> None:
        self._stream.close()


class BoundedTransport(httpx.BaseTransport):
    """Applies the deadline of `current_exchange` to each request and notes there what came back."""

    def __init__(self, inner: httpx.BaseTransport, basic_auth: str = "") -> None:
        self._inner = inner
        self._basic_auth = basic_auth

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        exchange = current_exchange.get() or Exchange(deadline=time.monotonic() + 600)
        left = exchange.compute_seconds_left()
        timeout = {"connect": min(left, CONNECT_TIMEOUT_S), "read": left, "write": left, "pool": left}
        request.extensions = {**request.extensions, "timeout": timeout}
        request.headers["Accept-Encoding"] = "identity"
        if self._basic_auth:
            request.headers["Authorization"] = f"Basic {self._basic_auth}"
        response = self._inner.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        exchange.status = response.status_code
        exchange.retry_after_s = parse_retry_after_s(response.headers.get("retry-after"))
        response.stream = _BoundedStream(response.stream, exchange)
        encoding = response.headers.get("content-encoding", "identity")
        if encoding != "identity":
            response.close()
            raise CompressedAnswer(f"compressed its answer ({encoding!r}) although uncompressed was requested")
        if response.status_code >= 300:
            self._note_error(response, exchange)
        return response

    def _note_error(self, response: httpx.Response, exchange: Exchange) -> None:
        """Keep the text of an error: the clients' own exceptions drop parts of it."""
        head = b""
        for chunk in response.stream:  # type: ignore[union-attr]
            head += chunk
            if len(head) > MAX_ERROR_BYTES:
                break
        response.stream.close()  # type: ignore[union-attr]
        exchange.body = head[:MAX_ERROR_BYTES].decode(errors="replace")
        response.headers.pop("content-length", None)
        response.stream = httpx.ByteStream(head)

    def close(self) -> None:
        self._inner.close()


def make_transport(base_url: str, basic_auth: str = "") -> BoundedTransport:
    """Make a transport to one server, through the environment's proxy unless the server is this machine.

    Args:
        basic_auth: a login in the form of RFC 7617. It is passed here because clients log the URLs they request.
    """
    address = urlsplit(base_url)
    host = address.hostname or ""
    direct = host in LOOPBACK or bool(urllib.request.proxy_bypass(host))
    proxy = None if direct else urllib.request.getproxies().get(address.scheme)
    return BoundedTransport(httpx.HTTPTransport(proxy=proxy), basic_auth)


def parse_retry_after_s(header: str | None) -> float | None:
    """Parse a Retry-After header into seconds: a number of seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            when = email.utils.parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = (when - datetime.now(UTC if when.tzinfo else None)).total_seconds()
    return max(seconds, 0.0) if seconds == seconds else None
