"""The last node: turns the verdict into the answer document for people and programs."""

from collections import Counter
from typing import Any, cast

from sextant.agent.answer_words import BASIS_NOTES
from sextant.agent.answers.outcome import OUTCOMES, UNFINISHED
from sextant.agent.guard.claims import Trace, describe_unsupported, make_trace, strike_phantom_checks
from sextant.agent.guard.metadata_check import compare_metadata, state_file_position
from sextant.agent.recording.fitted_models import shorten_fitted_name
from sextant.agent.settings import Settings
from sextant.agent.state import Photo, Spent, State
from sextant.agent.warning_codes import AnswerWarning, Code, read_warnings, warn, warn_uncalibrated
from sextant.agent.within import warn_within
from sextant.agent.world.deps import Deps
from sextant.base.documents.answer import (
    Answer,
    AnsweredPhoto,
    BestPlace,
    Calibration,
    Claim,
    Coverage,
    FilePosition,
    OutcomeCounts,
    RivalDocument,
    SpentSummary,
)
from sextant.base.documents.outcome import OutcomeDocument
from sextant.base.documents.verdict import LeadingRival, VerdictDocument
from sextant.base.json_types import Document
from sextant.geo.places import find_names
from sextant.geo.sphere import compute_great_circle_km


def answer(state: State, deps: Deps) -> State:
    """Build the Answer of DESIGN.md: place, region, rival, claims, coverage, metadata, spending."""
    reading = deps.read_clock("answer", state)
    verdict, outcomes = state["verdict"], state["outcomes"]
    counts: Counter[str] = Counter(outcome["kind"] for outcome in outcomes.values())
    best = name_best_place(verdict["latitude"], verdict["longitude"])
    if best is not None and deps.settings.gazetteer:
        best["sight"] = name_sight(best, deps)
    said = collect_claims(outcomes, best)
    unread = describe_unsupported([claim["text"] for claim in said if claim["source"] != "read"])
    position = compare_metadata(state["metadata"], best, verdict["region"].get("90"))
    warnings = collect_warnings(state, deps.settings)
    if unread:
        warnings.append(warn(Code.UNCHECKED_LANGUAGE, unread))
    document: Answer = {
        "photo": describe_photo(state["photo"]),
        "best": best,
        "probability": verdict["probability"],
        "calibration": note_calibration(verdict),
        "region": verdict["region"],
        "candidates": deps.blobs.get_json(verdict["candidates"]),
        "rival": name_rival(verdict["rival"]),
        "claims": cast(list[Claim], strike_phantom_checks(said, collect_traces(state))),
        "coverage": fetch_coverage(best, deps),
        "metadata": cast(FilePosition, state_file_position(position)),
        "outcomes": cast(OutcomeCounts, {kind: counts[kind] for kind in OUTCOMES}),
        "stop": state["stop"],
        "spent": summarise_spending(state["spent"], reading["seconds"]),
        "model": deps.settings.model,
        "preset": deps.recipe.id,
        "run": deps.settings.run,
        "warnings": warnings,
    }
    if deps.settings.fitted and deps.recipe.verify == "calibrated":
        document["fitted"] = shorten_fitted_name(deps.settings.fitted)
    if state.get("judgements"):
        document["looks"] = [one for said in state["judgements"].values() for one in said]
    if state.get("checks"):
        document["checks"] = state["checks"]
    if verdict.get("effects"):
        document["effects"] = verdict["effects"]
    if state.get("sent"):
        document["sent"] = state["sent"]
    deps.on_event({"step": "answer"})
    return State(answer=document, seconds=reading["seconds"], read_at=reading["read_at"])


def note_calibration(verdict: VerdictDocument) -> Calibration | None:
    """Say what the probabilities rest on; None where they are not calibrated or there are none."""
    basis = verdict.get("basis")
    return {"basis": basis, "note": BASIS_NOTES[basis]} if basis else None


def describe_photo(photo: Photo) -> AnsweredPhoto:
    """Return what an answer says of its photo."""
    return {
        "sha256": photo["sha256"],
        "path": photo["path"],
        "width": photo["width"],
        "height": photo["height"],
    }


def name_best_place(latitude: float | None, longitude: float | None) -> BestPlace | None:
    """Return the answered position (degrees) with its place names; None when no place was proposed."""
    if latitude is None or longitude is None:
        return None
    place = find_names(latitude, longitude)
    return {
        "latitude": latitude,
        "longitude": longitude,
        "country": place.country,
        "country_code": place.country_code,
        "admin1": place.admin1,
        "place": place.place,
        "at_sea": place.at_sea,
    }


