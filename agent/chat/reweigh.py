"""Rerank a photo's stored candidates under the user's constraints."""

from typing import cast

from sextant.agent.chat.intents import classify_intent, is_undo_all
from sextant.agent.chat.steering import ReweighInput, measure_moved_km, read_candidate, steer
from sextant.agent.chat.steering_parser import read_steering
from sextant.agent.nodes.answer import collect_claims, name_best_place, name_rival
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.recording.fitted_models import load_fitted_model
from sextant.agent.verification.pool import read_checks, read_judgements
from sextant.agent.within import load_within
from sextant.base.documents.answer import BestPlace, Claim
from sextant.base.documents.outcome import OutcomeDocument
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json


def update_constraints(old: list[Json], message: Json) -> list[Json]:
    """Update the constraints with those of a message.

    Raises:
        WrongUse: the message names an unknown place, or a constraint that does not exist.
    """
    for action in ("replaces", "removes"):
        number = message.get(action)
        if number is not None:
            if not 0 <= number < len(old):
                raise WrongUse(f"constraint {number + 1} does not exist; this photo has {len(old)}")
            return [*old[:number], *message["steer"], *old[number + 1 :]]
    if message["steer"]:
        return [*old, *message["steer"]]
    if classify_intent(message, 1) == "undo":
        return [] if is_undo_all(message["text"]) else old[:-1]
    return [*old, *read_steering(message["text"])]


def reweigh_photo(photo: Json, constraints: list[Json], blobs: BlobStore) -> Json:
    """Rerank the photo's candidates under these constraints; without constraints, restore the run's result.

    Raises:
        SextantError: the run's fitted model is missing.
    """
    if not constraints:
        return {**photo, "constraints": [], "now": None, "changed": None}
    evidence = ReweighInput(
        candidates=tuple(read_candidate(item) for item in photo["answer"]["candidates"]),
        farthest=tuple((item["latitude"], item["longitude"]) for item in photo["farthest"]),
        clues=photo["clues"],
        strategy=photo["strategy"],
        optimise=photo["optimise"],
        model=load_fitted_model(photo["fitted"], blobs) if photo.get("fitted") else None,
        judgements=read_judgements(photo["answer"].get("looks", ()), photo["answer"].get("model", "")),
        checks=read_checks(photo["answer"].get("checks", ())),
    )
    result = steer(evidence, constraints, load_within(photo["within"]) if photo.get("within") else None)
    verdict = result.verdict.to_json()
    now = {name: verdict[name] for name in ("probability", "region", "candidates")}
    now |= {
        "best": name_best_place(result.verdict.latitude, result.verdict.longitude),
        "rival": name_rival(verdict["rival"]),
        "coverage": None,
        "effects": verdict.get("effects", []),
    }
    now["claims"] = collect_present_claims(photo, now["best"])
    changed = {
        "moved_km": measure_moved_km(photo["answer"]["best"], result.verdict),
        "left": result.left,
        "of": len(evidence.candidates),
        "ruled_out": [list(pair) for pair in result.ruled_out],
        "reasons": list(verdict["reasons"]),
    }
    return {**photo, "constraints": constraints, "now": now, "changed": changed}


def collect_present_claims(photo: Json, best: BestPlace | None) -> list[Claim]:
    """Collect the clues of the answers that argue for the present place, not for the one that was ruled out."""
    outcomes = {
        item["id"]: {"kind": "answered", **item, "clues": photo["clues"][item["id"]]}
        for item in photo["answer"]["candidates"]
        if item["origin"] == "answer" and item.get("id") in photo["clues"]
    }
    return collect_claims(cast(dict[str, OutcomeDocument], outcomes), best)
