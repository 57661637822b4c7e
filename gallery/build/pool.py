"""Pool of decode processes: records in, decoded photos out in the same order, in bounded memory."""

import itertools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from sextant.base.errors import SextantError
from sextant.gallery.build.decode import DecodedPhoto, decode
from sextant.gallery.encoders.spec import Prepare
from sextant.gallery.sources.records import PhotoRecord, Unreadable

Item = DecodedPhoto | Unreadable


class DecodingError(SextantError):
    """Photos cannot be decoded here at all."""


_NO_PROCESSES = (
    "decode processes cannot start; in your own script, call build() under if __name__ == '__main__':, "
    "or pass workers=0 (--workers 0)"
)
_CHUNK = 8  # photos a task: enough that handing over costs little
_TASKS_A_WORKER = 4  # tasks in flight for each process: the bound on memory


def decode_all(
    records: Iterable[PhotoRecord | Unreadable], prepare: Prepare, min_file_bytes: int, workers: int
) -> Iterator[Item]:
    """Decode records in order, in ``workers`` processes; 0 decodes here.

    A photo that kills its process (a decoder's crash, memory) is reported like any other broken one.
    """
    stream = iter(records)
    chunks = iter(lambda: list(itertools.islice(stream, _CHUNK)), [])
    if workers == 0:
        for chunk in chunks:
            yield from decode(chunk, prepare, min_file_bytes)
        return
    pool = _pool(workers)
    waiting: deque[tuple[list[PhotoRecord | Unreadable], Future[list[Item]]]] = deque()
    try:
        while True:
            for chunk in itertools.islice(chunks, workers * _TASKS_A_WORKER - len(waiting)):
                waiting.append((chunk, pool.submit(decode, chunk, prepare, min_file_bytes)))
            if not waiting:
                return
            chunk, result = waiting.popleft()
            try:
                yield from result.result()
            except BrokenProcessPool:
                pool.shutdown(wait=False, cancel_futures=True)
                yield from _decode_one_by_one(chunk, prepare, min_file_bytes)
                pool = _pool(workers)
                again = [later for later, _ in waiting]
                waiting = deque((later, pool.submit(decode, later, prepare, min_file_bytes)) for later in again)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def choose_worker_count(total: int | None) -> int:
    """Return as many processes as there are cores; none for so few photos that starting them would take longer."""
    return 0 if total is not None and total <= 48 else os.cpu_count() or 1


def _decode_one_by_one(chunk: list[PhotoRecord | Unreadable], prepare: Prepare, min_file_bytes: int) -> Iterator[Item]:
    """Decode each photo of a chunk in a process of its own, to find the one that kills its process.

    Raises:
        DecodingError: processes die before they have anything to decode.
    """
    with _pool(1) as alone:
        try:
            alone.submit(os.getpid).result()
        except BrokenProcessPool:
            raise DecodingError(_NO_PROCESSES) from None
    for item in chunk:
        with _pool(1) as alone:
            try:
                yield from alone.submit(decode, [item], prepare, min_file_bytes).result()
            except BrokenProcessPool:
                yield Unreadable(item.id, "makes the decoder crash")


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, use one thread, and end when the parent is gone, even if it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
