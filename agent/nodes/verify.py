"""The judge: what each branch's last words came to, what they and the gallery add up to, and whether to go on."""

from collections import Counter
from dataclasses import asdict, replace
from typing import Any, Literal

from langgraph.types import Command

from sextant.agent.answers import parse_answer
from sextant.agent.cost.budget import affordable, limits
from sextant.agent.cost.reservation import call_cost
from sextant.agent.recording.fitted_models import fitted_model
from sextant.agent.state import Branch, Json, State, Stop, Turn
from sextant.agent.verification import Candidate, Pool, Verdict
from sextant.agent.verification import verify as weigh
from sextant.agent.verification.aligned import learned
from sextant.agent.verification.model_file import Model, shipped_model
from sextant.agent.verification.retrieval_trust import distrust_words
from sextant.agent.verification.stopping_rule import sure_enough
from sextant.agent.world.cancellation import STOPPED
from sextant.agent.world.deps import Deps
from sextant.gallery.profile import profile_of

_LATER_FIELDS = ("wording", "precision", "radius_km")
# Failures that no other prompt and no later round can mend.
HOPELESS = {"bad_key", "no_credit", "unknown_model", "unreachable"}


def verify(state: State, deps: Deps) -> Command[Literal["plan", "answer"]]:
    """Parse, pool, weigh; then another round, or the answer with the reason for stopping."""
    reading = deps.read_clock("verify", state)
    outcomes = {name: outcome_of(turns) for name, turns in state.get("transcripts", {}).items()}
    references = deps.load_references(state.get("references"))
    pool = pool_of(outcomes, state.get("branches", {}), references, deps)
    strategy = deps.recipe.verify
    model = model_of(deps) if strategy == "calibrated" else None
    doubts = list(distrust_words(pool))
    if strategy == "similarity" or (model and model.scorer and learned(model.scorer.names)):
        pool = with_position_scores(pool, state, references, deps)
    if strategy == "similarity":
        strategy, more = comparable(pool)
        doubts += more
    verdict = weigh(pool, strategy, deps.settings.optimise, model=model)
    stop = stop_reason({**state, **reading}, outcomes, verdict, deps)
    deps.on_event({"step": "verify", "round": state.get("round", 0), "stop": stop, **_summary(verdict)})
    update = State(
        seconds=reading["seconds"],
        read_at=reading["read_at"],
        outcomes=outcomes,
        verdict=compact(verdict, deps),
        warnings=doubts,
    )
    if stop:
        return Command(update={**update, "stop": stop}, goto="answer")
    return Command(update=update, goto="plan")


def model_of(deps: Deps) -> Model:
    """Return the fitted model that judges: the run's own, or the shipped one."""
    fitted = deps.settings.fitted
    return fitted_model(fitted, deps.blobs) if fitted else shipped_model()


def outcome_of(transcript: list[Turn]) -> Json:
    """Return what one branch came to: answered, refused, unparsable or failed. Never dropped, never (0, 0)."""
    spoken = [turn for turn in transcript if turn["role"] == "assistant"]
    if not spoken:
        return {"kind": "failed", "how": "no turn was left in the budget"}
    last = spoken[-1]
    if "failure" in last:
        return {"kind": "failed", "how": last["failure"]["message"], "failure": last["failure"]["kind"]}
    if last.get("tool_calls") and not last["content"].strip():
        return {"kind": "failed", "how": "asked for tools when no turn was left"}
    outcome = asdict(parse_answer(last["content"]))
    outcome["alternatives"] = [_without_absent(other) for other in outcome["alternatives"]]
    return _without_absent(outcome)


def _without_absent(place: Json) -> Json:
    """The outcome without the later fields that it has nothing for, so that runs of before replay to the byte."""
    return {name: value for name, value in place.items() if value is not None or name not in _LATER_FIELDS}


def pool_of(outcomes: dict[str, Json], branches: dict[str, Branch], references: Json | None, deps: Deps) -> Pool:
    """Every place proposed for this photo, with where each came from."""
    keep, keep_nearest = deps.recipe.keep_samples, deps.recipe.keep_nearest
    candidates: list[Candidate] = []
    farthest: tuple[tuple[float, float], ...] = ()
    if references:
        candidates += [
            Candidate(
                latitude=item["latitude"],
                longitude=item["longitude"],
                origin="nearest",
                rank=rank,
                similarity=item["similarity"],
                id=item["id"],
            )
            for rank, item in enumerate(references["nearest"][:keep_nearest])
        ]
        farthest = tuple((item["latitude"], item["longitude"]) for item in references["farthest"])
        if keep_nearest is None:
            candidates += [peak_candidate(peak) for peak in references.get("peaks") or ()]
    kept: Counter[str] = Counter()
    for name, outcome in outcomes.items():
        branch = branches[name]
        if outcome["kind"] != "answered" or (keep is not None and kept[branch["variant"]] >= keep):
            continue
        kept[branch["variant"]] += 1
        candidates += said(outcome, branch, deps.settings.model)
    counts = Counter(outcome["kind"] for outcome in outcomes.values())
    found = references or {}
    profile = profile_of(found.get("profile"))
    return Pool(tuple(candidates), farthest, counts, retrieval_trust=found.get("trust", 1.0), profile=profile)


