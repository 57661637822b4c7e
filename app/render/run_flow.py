"""A run as a graph of what happened: rounds, branches, tool calls, what each gave the pool and cost."""

from collections.abc import Sequence

from sextant.app.render.run import describe_looks, describe_outcome
from sextant.base.json_types import Document, Json
from sextant.graphs.runs.timeline import Timeline
from sextant.prompts.editing import describe_prompt

_MOST_PLACES = 60  # drawn in one frame


def build_flow(story: Timeline) -> Json:
    """Build the graph of a run as it ran, from its timeline.

    ``rounds`` hold the branches with their tool calls, outcome, cost and share of the pool's score; ``frames`` are the
    places as they came up: those of retrieval, of each branch, and of each verdict.
    """
    candidates = story["answer"]["candidates"] if story["answer"] else []
    total = sum(item["score"] for item in candidates) or 1.0
    outcomes = {name: outcome for verdict in story["verdicts"] for name, outcome in verdict["new"].items()}
    branches = [_describe_branch(branch, outcomes, candidates, total) for branch in story["branches"]]
    looks = story["answer"].get("looks", []) if story["answer"] else []
    for branch in branches:
        own = [one for one in looks if one["call"] == branch["id"]]
        if own:
            branch |= {"kind": "looked", "words": describe_looks(own)}
    numbers = sorted({branch["round"] for branch in branches})
    retrieved = [item for item in candidates if item["origin"] == "nearest"]
    return {
        "retrieved": {
            "photos": {side: len(items) for side, items in _list_sides(story)},
            "candidates": len(retrieved),
            "share": round(sum(item["score"] for item in retrieved) / total, 4),
        },
        "rounds": [
            {
                "round": number,
                "branches": [branch for branch in branches if branch["round"] == number],
                "verdict": _describe_verdict(story["verdicts"], index),
            }
            for index, number in enumerate(numbers)
        ],
        "frames": _list_frames(story),
    }


def _list_sides(story: Document) -> list[tuple[str, Sequence[Json]]]:
    found = story["retrieved"] or {}
    return [(side, found.get(side, [])) for side in ("nearest", "farthest")]


def _describe_branch(branch: Document, outcomes: Document, candidates: Sequence[Document], total: float) -> Json:
    outcome = outcomes.get(branch["id"])
    own = [item for item in candidates if _belongs_to(item, branch)]
    turns = branch["turns"]
    usages = [turn["usage"] for turn in turns if turn.get("usage")]
    prices = [turn.get("usd") for turn in turns if turn.get("usage")]
    return {
        "id": branch["id"],
        "round": branch["round"],
        "variant": branch["variant"],
        "prompt": describe_prompt(branch["variant"]),
        "kind": outcome["kind"] if outcome else "open",
        "words": describe_outcome(outcome) if outcome else "no verdict reached it",
        "tools": [turn.get("name", "") for turn in turns if turn["role"] == "tool"],
        "model_turns": sum(turn["role"] == "assistant" for turn in turns),
        "tokens": sum(usage["input_tokens"] + usage["output_tokens"] for usage in usages),
        "usd": None if any(price is None for price in prices) else round(sum(prices), 6),
        "seconds": round(sum(turn.get("seconds") or 0.0 for turn in turns), 2),
        "candidates": len(own),
        "share": round(sum(item["score"] for item in own) / total, 4),
    }


def _belongs_to(item: Document, branch: Document) -> bool:
    """Return whether a candidate came from this branch: its answer, or an alternative of the same sample."""
    if item["origin"] not in ("answer", "alternative"):
        return False
    same = (item.get("variant"), item.get("sample"), item.get("round"))
    return item.get("id") == branch["id"] or same == (branch["variant"], branch["sample"], branch["round"])


def _describe_verdict(verdicts: Sequence[Document], index: int) -> Json | None:
    if index >= len(verdicts):
        return None
    found = verdicts[index]
    return {name: found[name] for name in ("step", "latitude", "longitude", "probability", "stop", "reasons")}


def _list_frames(story: Document) -> list[Json]:
    frames = []
    for side, items in _list_sides(story):
        if side == "nearest" and items:
            places = [_make_place(item, "nearest") for item in items[:_MOST_PLACES]]
            frames.append({"label": f"{len(items)} similar photos", "branch": None, "places": places})
    for number, verdict in enumerate(story["verdicts"], 1):
        for name, outcome in verdict["new"].items():
            if outcome["kind"] != "answered":
                continue
            places = [_make_place(outcome, "answer")]
            places += [_make_place(other, "alternative") for other in outcome.get("alternatives", [])[:_MOST_PLACES]]
            frames.append({"label": name, "branch": name, "places": places})
        if verdict["latitude"] is not None:
            label = f"verdict of round {number}: {verdict['stop'] or 'another round'}"
            frames.append({"label": label, "branch": None, "places": [_make_place(verdict, "best")]})
    return frames


def _make_place(item: Document, kind: str) -> Json:
    return {"latitude": item["latitude"], "longitude": item["longitude"], "kind": kind}
