"""Circuit breaker: end a batch when photo after photo fails for the same general reason."""

from sextant.base.json_types import Json
from sextant.graphs.batches.failures import has_model_failed

PHOTOS = 5  # in a row; one photo can meet a server that is being started again
# Kinds of failure that lie in the server, the key or the model's name, and never in the photo.
EVERY_PHOTOS = ("unreachable", "bad_key", "unknown_model", "no_credit")


class CircuitBreaker:
    """The latest photos in a row that failed for one such reason. Their lines are held back, and ``held``.

    They become results when a photo ends otherwise: then they were failures among others. A streak that ends the
    evaluation leaves none, so that the same command does these photos as it does the rest.
    """

    def __init__(self) -> None:
        self.held: list[Json] = []
        self._broken = False

    def take(self, line: Json) -> list[Json]:
        """Add a photo's line in the order photos end; returns the lines that are results now."""
        reason = find_shared_failure(line)
        if reason is not None and all(find_shared_failure(held) == reason for held in self.held):
            self.held.append(line)
            return []
        self._broken = True
        results, self.held = self.held, [line] if reason else []
        return results if reason else [*results, line]

    def is_long(self) -> bool:
        """Return whether it is time to end."""
        return len(self.held) >= PHOTOS

    def is_all(self) -> bool:
        """Return whether no photo ended otherwise, of however few."""
        return bool(self.held) and not self._broken

    def words(self) -> str:
        """Return the model server's message for the last failed call."""
        said: dict[str, str] = self.held[-1]["failures"]
        return next(reversed(said.values()))


def find_shared_failure(line: Json) -> str | None:
    """Return the one reason for which all of a photo's calls failed, if it is not the photo's fault."""
    kinds = list(line.get("failures", {}))
    return kinds[0] if len(kinds) == 1 and kinds[0] in EVERY_PHOTOS and has_model_failed(line) else None
