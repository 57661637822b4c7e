"""The last node: the verdict as an answer a person or a program can use."""

from collections import Counter
from typing import Any

from sextant.agent.guard.claims import Trace, guarded, trace_of, unread_note
from sextant.agent.guard.metadata_check import compared
from sextant.agent.recording.fitted_models import short
from sextant.agent.state import Spent, State
from sextant.agent.warning_codes import AnswerWarning, Code, read_warnings, uncalibrated, warn
from sextant.agent.world.deps import Deps
from sextant.base.json_types import Json
from sextant.geo.places import describe
from sextant.geo.sphere import great_circle_km

OUTCOMES = ("answered", "refused", "unparsable", "failed")


def answer(state: State, deps: Deps) -> State:
    """Put the Answer of DESIGN.md together: place, region, rival, claims, coverage, metadata, spending."""
    reading = deps.read_clock("answer", state)
    verdict, outcomes = state["verdict"], state["outcomes"]
    counts = Counter(outcome["kind"] for outcome in outcomes.values())
    best = best_place(verdict)
    said = claims(outcomes, best)
    unread = unread_note([claim["text"] for claim in said if claim["source"] != "read"])
    document: Json = {
        "photo": {name: state["photo"][name] for name in ("sha256", "path", "width", "height")},
        "best": best,
        "probability": verdict["probability"],
        "region": verdict["region"],
        "candidates": deps.blobs.get_json(verdict["candidates"]),
        "rival": named_rival(verdict["rival"]),
        "claims": guarded(said, traces(state)),
        "coverage": coverage(best, deps),
        "metadata": compared(state["metadata"], best, verdict["region"].get("90"))["verdict"],
        "outcomes": {kind: counts[kind] for kind in OUTCOMES},
        "stop": state["stop"],
        "spent": spending(state["spent"], reading["seconds"]),
        "model": deps.settings.model,
        "preset": deps.recipe.id,
        **judge(deps),
        "run": deps.settings.run,
        "warnings": [*state_warnings(state), *([warn(Code.UNCHECKED_LANGUAGE, unread)] if unread else [])],
    }
    deps.on_event({"step": "answer"})
    return State(answer=document, seconds=reading["seconds"], read_at=reading["read_at"])


def judge(deps: Deps) -> Json:
    """Which fitted model judged, where it was not the shipped one."""
    fitted = deps.settings.fitted
    return {"fitted": short(fitted)} if fitted and deps.recipe.verify == "calibrated" else {}


def best_place(verdict: Json) -> Json | None:
    """Return the answered position with its names, None when nothing proposed a place."""
    if verdict["latitude"] is None:
        return None
    place = describe(verdict["latitude"], verdict["longitude"])
    return {
        "latitude": verdict["latitude"],
        "longitude": verdict["longitude"],
        "country": place.country,
        "country_code": place.country_code,
        "admin1": place.admin1,
        "place": place.place,
        "at_sea": place.at_sea,
    }


def named_rival(rival: Json | None) -> Json | None:
    """Return the rival with the names of its place."""
    if rival is None:
        return None
    place = describe(rival["latitude"], rival["longitude"])
    return {**rival, "country": place.country, "place": place.place}


def claims(outcomes: dict[str, Json], best: Json | None) -> list[Json]:
    """Return the clues of the answers that lie within 200 km of the best place: what speaks for it, and who said so."""
    if best is None:
        return []
    found: dict[str, Json] = {}
    for name, outcome in outcomes.items():
        if outcome["kind"] != "answered" or distance_km(outcome, best) >= 200.0:
            continue
        for clue in outcome["clues"]:
            found.setdefault(clue["text"], {"text": clue["text"], "source": clue["source"], "call": name})
    return list(found.values())


def traces(state: State) -> dict[str, Trace]:
    """Return what each branch really did, which its claims of checks are held against."""
    references = bool(state.get("references"))
    return {name: trace_of(name, turns, references) for name, turns in state.get("transcripts", {}).items()}


def coverage(best: Json | None, deps: Deps) -> Json | None:
    """How many gallery photos lie near the answer: where there are none, the gallery cannot speak."""
    if best is None or not deps.settings.gallery:
        return None
    return deps.ask("coverage", {"latitude": best["latitude"], "longitude": best["longitude"]}) or None


def distance_km(a: Json, b: Json) -> float:
    """Great-circle distance between two JSON positions."""
    return float(great_circle_km((a["latitude"], a["longitude"]), (b["latitude"], b["longitude"])))


def spending(spent: Spent, seconds: float) -> Json:
    """Return what the run used. Money is null when the price of any call is unknown."""
    usd: Any = None if spent["unpriced_calls"] else round(spent["usd"], 6)
    return {
        "calls": spent["calls"],
        "tokens": spent["input_tokens"] + spent["output_tokens"],
        "estimated_calls": spent["estimated_calls"],
        "seconds": round(seconds, 3),
        "usd": usd,
    }


def state_warnings(state: State) -> list[AnswerWarning]:
    """Everything a reader should distrust: what came up on the way, failed branches, uncalibrated numbers."""
    warnings = read_warnings(state.get("warnings", []))
    failures = Counter(o["how"] for o in state["outcomes"].values() if o["kind"] == "failed")
    warnings += [
        warn(Code.ANSWERS_FAILED, f"{times} of the model's answers failed: {how}") for how, times in failures.items()
    ]
    return warnings if state["verdict"]["calibrated"] else [*warnings, uncalibrated()]