def name_sight(best: BestPlace, deps: Deps) -> str | None:
    """Return the name of the prominent sight at the answer, by the gazetteers of the home; None without one."""
    at = {"name": None, "latitude": best["latitude"], "longitude": best["longitude"], "radius_km": 0.0}
    sight = deps.ask("sight", at)["sight"]
    return str(sight["name"]) if sight else None


def name_rival(rival: LeadingRival | None) -> RivalDocument | None:
    """Return the rival with its place names."""
    if rival is None:
        return None
    place = find_names(rival["latitude"], rival["longitude"])
    return {**rival, "country": place.country, "place": place.place}


def collect_claims(outcomes: dict[str, OutcomeDocument], best: BestPlace | None) -> list[Claim]:
    """Collect the clues of the answers within 200 km of the best place, each with the branch that gave it."""
    if best is None:
        return []
    found: dict[str, Claim] = {}
    for name, outcome in outcomes.items():
        if outcome["kind"] != "answered" or compute_distance_km(outcome, best) >= 200.0:
            continue
        for clue in outcome["clues"]:
            found.setdefault(clue["text"], {"text": clue["text"], "source": clue["source"], "call": name})
    return list(found.values())


def collect_traces(state: State) -> dict[str, Trace]:
    """Collect what each branch really did, to check its claims against."""
    references = bool(state.get("references"))
    return {name: make_trace(name, turns, references) for name, turns in state.get("transcripts", {}).items()}


def fetch_coverage(best: BestPlace | None, deps: Deps) -> Coverage | None:
    """Count the gallery photos near the answer; without any, the gallery says nothing about the place."""
    if best is None or not deps.settings.gallery:
        return None
    found = deps.ask("coverage", {"latitude": best["latitude"], "longitude": best["longitude"]})
    return cast(Coverage, found) if found else None


def compute_distance_km(a: Document, b: Document) -> float:
    """Compute the great-circle distance between two JSON positions."""
    return float(compute_great_circle_km((a["latitude"], a["longitude"]), (b["latitude"], b["longitude"])))


def summarise_spending(spent: Spent, seconds: float) -> SpentSummary:
    """Summarise what the run used. Dollars are null when the price of any call is unknown."""
    usd: Any = None if spent["unpriced_calls"] else round(spent["usd"], 6)
    return {
        "calls": spent["calls"],
        "tokens": spent["input_tokens"] + spent["output_tokens"],
        "estimated_calls": spent["estimated_calls"],
        "seconds": round(seconds, 3),
        "usd": usd,
    }


def name_failure(outcome: OutcomeDocument) -> str:
    """Return what happened to a branch without an answer: it failed, was filtered, or was not finished."""
    if outcome.get("failure") == UNFINISHED:
        return "were not finished"
    return "failed" if outcome["kind"] == "failed" else "were filtered"


def collect_warnings(state: State, settings: Settings) -> list[AnswerWarning]:
    """Collect the warnings of the run: from its nodes, its limits, failed branches, uncalibrated probabilities."""
    warnings = [*read_warnings(state.get("warnings", [])), *warn_of_overspending(state["spent"], settings)]
    unanswered = [o for o in state["outcomes"].values() if o["kind"] in ("failed", "filtered")]
    failures = Counter((name_failure(outcome), outcome["how"]) for outcome in unanswered)
    for (happened, how), times in failures.items():
        warnings.append(warn(Code.ANSWERS_FAILED, f"{times} of the model's answers {happened}: {how}"))
    if settings.within:
        warnings.append(warn_within(settings.within, list(state["outcomes"].values())))
    return warnings if state["verdict"]["calibrated"] else [*warnings, warn_uncalibrated()]


def warn_of_overspending(spent: Spent, settings: Settings) -> list[AnswerWarning]:
    """Warn where a limit was passed: only a server that counts a prompt beyond its upper estimate can cause this."""
    tokens = spent["input_tokens"] + spent["output_tokens"]
    over = []
    if settings.max_usd is not None and spent["usd"] > settings.max_usd + 1e-9:
        over.append(f"${spent['usd']:.4f} of --max-usd {settings.max_usd:g}")
    if settings.max_tokens is not None and tokens > settings.max_tokens:
        over.append(f"{tokens:,} tokens of --max-tokens {settings.max_tokens:,}")
    reason = "the server counted more for a prompt than any known model does; no call was made after that"
    return [warn(Code.OVERSPENT, f"spent {' and '.join(over)}: {reason}")] if over else []
