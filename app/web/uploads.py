"""Photos from outside: counted, measured and decoded in a process of its own before anything else touches them."""

import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from concurrent.futures.process import BrokenProcessPool
from pathlib import PurePosixPath

from app.web.limits import Limits
from gallery.photos import PhotoError

WORKER_BYTES = 3 * 2**30  # address space of the decoding process: a 60-megapixel picture and the libraries
LONGEST_NAME = 80


class Decoder:
    """One process that decodes one photo at a time; a photo that kills or stalls it is refused, and it starts anew."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def refusal(self, content: bytes) -> str | None:
        """Why these bytes are no photo to work on; None when they are one."""
        with self._lock:
            if self._pool is None:
                spawn = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=_bounded)
            try:
                return self._pool.submit(_tried, content, self._limits.photo_pixels).result(self._limits.decode_seconds)
            except TooLong:
                self._kill()
                return f"takes more than {self._limits.decode_seconds:g} seconds to decode; export it again"
            except BrokenProcessPool:
                self._kill()
                return "makes the decoder crash; export it again"

    def close(self) -> None:
        with self._lock:
            self._kill()

    def _kill(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)


def display_name(name: str | None) -> str:
    """An uploaded file's name for display: its last part, printable, short. It never becomes a path."""
    last = PurePosixPath((name or "").replace("\\", "/")).name
    plain = "".join(char for char in last if char.isprintable())
    return plain[:LONGEST_NAME] or "photo"


def _bounded() -> None:
    import resource

    from gallery.decoding import _start_worker

    _start_worker()
    resource.setrlimit(resource.RLIMIT_AS, (WORKER_BYTES, WORKER_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _tried(content: bytes, most_pixels: int) -> str | None:
    from gallery.photos import open_photo

    try:
        opened = open_photo(content)
    except PhotoError as error:
        return error.reason
    except MemoryError:
        return "needs too much memory to decode; export it smaller"
    if opened.width * opened.height > most_pixels:
        return f"has {opened.width * opened.height:,} pixels, more than {most_pixels:,}; export it smaller"
    return None
