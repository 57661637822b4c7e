"""Spending limit of a whole batch: each call reserves its highest possible cost in advance."""

import threading
from typing import Protocol

from sextant.base.errors import SextantError


class SpendLimitReached(SextantError):
    """The next call might cost more than is left; the batch ends here and can be resumed with more."""


class Reservations(Protocol):
    """Money that is reserved before it is spent."""

    def reserve(self, most: float) -> None:
        """Set aside the most a call can cost.

        Raises:
            SpendLimitReached: it does not fit, and no call is in flight.
        """
        ...

    def settle(self, most: float, cost: float) -> None:
        """Replace a call's reservation by what the call cost."""
        ...


class SpendLimit:
    """Shared by the threads of a batch.

    Args:
        limit: US dollars.
        spent: what earlier sessions cost.
    """

    def __init__(self, limit: float, spent: float = 0.0) -> None:
        self.limit = limit
        self._spent = spent
        self._reserved = 0.0
        self._changed = threading.Condition()

    def reserve(self, most: float) -> None:
        """Set aside the most a call can cost; waits for calls in flight, which often cost less than was set aside.

        Raises:
            SpendLimitReached: it does not fit, and no call is in flight.
        """
        with self._changed:
            while self._spent + self._reserved + most > self.limit:
                if self._reserved <= 0:
                    raise SpendLimitReached(
                        f"--max-usd {self.limit:g} leaves {max(0.0, self.limit - self._spent):.4f}, and the next call "
                        f"may cost {most:.4f}; run the same command with a higher limit to resume"
                    )
                self._changed.wait()
            self._reserved += most

    def settle(self, most: float, cost: float) -> None:
        """Replace a call's reservation by what the call cost."""
        with self._changed:
            self._reserved = max(0.0, self._reserved - most)
            if self._reserved < 1e-12:
                self._reserved = 0.0
            self._spent += cost
            self._changed.notify_all()
