"""Count the progress of an evaluation: photos done, failures, accuracy, cost."""

from dataclasses import dataclass, field

from sextant.base.json_types import Json
from sextant.graphs.batches.failures import has_model_failed


@dataclass
class Counts:
    """Counts over the lines written so far. Accuracy counts every photo done, answered or not."""

    total: int
    done: int = 0
    failed: int = 0
    within_25_km: int = 0
    within_200_km: int = 0
    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    unpriced: bool = False
    fresh: int = field(default=0)
    """Photos done in this session; the rate counts these."""

    def add(self, line: Json, fresh: bool = True) -> None:
        """Count one line."""
        self.done += 1
        self.fresh += fresh
        self.failed += has_model_failed(line)
        distance = line["distance_km"]
        self.within_25_km += distance is not None and distance < 25
        self.within_200_km += distance is not None and distance < 200
        if line["answer"]:
            spent = line["answer"]["spent"]
            self.calls += spent["calls"]
            self.tokens += spent["tokens"]
            self.unpriced |= spent["usd"] is None
            self.usd += spent["usd"] or 0.0

    def accuracy(self, hits: int) -> float:
        """Share of the photos done."""
        return hits / self.done if self.done else 0.0

    def to_json(self) -> Json:
        return {
            "photos": self.total,
            "done": self.done,
            "failed": self.failed,
            "accuracy_25_km": round(self.accuracy(self.within_25_km), 6),
            "accuracy_200_km": round(self.accuracy(self.within_200_km), 6),
            "calls": self.calls,
            "tokens": self.tokens,
            "usd": None if self.unpriced else round(self.usd, 6),
        }
