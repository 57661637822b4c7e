"""Failures of a photo in a batch: what was said of them, and whether a line is one."""

from collections import Counter

from sextant.base.documents.outcome import OutcomeDocument
from sextant.base.json_types import Json

FILTERED = "filtered"  # a server that refuses this photo's content


def count_failures(outcomes: dict[str, OutcomeDocument]) -> dict[str, str]:
    """Return why the model's calls failed, where they did: what was said of each kind of failure."""
    failed = [one for one in outcomes.values() if one["kind"] == "failed" or one["kind"] == "filtered"]
    return {outcome.get("failure", "other"): outcome["how"] for outcome in failed}


def has_model_failed(line: Json) -> bool:
    """Return whether an attempt at this photo failed: no run, or a model whose every call failed."""
    if line["error"] is not None:
        return True
    counts = Counter(line["answer"]["outcomes"])
    return counts["failed"] + counts[FILTERED] > 0 and not counts["answered"] + counts["refused"] + counts["unparsable"]
