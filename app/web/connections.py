"""Bound connections before any request is parsed: their number, duration and size.

The parser is h11, which is bounded in what it keeps of an unfinished request. Once a second the server looks at every
connection and closes those whose time is over; when there are too many, those that wait for a request longest go.
"""

import ctypes
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_BYTES = 32 * 1024  # request line and headers together
HEAD_S = 10.0  # for the whole head of a request, from the connection or from its first byte
IDLE_S = 30.0  # of a connection that was kept open after an answer
SILENT_S = 20.0  # without a byte of a body that is not complete
SLOWEST_BYTES_S = 1024.0  # average rate of a body, after the first while
FIRST_WHILE_S = 30.0
STALLED_S = 60.0  # without a byte of an answer taken by the client
MOST_CONNECTIONS = 2000
M_ARENA_MAX = -8  # of malloc.h
OWN_FILES = 256  # descriptors left for everything else


class BoundedProtocol(H11Protocol):
    """One connection, with the times and amounts that ``expired`` judges it by."""

    most = MOST_CONNECTIONS

    def connection_made(self, transport) -> None:  # type: ignore[no-untyped-def]
        """Note when the connection began, and make room for it."""
        super().connection_made(transport)
        self.waiting_since = self.last_data = self.last_taken = time.monotonic()
        self.head_began: float | None = self.waiting_since
        self.body_began: float | None = None
        self.body_bytes = 0
        self.unsent = 0
        if len(self.connections) > self.most:
            make_room(self.connections)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        """Note when data came, and let the parser have it."""
        self.last_data = time.monotonic()
        if self.waits_for_head() and self.head_began is None:
            self.head_began = self.last_data
        self.body_bytes += len(data)
        super().data_received(data)
        if self.receives_body() and self.body_began is None:
            self.body_began, self.body_bytes = self.last_data, 0
        if not self.waits_for_head():
            self.head_began = None

    def on_response_complete(self) -> None:
        """Note that the connection waits for its next request."""
        self.waiting_since = time.monotonic()
        self.head_began = self.body_began = None
        super().on_response_complete()

    def waits_for_head(self) -> bool:
        """Return whether no complete head of a request has come since the last answer."""
        return bool(self.conn.their_state is h11.IDLE)

    def receives_body(self) -> bool:
        """Return whether a request's body is incomplete."""
        return bool(self.conn.their_state is h11.SEND_BODY)

    def expired(self, at: float) -> bool:
        """Return whether the client has used up its time, at a time of ``time.monotonic``."""
        if self.waits_for_head():
            began = self.head_began
            return at - began > HEAD_S if began is not None else at - self.waiting_since > IDLE_S
        if self.receives_body() and not self.flow.read_paused:
            began = at if self.body_began is None else self.body_began
            slow = at - began > FIRST_WHILE_S and self.body_bytes < (at - began) * SLOWEST_BYTES_S
            return slow or at - self.last_data > SILENT_S
        return self.stalled(at)

    def stalled(self, at: float) -> bool:
        """Return whether the client has taken nothing of an answer that waits for it."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent or unsent != self.unsent:
            self.unsent, self.last_taken = unsent, at
        return at - self.last_taken > STALLED_S


class BoundedServer(uvicorn.Server):
    """A server that looks at its connections once a second, and ends when ``has_failed`` says so."""

    def __init__(self, config: uvicorn.Config, has_failed: Callable[[], bool]) -> None:
        super().__init__(config)
        self.has_failed = has_failed

    async def on_tick(self, counter: int) -> bool:
        """Close the connections whose time is over; called ten times a second."""
        if counter % 10 == 0:
            at = time.monotonic()
            for connection in list(self.server_state.connections):
                if isinstance(connection, BoundedProtocol) and connection.expired(at):
                    connection.transport.abort()
        if counter % 100 == 0:
            give_back_memory()
        return await super().on_tick(counter) or self.has_failed()


def share_memory() -> None:
    """Let all threads share a few pools of memory: each pool keeps what its busiest moment took (glibc)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 4)


def give_back_memory() -> None:
    """Give freed memory back to the system, where the C library keeps it for each of a hundred threads (glibc)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def make_room(connections: set[BoundedProtocol]) -> None:
    """Close the connection that has waited longest for its client to ask something, the newest if none waits."""
    waiting = [one for one in connections if one.waits_for_head()] or list(connections)
    first = min(waiting, key=lambda one: one.waiting_since)
    connections.discard(first)
    first.transport.abort()


def raise_connection_limit() -> int:
    """Return how many connections this process may have; raises its limit of open files as far as it may."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MOST_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OWN_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(64, min(MOST_CONNECTIONS, soft - OWN_FILES))


def run_bounded(application: Any, listening: socket.socket, has_failed: Callable[[], bool] = lambda: False) -> None:
    """Serve an ASGI application on a socket, with bounds on connections, heads and waiting.

    A signal ends it, or ``has_failed``, which is asked ten times a second.
    """
    BoundedProtocol.most = raise_connection_limit()
    config = uvicorn.Config(
        application,
        http=BoundedProtocol,
        ws="none",
        h11_max_incomplete_event_size=HEAD_BYTES,
        log_level="critical",
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    BoundedServer(config, has_failed).run(sockets=[listening])
