"""A model server in a process of its own, which answers every call with one place."""

import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.model_script import Asked, Reply
from tests.support.model_server import ModelServer

ANSWER = '{"latitude": 38.7, "longitude": -9.1, "confidence": 0.7, "clues": [{"text": "tiles", "source": "seen"}]}'


class CallLog:
    """Counts calls; when the first came in and the last went out, by ``time.monotonic()``."""

    def __init__(self, latency: float) -> None:
        self._latency, self._lock = latency, threading.Lock()
        self.count, self.first, self.last = 0, 0.0, 0.0

    def __call__(self, asked: Asked) -> Reply:
        with self._lock:
            self.count += 1
            self.last = time.monotonic()
            self.first = self.first or self.last - self._latency
        return Reply(text=ANSWER)


@dataclass(frozen=True)
class ModelProcess:
    """The running server."""

    address: str
    connection: Any

    def read(self) -> tuple[int, float, float]:
        """Return the number of calls; since the last reading, when the first came in and the last was answered."""
        self.connection.send("read")
        count, first, last = self.connection.recv()
        return int(count), float(first), float(last)


@contextmanager
def run_server(latency: float) -> Iterator[ModelProcess]:
    """Start the server and stop it at the end."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(latency, there), daemon=True)
    process.start()
    yield ModelProcess(here.recv(), here)
    here.send("stop")
    process.join(5)


def _serve(latency: float, connection: Any) -> None:
    log = CallLog(latency)
    with ModelServer(log, latency_s=latency, remember=False) as server:
        connection.send(server.base_url)
        while connection.recv() == "read":
            connection.send((log.count, log.first, log.last))
            log.first = 0.0
