"""Redacted view of a recorded run: its timeline as others than its owner may see it."""

from collections.abc import Mapping
from typing import Any

from sextant.agent.privacy.precision import Policy, coarsen, redact_words
from sextant.agent.privacy.view import WORDS
from sextant.agent.recording.fitted_models import shorten_fitted_name
from sextant.base.json_types import Json

# What no visitor sees: files, folders and addresses of this machine.
OURS = ("base_url", "gallery", "encoder", "fitted")
LONGEST = 6000  # characters of one text shown; a prompt with twenty references has some three thousand


def view_run(run: Mapping[str, Any], policy: Policy) -> Json:
    """Return a run's timeline without this machine's folders, addresses, and anything finer than the cap."""
    record = run["record"]
    settings = {name: value for name, value in record["settings"].items() if name not in ("home", *OURS)}
    if record["settings"].get("fitted"):
        settings["fitted"] = shorten_fitted_name(record["settings"]["fitted"])
    plain = {
        "run": run["run"],
        "status": record["status"],
        "parent": record["parent"],
        "changes": [change for change in record["changes"] if change["name"] not in OURS],
        "versions": record["versions"],
        "settings": settings,
        "branches": [{**branch, "opening": collect_texts(branch["opening"])} for branch in run["branches"]],
        "verdicts": run["verdicts"],
        "steps": run["steps"],
    }
    return redact(shorten(plain), policy)


def collect_texts(messages: list[Json]) -> list[Json]:
    """Return messages with their text blocks joined, and their pictures counted and named by sha256."""
    found = []
    for message in messages:
        blocks = (
            message["content"]
            if isinstance(message["content"], list)
            else [{"type": "text", "text": message["content"]}]
        )
        text = "\n".join(block["text"] for block in blocks if block["type"] == "text")
        pictures = [block["sha256"] for block in blocks if block["type"] == "image"]
        found.append({"role": message["role"], "text": text, "images": len(pictures), "pictures": pictures})
    return found


def redact(value: Json, policy: Policy) -> Json:
    """Return the value under the policy; texts are withheld where the policy withholds words."""
    keys = WORDS | {"strategy_text", "opening", "fill", "tool_calls", "place"}
    coarse: Json = coarsen(redact_words(value, policy, frozenset(keys)), policy)
    return coarse


def shorten(value: Any) -> Any:
    """Cut the texts in a value at a length a page can show."""
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]} … ({len(value) - LONGEST:,} more characters)"
    if isinstance(value, dict):
        return {name: shorten(item) for name, item in value.items()}
    return [shorten(item) for item in value] if isinstance(value, list) else value
