"""Redacted view of a located photo: coarsen the record by the policy, then derive everything shown from that."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from sextant.agent.answer_statement import describe_reply, state_answer
from sextant.agent.chat.record_answers import list_reasons
from sextant.agent.guard.claims import Trace, strike_phantom_checks
from sextant.agent.guard.metadata_check import compare_metadata, read_file_position, state_file_position
from sextant.agent.privacy.precision import Policy, coarsen, redact_words
from sextant.agent.verification.pool import LOOKED_UP
from sextant.agent.warning_codes import AnswerWarning, Code, has_code, read_warnings, warn_uncalibrated
from sextant.base.documents.answer import Answer
from sextant.base.documents.comparison import RunComparison
from sextant.base.documents.progress import ProgressEvent
from sextant.base.documents.session import ShownPhoto
from sextant.base.json_types import Document, Json
from sextant.geo.caps import draw_caps
from sextant.geo.clusters import cluster
from sextant.geo.sphere import compute_great_circle_km

WORDS = frozenset(
    {
        "text",
        "struck",
        "words",
        "how",
        "content",
        "clues",
        "warnings",
        "reasons",
        "args",
        "file",
        "error",
        "request",
        "why",
    }
)
PLACE_KM = 25.0  # candidates within the benchmarks' city radius are one proposal


def view_photo(evidence: Json, policy: Policy) -> ShownPhoto:
    """Build the view of a session's photo for page, terminal and exports; nothing in it is finer than the policy
    allows.
    """
    kept = {name: evidence.get(name) for name in ("key", "sha256", "run", "status")}
    seen = coarsen(redact_words(evidence, policy, WORDS), policy)
    shown: Json = {**kept, "name": f"photo {evidence['key']}", "file": seen.get("file"), "error": seen.get("error")}
    if evidence["status"] != "located":
        return cast(ShownPhoto, shown)
    answer = merge_current_answer(seen)
    answer["photo"] = {**answer["photo"], "path": seen["file"]}
    answer["claims"] = view_claims(evidence, policy)
    answer["warnings"] = view_warnings(evidence["answer"]["warnings"], policy)
    said = compare_metadata(seen["metadata"], answer["best"], answer["region"].get("90"))
    if policy.withholds_words:
        said |= {"time": None, "taken_at": None, "notes": []}
    answer["metadata"] = state_file_position(said)
    answer["precision"] = policy.to_json()
    answer["region"] = {share: draw_region(region) for share, region in answer["region"].items()}
    located = {
        "answer": answer,
        "told": state_answer(cast(Answer, answer), steered=bool(seen["constraints"])),
        "first": seen["answer"]["best"],
        "constraints": [one["words"] for one in seen["constraints"]],
        "areas": [] if policy.coarsest else draw_constraints(seen["constraints"]),
        "changed": view_change(seen, answer["best"]),
        "metadata": said,
        "nearest": seen["nearest"],
        "farthest": seen["farthest"],
        "places": coarsen(list_proposals(answer["candidates"]), policy),
        "reasons": (seen["changed"] or {}).get("reasons") or seen["verdict_reasons"] or [],
        "done": list_done(evidence),
        "pictures": not policy.withholds_words,
    }
    whole = shown | located
    return cast(ShownPhoto, whole | {"ledger": [entry.to_json() for entry in list_reasons(whole)]})


def draw_region(region: Json | None) -> Json | None:
    """Add the outline of a region on the globe: a large circle is not round on a flat map."""
    if region is None or region.get("geojson"):
        return region
    circles = [(part["latitude"], part["longitude"], part["radius_km"]) for part in region["parts"]]
    return {**region, "geojson": draw_caps([(a, o, max(km, 1e-3)) for a, o, km in circles])}


def draw_constraints(constraints: Sequence[Json]) -> list[Json]:
    """Draw the areas that a person drew, pinned or rejected; ``number`` counts all constraints from 0."""
    found = []
    for number, one in enumerate(constraints):
        area = one.get("area") or {}
        if "polygon" in area or "circle" in area:
            drawn = area.get("polygon") or draw_caps([tuple(area["circle"])])
            found.append({"number": number, "rule": one["rule"], "words": one["words"], "geojson": drawn})
            found[-1]["editable"] = "polygon" in area and drawn["type"] == "Polygon" and len(drawn["coordinates"]) == 1
    return found


def view_change(seen: Json, best: Json | None) -> Json | None:
    """Build the view of what steering changed; the distance is between the places as shown."""
    changed: Json | None = seen.get("changed")
    first = seen["answer"]["best"]
    if changed is None or first is None or best is None:
        return changed
    km = float(compute_great_circle_km((first["latitude"], first["longitude"]), (best["latitude"], best["longitude"])))
    return {**changed, "moved_km": round(km, 1)}


def view_event(event: ProgressEvent, policy: Policy) -> ProgressEvent:
    """Build the view of a progress event."""
    shown: Json = dict(event)
    if shown["step"] == "reply" and shown.get("text"):
        shown["text"] = describe_reply(shown["text"])
    if policy.withholds_words:
        shown = redact_words(shown | ({"args": {}} if "args" in shown else {}), policy, WORDS - {"args"})
    return cast(ProgressEvent, coarsen(shown, policy))


def view_comparison(found: RunComparison, policy: Policy) -> RunComparison:
    """Build the view of a comparison (``graphs/runs/compare.py``); distances are between the places as shown."""
    if policy.coarsest is None:
        return found
    shown: Json = coarsen(redact_words(found, policy, WORDS), policy)
    ends = [(place["latitude"], place["longitude"]) for place in shown["best"] if place]
    moved = round(float(compute_great_circle_km(*ends)), 1) if len(ends) == 2 else None
    return cast(RunComparison, {**shown, "moved_km": moved})


def view_answer(answer: Answer, policy: Policy) -> Answer:
    """Build the view of a run's answer, as `sextant locate` prints it."""
    if policy.coarsest is None:
        return answer
    shown: Json = coarsen(redact_words(answer, policy, WORDS), policy)
    shown["photo"] = {**shown["photo"], "path": None}
    shown["metadata"] = view_file_position(shown, policy)
    shown["warnings"] = view_warnings(answer["warnings"], policy)
    return cast(Answer, {**shown, "precision": policy.to_json()})


