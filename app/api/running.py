"""Run work for a caller in Python: the file checked, settings made, Ctrl-C and cancelled tasks stopping it in order."""

import asyncio
import contextvars
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

import anyio

from sextant.base.documents.progress import OnEvent as OnEvent
from sextant.base.documents.progress import ProgressEvent
from sextant.base.errors import SextantWarning

Result = TypeVar("Result")


def run_stoppable(work: Callable[[Event], Result]) -> Result:
    """Run the work in a thread of its own; Ctrl-C (or a notebook's stop button) ends it in good order.

    Args:
        work: takes the event that asks it to stop, and ends within a second once it is set.

    Raises:
        KeyboardInterrupt: after the work has ended; what was recorded is on disk.
    """
    stop = Event()
    context = contextvars.copy_context()
    with ThreadPoolExecutor(1, thread_name_prefix="sextant") as pool:
        future = pool.submit(context.run, work, stop)
        try:
            return future.result()
        except BaseException:
            stop.set()
            raise


async def run_stoppable_async(work: Callable[[Event], Result]) -> Result:
    """Run the work in a thread; a cancelled task ends it in good order before the cancellation continues.

    Raises:
        asyncio.CancelledError: the task was cancelled; the work has ended then.
    """
    stop = Event()
    task = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        # Servers cancel by scopes of anyio, which cancel every further wait too, unless it is shielded.
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])
        task.exception()  # retrieved, so that asyncio does not report it
        raise


def show_warnings(found: list[Any], stacklevel: int = 3) -> None:
    """Return the issue the warnings of an answer as Python warnings, which a notebook shows and `warnings` filters."""
    for warning in found:
        warnings.warn(warning["text"], SextantWarning, stacklevel=stacklevel)


def ignore(event: ProgressEvent) -> None:
    """Ignore an event."""
