"""A worker process of a batch: runs the photos that its standard input names, in threads.

It ends when its input ends, so that none is left behind, however the batch ended.
"""

import gc
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from typing import Any

from threadpoolctl import threadpool_limits

from sextant.agent.llm.retry import RateLimiter
from sextant.base.documents.progress import ProgressEvent
from sextant.base.errors import SextantError, WrongUse, format_error
from sextant.graphs.batches.garbage import collect_rarely
from sextant.graphs.batches.spend_limit import SpendLimitReached
from sextant.graphs.batches.spread.connection import BatchSpendLimit, BatchStarts, Connection
from sextant.graphs.batches.spread.messages import Ended, Event, Failed, Photo, Ready, Start
from sextant.graphs.batches.spread.pipe import Pipe
from sextant.graphs.batches.worker import PhotoWorker


def main() -> None:
    """Work until the input ends."""
    collect_rarely()
    pipe = take_standard_streams()
    load_modules(sys.argv[1:])
    try:
        start = pipe.receive()
    except EOFError:
        return
    batch = Connection(pipe)
    threadpool_limits(limits=1, user_api="blas")
    worker = load_worker(start, batch)
    if worker is None:
        return
    gc.freeze()
    with ThreadPoolExecutor(start.photos_at_once, thread_name_prefix="photo") as pool:
        for photo in batch.receive_photos():
            pool.submit(run_photo, worker, photo, batch)


def load_modules(names: list[str]) -> None:
    """Load modules ahead of the work; one that is missing is named where the work needs it."""
    for name in names:
        with suppress(ImportError):
            import_module(name)


def take_standard_streams() -> Pipe:
    """Make the pipe of standard input and output; what libraries print goes to standard error from now on."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return Pipe(incoming, outgoing)


def load_worker(start: Start, batch: Connection) -> PhotoWorker[Any] | None:
    """Load gallery and model and tell the batch; None where that failed."""

    def tell(name: str, event: ProgressEvent) -> None:
        batch.send(Event(name, event))

    order = replace(start.order, on_event=tell if start.followed else None)
    limiter = RateLimiter(start.concurrency, BatchStarts(batch, start.spaced))
    try:
        worker = PhotoWorker(order, start.face, limiter, BatchSpendLimit(batch))
    except SextantError as error:
        batch.send(Ready(str(error), isinstance(error, WrongUse)))
        return None
    except Exception as error:
        batch.send(Ready(describe_defect(error)))
        return None
    batch.send(Ready())
    return worker


def run_photo(worker: PhotoWorker[Any], message: Photo, batch: Connection) -> None:
    """Run one photo and send its line, or what makes the whole batch end."""
    try:
        batch.finish_photo(Ended(message.number, worker.locate(message.photo)))
    except SpendLimitReached as error:
        batch.finish_photo(Failed(message.number, str(error), money=True))
    except SextantError as error:
        batch.finish_photo(Failed(message.number, str(error), money=False))
    except Exception as error:
        batch.finish_photo(Failed(message.number, describe_defect(error), money=False))


def describe_defect(error: Exception) -> str:
    """Describe an error that nobody foresaw, without its traceback."""
    return f"internal error in a worker process: {type(error).__name__}: {format_error(error)}; please report it"


if __name__ == "__main__":
    main()
