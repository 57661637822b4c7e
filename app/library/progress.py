"""Count the progress of a library: photos done, found at each scale, failures, cost."""

from dataclasses import dataclass, field

from sextant.agent.answer_words import list_probabilities
from sextant.base.json_types import Json
from sextant.graphs.batches.failures import has_model_failed

FOUND = 0.5  # the probability from which a photo counts as found at a scale
FOUND_SCALES = (("city", "25"), ("region", "200"), ("country", "750"))


@dataclass
class LibraryCounts:
    """Counts over the photos of a library that have a line."""

    total: int
    done: int = 0
    failed: int = 0
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys((name for name, _ in FOUND_SCALES), 0))
    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    unpriced: bool = False
    fresh: int = 0
    """Photos done in this session; the rate counts these."""

    def add(self, line: Json, fresh: bool = True) -> None:
        """Count one line."""
        self.done += 1
        self.fresh += fresh
        self.failed += has_model_failed(line)
        answer = line["answer"]
        if not answer:
            return
        probability = list_probabilities(answer)
        for name, radius in FOUND_SCALES:
            share = probability[radius]
            self.found[name] += bool(answer["best"]) and share is not None and share >= FOUND
        if line.get("same_as"):
            return
        spent = answer["spent"]
        self.calls += spent["calls"]
        self.tokens += spent["tokens"]
        self.unpriced |= spent["usd"] is None
        self.usd += spent["usd"] or 0.0

    def to_json(self) -> Json:
        """Return the counts as a document."""
        usd = None if self.unpriced else round(self.usd, 6)
        counts = {"photos": self.total, "done": self.done, "failed": self.failed, "found": dict(self.found)}
        return {**counts, "calls": self.calls, "tokens": self.tokens, "usd": usd}
