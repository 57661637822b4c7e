"""A photo's stored candidates under what a person has said: the evidence of a session, weighed anew."""

from sextant.agent.chat.intents import intent_of, undoes_all
from sextant.agent.chat.steering import Evidence, candidate_of, moved_km, steer
from sextant.agent.chat.steering_parser import read_steering
from sextant.agent.nodes.answer import name_best_place, name_rival
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.recording.fitted_models import fitted_model
from sextant.base.json_types import Json


def constraints_after(old: list[Json], message: Json) -> list[Json]:
    """Return the constraints in force after the message.

    Raises:
        WrongUse: it names a place nobody knows.
    """
    if message["steer"]:
        return [*old, *message["steer"]]
    if intent_of(message, 1) == "undo":
        return [] if undoes_all(message["text"]) else old[:-1]
    return [*old, *read_steering(message["text"])]


def weighed(photo: Json, constraints: list[Json], blobs: BlobStore) -> Json:
    """Return the photo's evidence weighed under these constraints; without any, as the run left it.

    Raises:
        SextantError: the fitted model that judged the run is gone.
    """
    if not constraints:
        return {**photo, "constraints": [], "now": None, "changed": None}
    evidence = Evidence(
        candidates=tuple(candidate_of(item) for item in photo["answer"]["candidates"]),
        farthest=tuple((item["latitude"], item["longitude"]) for item in photo["farthest"]),
        clues=photo["clues"],
        strategy=photo["strategy"],
        optimise=photo["optimise"],
        model=fitted_model(photo["fitted"], blobs) if photo.get("fitted") else None,
    )
    result = steer(evidence, constraints)
    verdict = result.verdict.to_json()
    now = {name: verdict[name] for name in ("probability", "region", "candidates")}
    now |= {"best": name_best_place(verdict), "rival": name_rival(verdict["rival"]), "coverage": None}
    changed = {
        "moved_km": moved_km(photo["answer"]["best"], result.verdict),
        "left": result.left,
        "of": len(evidence.candidates),
        "ruled_out": [list(pair) for pair in result.ruled_out],
    }
    return {**photo, "constraints": constraints, "now": now, "changed": changed}
