"""Stopping a run at once: a call in flight is left behind, and the run ends in the best it has."""

import threading
from concurrent.futures import Future
from dataclasses import replace

from agent.equipment import Equipment, Outside
from agent.state import Json

STOPPED = "stopped"
LOOK_S = 0.1  # how often a waiting call looks whether it was stopped


def stoppable(gear: Equipment, stop: threading.Event | None) -> Equipment:
    """The same equipment, whose model and tool calls end when ``stop`` is set: as failures, which are recorded."""
    if stop is None:
        return gear
    return replace(gear, ask=Stoppable(gear.ask, stop))


class Stoppable:
    """The outside with a way out of it."""

    def __init__(self, outside: Outside, stop: threading.Event) -> None:
        self._outside = outside
        self._stop = stop

    def __call__(self, kind: str, request: Json) -> Json:
        if kind not in ("model", "tool"):
            return self._outside(kind, request)
        if self._stop.is_set():
            return _given_up(kind)
        waiting: Future[Json] = Future()
        threading.Thread(target=self._ask, args=(waiting, kind, request), daemon=True).start()
        while not self._stop.is_set():
            try:
                return waiting.result(timeout=LOOK_S)
            except TimeoutError:
                if waiting.done():
                    raise
        return _given_up(kind)

    def _ask(self, waiting: "Future[Json]", kind: str, request: Json) -> None:
        try:
            waiting.set_result(self._outside(kind, request))
        except BaseException as error:
            waiting.set_exception(error)


def _given_up(kind: str) -> Json:
    if kind == "tool":
        return {"error": "the run was stopped before this tool answered"}
    return {"failure": {"kind": STOPPED, "message": "the run was stopped before the model answered", "attempts": 0}}
