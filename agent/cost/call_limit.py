"""A limit on the model calls that one piece of work may make, and the count of what they cost."""

import threading

from sextant.agent.llm.request import count_spent
from sextant.agent.state import NOTHING_SPENT, Spent, add_spent
from sextant.agent.world.deps import Port
from sextant.base.json_types import Json

CALLS_SPENT = "calls_spent"  # the kind of failure that stands in for a call beyond the limit


class CallLimit:
    """Counts model calls before they are made and refuses those beyond the limit. Safe for threads.

    Args:
        most: model calls allowed; None only counts.
    """

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.spent: Spent = NOTHING_SPENT
        self._lock = threading.Lock()

    def on(self, outside: Port) -> Port:
        """Return the port with this limit on its model calls."""

        def ask(kind: str, request: Json) -> Json:
            if kind != "model":
                return outside(kind, request)
            with self._lock:
                if self.most is not None and self.spent["calls"] >= self.most:
                    message = "the session's model calls are used up"
                    return {"failure": {"kind": CALLS_SPENT, "message": message, "attempts": 0}}
                self.spent = add_spent(self.spent, {"calls": 1})
            reply = outside(kind, request)
            with self._lock:
                self.spent = add_spent(self.spent, dict(count_spent(reply)))
            return reply

        return ask
