"""Session lock with a lease: a hold that expires after some seconds unless it is renewed.

Its clock cannot be changed by a user: the time since the machine started, shared by all its processes, or the clock of
the PostgreSQL server, shared by all machines. A hold from before a restart of the machine ends later than any new hold
can, and is ignored.
"""

import threading
import time
from types import TracebackType
from typing import Self

from sextant.graphs.sessions.tables import Rows

HELD_S = 10.0  # how long a hold lasts unless renewed; it is renewed three times within that time
# A row is free when its hold has expired, or ends later than a hold taken now would.
FREE = "(held_until < ? OR held_until > ?)"


def read_clock(table: Rows) -> float:
    """Read the clock of the holds, in seconds."""
    if table.address:
        return float(table.read("SELECT EXTRACT(EPOCH FROM clock_timestamp())::double precision AS now")[0][0])
    return time.monotonic()


def is_held(until: float, at: float) -> bool:
    """Return whether a hold that ends at ``until`` is valid at this time of the same clock."""
    return at <= until <= at + HELD_S + 1


class Hold:
    """One hold on one session, renewed by a thread until it is released."""

    def __init__(self, table: Rows, session: str, holder: str) -> None:
        self.session = session
        self._table = table
        self._holder = holder
        self._done = threading.Event()
        self._renewing = threading.Thread(target=self._renew, daemon=True)

    def take(self) -> bool:
        """Take the hold if it is free; return whether that succeeded. One statement: of two attempts, one succeeds."""
        at = read_clock(self._table)
        taken = self._table.execute(
            f"UPDATE sessions SET holder = ?, held_until = ? WHERE id = ? AND {FREE}",
            (self._holder, at + HELD_S, self.session, at, at + HELD_S + 1),
        )
        if taken:
            self._renewing.start()
        return bool(taken)

    def release(self) -> None:
        """Release the session and record the time of its change."""
        self._done.set()
        self._renewing.join()
        self._table.execute(
            "UPDATE sessions SET held_until = 0, updated = ? WHERE id = ? AND holder = ?",
            (time.time(), self.session, self._holder),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def _renew(self) -> None:
        while not self._done.wait(HELD_S / 3):
            self._table.execute(
                "UPDATE sessions SET held_until = ?, updated = ? WHERE id = ? AND holder = ?",
                (read_clock(self._table) + HELD_S, time.time(), self.session, self._holder),
            )