def peak_candidate(peak: Json) -> Candidate:
    """Return a place that the heat map of an aligned encoder points to."""
    place = peak["latitude"], peak["longitude"]
    return Candidate(*place, origin="heatmap", position_score=peak["score"], confidence=peak["probability"])


def with_position_scores(pool: Pool, state: State, references: Json | None, deps: Deps) -> Pool:
    """Add the photo's cosine with every place, as G3 does; return the pool unchanged without an aligned encoder."""
    if not references or references.get("peaks") is None or not pool.candidates:
        return pool
    places = [[one.latitude, one.longitude] for one in pool.candidates]
    reply = deps.ask("positions", {"photo": state["photo"]["sha256"], "positions": places})
    scored = zip(pool.candidates, reply["scores"], strict=True)
    return replace(pool, candidates=tuple(replace(one, position_score=score) for one, score in scored))


def comparable(pool: Pool) -> tuple[str, list[str]]:
    """`similarity`, or what stands in for it where nothing here can be compared; and what there is to say of it.

    Only an aligned encoder compares a photo with a place. With another, retrieved photos alone carry a similarity, and
    with no gallery nothing does: then the densest place is taken, and said to be.
    """
    if any(one.position_score is not None for one in pool.candidates):
        return "similarity", []
    if any(one.similarity is not None for one in pool.candidates):
        return "similarity", ["only retrieved photos could be compared; places need an aligned: encoder"]
    return "density", ["nothing here can be compared by similarity; the densest place was taken instead"]


def said(outcome: Json, branch: Branch, model: str) -> list[Candidate]:
    """Return an answer and its alternatives as candidates of one voice."""
    places = [("answer", outcome), *(("alternative", other) for other in outcome["alternatives"])]
    return [
        Candidate(
            latitude=place["latitude"],
            longitude=place["longitude"],
            origin=origin,  # type: ignore[arg-type]
            model=model,
            variant=branch["variant"],
            sample=branch["sample"],
            round=branch["round"],
            confidence=place["confidence"],
            place=place["place"],
            id=branch["id"],
            wording=outcome.get("wording") if origin == "answer" else None,
            precision=place.get("precision"),
            radius_km=place.get("radius_km"),
        )
        for origin, place in places
    ]


def stop_reason(state: State, outcomes: dict[str, Json], verdict: Verdict, deps: Deps) -> Stop | None:
    """Why the run ends here, or None for another round."""
    limit = limits(deps.settings, deps.recipe)
    answered = any(outcome["kind"] == "answered" for outcome in outcomes.values())
    if verdict.agreement and answered:
        # The verdict is also settled when no further call is worth its price; that is no agreement.
        sure = verdict.expected_gain is None or verdict.unanimous or sure_enough(verdict.probability)
        return "agreement" if sure else "exhausted"
    if any(outcome.get("failure") == STOPPED for outcome in outcomes.values()):
        return "stopped"
    if "budget" in state.get("closed", {}).values():
        return "budget"
    if not deps.recipe.later or (outcomes and all(o.get("failure") in HOPELESS for o in outcomes.values())):
        return "exhausted"
    cost = call_cost(state, deps, list(state.get("branches", {}).values()))
    if affordable(limit, state["spent"], state["seconds"], cost) == 0 or state.get("round", 0) >= limit.rounds:
        return "budget"
    return None


def compact(verdict: Verdict, deps: Deps) -> Json:
    """Return the verdict for the state; the long list of scored candidates goes to the blob store."""
    plain = rounded(verdict.to_json())
    return {**plain, "candidates": deps.blobs.put_json(plain["candidates"])}


def rounded(value: Any) -> Any:
    """Numbers to six places: a tenth of a metre, a millionth of a share.

    The last bits of a sum depend on the processor; a recording is to replay on another one. Outlines (``geojson``) come
    rounded from `sextant.geo.caps`, and are long.
    """
    if isinstance(value, dict):
        return {name: item if name == "geojson" else rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 6) if isinstance(value, float) else value


def _summary(verdict: Verdict) -> Json:
    return {
        "latitude": verdict.latitude,
        "longitude": verdict.longitude,
        "probability": dict(verdict.probability),
        "agreement": verdict.agreement,
    }
