"""Cancel a run at once: abandon the call in flight and end with the best answer so far.

An abandoned call continues in its own thread, so a gallery that was being loaded is ready for the next run.
"""

import threading
import time
from concurrent.futures import Future
from dataclasses import replace

from sextant.agent.warning_codes import Code, warn
from sextant.agent.world.deps import Deps, Port
from sextant.base.errors import SextantError
from sextant.base.json_types import Json

LOCAL = ("photo", "references", "coverage")  # what a run can answer from; quick, except for a gallery's first load
SLOW = (*LOCAL, "model", "tool", "exemplars")  # calls that may take longer than a person wants to wait
PATIENCE_S = 0.6  # how long a cancelled run still waits for local calls: an open gallery answers faster
STOPPED = "stopped"
POLL_S = 0.1  # how often a waiting call checks for cancellation


class RunCancelled(SextantError):
    """The run was cancelled before it had anything to answer with."""


def make_cancellable(deps: Deps, stop: threading.Event | None) -> Deps:
    """Return dependencies whose slow calls end when ``stop`` is set; they return an empty reply, which is recorded."""
    if stop is None:
        return deps
    return replace(deps, ask=CancellablePort(deps.ask, stop))


class CancellablePort:
    """A port whose calls can be cancelled."""

    def __init__(self, outside: Port, stop: threading.Event) -> None:
        self._outside = outside
        self._stop = stop
        self._stopped_at: float | None = None

    def __call__(self, kind: str, request: Json) -> Json:
        if kind not in SLOW:
            return self._outside(kind, request)
        if self._must_give_up(kind):
            return _make_cancelled_reply(kind)
        waiting: Future[Json] = Future()
        threading.Thread(target=self._ask, args=(waiting, kind, request), daemon=True).start()
        while not self._must_give_up(kind):
            try:
                return waiting.result(timeout=POLL_S)
            except TimeoutError:
                if waiting.done():
                    raise
        return _make_cancelled_reply(kind)

    def _must_give_up(self, kind: str) -> bool:
        """Return whether the run was cancelled and this call cannot be expected to finish in time."""
        if not self._stop.is_set():
            return False
        self._stopped_at = self._stopped_at or time.monotonic()
        return kind not in LOCAL or time.monotonic() - self._stopped_at > PATIENCE_S

    def _ask(self, waiting: "Future[Json]", kind: str, request: Json) -> None:
        try:
            waiting.set_result(self._outside(kind, request))
        except BaseException as error:
            waiting.set_exception(error)


def _make_cancelled_reply(kind: str) -> Json:
    """Return the reply that stands in for an abandoned call.

    Raises:
        RunCancelled: the call was for the photo, without which a run cannot start.
    """
    if kind == "photo":
        raise RunCancelled("the run was stopped before the photo was opened; send it again")
    if kind == "references":
        nothing: Json = {"nearest": [], "farthest": [], "sheets": {}, "peaks": None, "trust": 1.0, "timings": {}}
        return {
            **nothing,
            "excluded": None,
            "warnings": [warn(Code.STOPPED_EARLY, "the run was stopped before the gallery answered")],
        }
    if kind == "coverage":
        return {}
    if kind == "exemplars":
        return {"places": []}
    if kind == "tool":
        return {"error": "the run was stopped before this tool answered"}
    return {"failure": {"kind": STOPPED, "message": "the run was stopped before the model answered", "attempts": 0}}