def view_file_position(shown: Json, policy: Policy) -> Json:
    """Build the view of the file's own position in a coarsened answer: its distance is between the places as shown."""
    stated = read_file_position(shown["metadata"])
    if policy.withholds_words:
        stated |= {"taken_at": None, "notes": []}
    best = shown["best"]
    if stated["latitude"] is not None and best is not None:
        ends = [(place["latitude"], place["longitude"]) for place in (stated, best)]
        stated["distance_km"] = round(float(compute_great_circle_km(*ends)), 3)
    return stated


def merge_current_answer(evidence: Json) -> Json:
    """Merge the changes by steering into the run's answer."""
    return {**evidence["answer"], **(evidence.get("now") or {})}


def view_claims(evidence: Json, policy: Policy) -> list[Json]:
    """Build the view of the claims, phantom checks struck; under a cap only their sources."""
    claims = strike_phantom_checks(merge_current_answer(evidence)["claims"], load_traces(evidence))
    coarse: list[Json] = coarsen(redact_words(claims, policy, WORDS), policy)
    return coarse


def view_warnings(warnings: Sequence[Any], policy: Policy) -> list[AnswerWarning]:
    """Build the view of the warnings; when words are withheld, only the one that cannot name a place."""
    read = read_warnings(warnings)
    if policy.withholds_words:
        # Use our text, not the record's: an imported record may hold any text under a harmless code.
        return [warn_uncalibrated()] if has_code(read, Code.UNCALIBRATED) else []
    coarse: list[AnswerWarning] = coarsen(read, policy)
    return coarse


def load_traces(evidence: Json) -> dict[str, Trace]:
    """Load the tool trace of each branch, by branch id."""
    return {
        branch: Trace(tuple((call["id"], call["name"]) for call in trace["calls"]), trace["references"])
        for branch, trace in evidence["traces"].items()
    }


def list_done(evidence: Json) -> list[Json]:
    """List the tools that each branch called, without arguments, since those may hold coordinates."""
    return [
        {"branch": branch, "tools": [call["name"] for call in trace["calls"]], "references": trace["references"]}
        for branch, trace in evidence["traces"].items()
    ]


def list_proposals(candidates: Sequence[Json]) -> list[Json]:
    """Group the candidates into places with votes, strongest first; a place has its best candidate's position.

    Models and retrieved photos vote; what was looked up for the photo's text or matched by geometry is counted among
    the origins only.
    """
    if not candidates:
        return []
    positions = np.array([(item["latitude"], item["longitude"]) for item in candidates])
    labels = cluster(positions, PLACE_KM)
    groups: dict[int, list[Json]] = {}
    for label, item in zip(labels.tolist(), candidates, strict=True):
        groups.setdefault(label, []).append(item)
    ranked = sorted(groups.values(), key=lambda group: (-max(item["score"] for item in group), -len(group)))
    of = sum(item["origin"] not in LOOKED_UP for item in candidates)
    return [_make_proposal(group, of) for group in ranked]


def list_matches(candidates: Sequence[Document]) -> list[Document]:
    """List the references that show the same scene and whose drawing may be shown, the surest first."""
    drawn = [one for one in candidates if one["origin"] == "scene" and one.get("evidence")]
    return sorted(drawn, key=lambda one: (-one["confidence"], -one["inliers"], one["evidence"]))


def _make_proposal(group: list[Json], of: int) -> Json:
    from sextant.geo.places import describe

    best = max(group, key=lambda item: item["score"])
    place = describe(best["latitude"], best["longitude"])
    counted = ("answer", "alternative", "nearest", *LOOKED_UP)
    origins = {origin: sum(item["origin"] == origin for item in group) for origin in counted}
    shown: dict[str, Any] = {
        "latitude": best["latitude"],
        "longitude": best["longitude"],
        "country": place.country,
        "admin1": place.admin1,
        "place": place.place,
        "score": best["score"],
        "votes": sum(item["origin"] not in LOOKED_UP for item in group),
        "of": of,
        "origins": origins,
        "variants": sorted({item["variant"] for item in group if item.get("variant")}),
    }
    return shown
