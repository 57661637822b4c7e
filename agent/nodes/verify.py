"""The verification node: parse each branch's answer, rerank all candidates, decide whether to stop."""

from collections import Counter
from dataclasses import asdict, replace
from typing import Any, Literal, cast

from langgraph.types import Command

from sextant.agent.answers import parse_reply
from sextant.agent.answers.outcome import UNFINISHED
from sextant.agent.cost.budget import make_budget
from sextant.agent.cost.call_limit import CALLS_SPENT
from sextant.agent.cost.reservation import can_pay_another
from sextant.agent.nodes.map_places import place_on_map
from sextant.agent.nodes.named_sights import refine_outcome
from sextant.agent.nodes.second_look import is_worth_a_round, make_judgements, read_second_looks
from sextant.agent.nodes.signs import find_signs, look_up_texts
from sextant.agent.nodes.text_checks import check_texts, to_documents
from sextant.agent.recording.fitted_models import load_fitted_model
from sextant.agent.state import Branch, State, Stop, Turn
from sextant.agent.verification import Candidate, Pool, Verdict
from sextant.agent.verification import verify as weigh
from sextant.agent.verification.baselines.stand_in import NOT_ALIGNED, STAND_IN, stands_in
from sextant.agent.verification.model_file import Model, shipped_model
from sextant.agent.verification.scoring.aligned import learned
from sextant.agent.verification.scoring.retrieval_trust import distrust_words
from sextant.agent.verification.stopping_rule import sure_enough
from sextant.agent.warning_codes import Code, warn
from sextant.agent.within import keep_within, load_within
from sextant.agent.world.cancellation import STOPPED
from sextant.agent.world.deps import Deps
from sextant.base.documents.answer import Origin, Probability
from sextant.base.documents.outcome import AnsweredOutcome, OutcomeDocument, StatedPosition
from sextant.base.documents.progress import ProgressEvent
from sextant.base.documents.references import PeakDocument, ReferencesDocument, SceneDocument
from sextant.base.documents.verdict import VerdictDocument
from sextant.base.json_types import Json
from sextant.gallery.profile import read_profile

_LATER_FIELDS = ("wording", "precision", "radius_km")
# Failures that no other prompt and no later round can repair.
HOPELESS = {"bad_key", "no_credit", "unknown_model", "unreachable"}


def verify(state: State, deps: Deps) -> Command[Literal["plan", "answer"]]:
    """Parse, pool and score; then go to another round, or to the answer with the reason for stopping."""
    reading = deps.read_clock("verify", state)
    read = {name: read_outcome(turns) for name, turns in state.get("transcripts", {}).items()}
    judged = read_second_looks(state)
    outcomes = {name: refine_outcome(outcome, deps) for name, outcome in read.items() if name not in judged}
    references = deps.load_references(state.get("references"))
    pool = make_pool(outcomes, state.get("branches", {}), references, deps)
    pool = replace(pool, judgements=make_judgements(judged, deps.settings.model))
    texts = look_up_texts(pool, state.get("transcripts", {}), read, deps)
    checks = check_texts(texts, pool, state.get("transcripts", {}))
    pool = replace(pool, candidates=(*pool.candidates, *find_signs(texts)), checks=checks)
    within = load_within(deps.settings.within) if deps.settings.within else None
    pool = keep_within(pool, within)
    drawn = within.drawn if within else None
    doubts = [warn(Code.UNLIKE_GALLERY, words) for words in distrust_words(pool)]
    strategy = deps.recipe.verify
    if lacks_position_scores(references, deps):
        strategy = STAND_IN
        doubts.append(warn(Code.NOT_ALIGNED, NOT_ALIGNED))
    model = load_judging_model(deps) if strategy == "calibrated" else None
    if strategy == "similarity" or (model and model.scorer and learned(model.scorer.names)):
        pool = add_position_scores(pool, state, references, deps)
    verdict = weigh(pool, strategy, deps.settings.optimise, model=model, within=drawn)
    placed = place_on_map(pool, verdict, state.get("transcripts", {}), read, deps)
    if placed:
        checks = check_texts(texts, pool, state.get("transcripts", {}), placed)
        pool = keep_within(replace(pool, candidates=(*pool.candidates, *placed), checks=checks), within)
        verdict = weigh(pool, strategy, deps.settings.optimise, model=model, within=drawn)
    stop = find_stop_reason({**state, **reading}, outcomes, verdict, deps)
    deps.on_event(_summarise(state.get("round", 0), stop, verdict))
    update = State(
        seconds=reading["seconds"],
        read_at=reading["read_at"],
        outcomes=outcomes,
        verdict=make_compact_verdict(verdict, deps),
        warnings=doubts,
    )
    if judged:
        update["judgements"] = judged
    if checks:
        update["checks"] = to_documents(checks)
    if stop:
        return Command(update={**update, "stop": stop}, goto="answer")
    return Command(update=update, goto="plan")


def load_judging_model(deps: Deps) -> Model:
    """Load the fitted model that judges: the run's own, or the shipped one."""
    fitted = deps.settings.fitted
    return load_fitted_model(fitted, deps.blobs) if fitted else shipped_model()


def read_outcome(transcript: list[Turn]) -> OutcomeDocument:
    """Read the outcome of one branch: one of OUTCOMES. Never dropped, never (0, 0)."""
    spoken = [turn for turn in transcript if turn["role"] == "assistant"]
    if not spoken:
        return _not_finished("the budget had no turn left for it")
    last = spoken[-1]
    if "failure" in last:
        kind: Literal["filtered", "failed"] = "filtered" if last["failure"]["kind"] == "filtered" else "failed"
        return {"kind": kind, "how": last["failure"]["message"], "failure": last["failure"]["kind"]}
    outcome = asdict(parse_reply(last["content"]))
    if outcome["kind"] == "unparsable" and _was_cut(transcript, last):
        return _not_finished("the budget ended while it was using tools")
    if last.get("finish") == "filtered" and outcome["kind"] != "answered":
        return {"kind": "filtered", "how": "the server's content filter cut the answer", "failure": "filtered"}
    outcome["clues"] = list(outcome["clues"])  # as JSON, whose tuples are lists
    outcome["alternatives"] = [_drop_absent(other) for other in outcome["alternatives"]]
    return cast(OutcomeDocument, _drop_absent(outcome))


def _was_cut(transcript: list[Turn], last: Turn) -> bool:
    """Return whether a branch was still at work: it asked for tools, or had to answer at once and said nothing."""
    used_tools = any(turn["role"] == "tool" for turn in transcript)
    return bool(last.get("tool_calls")) or (used_tools and bool(last.get("final")) and not last["content"].strip())


def _not_finished(how: str) -> OutcomeDocument:
    return {"kind": "failed", "how": how, "failure": UNFINISHED}


def _drop_absent(place: Json) -> Json:
    """Drop later fields that are None, so that runs recorded before they existed replay byte for byte."""
    return {name: value for name, value in place.items() if value is not None or name not in _LATER_FIELDS}


def make_pool(
    outcomes: dict[str, OutcomeDocument],
    branches: dict[str, Branch],
    references: ReferencesDocument | None,
    deps: Deps,
) -> Pool:
    """Pool every place proposed for this photo, each with its origin."""
    keep, keep_nearest = deps.recipe.keep_samples, deps.recipe.keep_nearest
    if lacks_position_scores(references, deps):
        keep_nearest = None  # the fallback strategy was fitted on the whole retrieved list
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
        candidates += [make_scene_candidate(match) for match in references.get("scenes", ())]
        farthest = tuple((item["latitude"], item["longitude"]) for item in references["farthest"])
        if keep_nearest is None:
            candidates += [make_peak_candidate(peak) for peak in references.get("peaks") or ()]
    kept: Counter[str] = Counter()
    for name, outcome in outcomes.items():
        branch = branches[name]
        if outcome["kind"] != "answered" or (keep is not None and kept[branch["variant"]] >= keep):
            continue
        kept[branch["variant"]] += 1
        proposed = make_answer_candidates(outcome, branch, deps.settings.model)
        candidates += proposed if deps.recipe.keep_alternatives else proposed[:1]
    counts: Counter[str] = Counter(outcome["kind"] for outcome in outcomes.values())
    profile = read_profile(references.get("profile") if references else None)
    trust = references.get("trust", 1.0) if references else 1.0
    return Pool(tuple(candidates), farthest, counts, retrieval_trust=trust, profile=profile)


def make_peak_candidate(peak: PeakDocument) -> Candidate:
    """Make a candidate of a peak in the heat map of an aligned encoder."""
    place = peak["latitude"], peak["longitude"]
    return Candidate(*place, origin="heatmap", position_score=peak["score"], confidence=peak["probability"])


def make_scene_candidate(match: SceneDocument) -> Candidate:
    """Make a candidate of a reference that likely shows the same scene."""
    return Candidate(
        latitude=match["latitude"],
        longitude=match["longitude"],
        origin="scene",
        id=match["id"],
        confidence=match["probability"],
        inliers=match["inliers"],
        evidence=match["evidence"],
    )


def add_position_scores(pool: Pool, state: State, references: ReferencesDocument | None, deps: Deps) -> Pool:
    """Add the photo's cosine with every place, as G3 does; return the pool unchanged without an aligned encoder."""
    if not has_position_scores(references) or not pool.candidates:
        return pool
    places = [[one.latitude, one.longitude] for one in pool.candidates]
    reply = deps.ask("positions", {"photo": state["photo"]["sha256"], "positions": places})
    scored = zip(pool.candidates, reply["scores"], strict=True)
    return replace(pool, candidates=tuple(replace(one, position_score=score) for one, score in scored))


def lacks_position_scores(references: ReferencesDocument | None, deps: Deps) -> bool:
    """Return whether the recipe compares the photo with places but this run's gallery cannot."""
    return stands_in(deps.recipe.verify, compares_places=has_position_scores(references))


def has_position_scores(references: ReferencesDocument | None) -> bool:
    """Return whether the gallery's encoder compares photos with places (it then found heat map peaks)."""
    return references is not None and references.get("peaks") is not None


def make_answer_candidates(outcome: AnsweredOutcome, branch: Branch, model: str) -> list[Candidate]:
    """Make candidates of an answer and its alternatives, which count as one opinion."""
    places: list[tuple[Origin, StatedPosition]] = [("answer", outcome)]
    places += [("alternative", other) for other in outcome["alternatives"]]
    return [
        Candidate(
            latitude=place["latitude"],
            longitude=place["longitude"],
            origin=origin,
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


def find_stop_reason(state: State, outcomes: dict[str, OutcomeDocument], verdict: Verdict, deps: Deps) -> Stop | None:
    """Find the reason to stop here; None for another round."""
    limit = make_budget(deps.settings, deps.recipe)
    answered = any(outcome["kind"] == "answered" for outcome in outcomes.values())
    if any(outcome.get("failure") == STOPPED for outcome in outcomes.values()):
        return "stopped"
    if verdict.agreement and answered:
        # The verdict is also settled when no further call is worth its price; that is not agreement.
        sure = verdict.expected_gain is None or verdict.unanimous or sure_enough(verdict.probability)
        if sure or not is_worth_a_round(state, verdict, deps):
            return "agreement" if sure else "exhausted"
    if "budget" in state.get("closed", {}).values() or any(
        outcome.get("failure") == CALLS_SPENT for outcome in outcomes.values()
    ):
        return "budget"
    if not any(branch["round"] == state.get("round") for branch in state.get("branches", {}).values()):
        return "exhausted"  # the inputs of every later prompt are missing
    if not deps.recipe.later or (outcomes and all(o.get("failure") in HOPELESS for o in outcomes.values())):
        return "exhausted"
    if not can_pay_another(state, deps) or state.get("round", 0) >= limit.rounds:
        return "budget"
    return None


def make_compact_verdict(verdict: Verdict, deps: Deps) -> VerdictDocument:
    """Compact the verdict for the state: the long list of scored candidates goes to the blob store."""
    plain = round_numbers(verdict.to_json())
    return cast(VerdictDocument, {**plain, "candidates": deps.blobs.put_json(plain["candidates"])})


def round_numbers(value: Any) -> Any:
    """Round numbers to six places: a tenth of a metre, a millionth of a share.

    The last bits of a sum depend on the processor, and a recording must replay on another one. Outlines (``geojson``)
    are long and already rounded by `sextant.geo.caps`.
    """
    if isinstance(value, float):  # most values are
        return round(value, 6)
    if isinstance(value, dict):
        return {name: item if name == "geojson" else round_numbers(item) for name, item in value.items()}
    return [round_numbers(item) for item in value] if isinstance(value, list) else value


def _summarise(number: int, stop: Stop | None, verdict: Verdict) -> ProgressEvent:
    return {
        "step": "verify",
        "round": number,
        "stop": stop,
        "latitude": verdict.latitude,
        "longitude": verdict.longitude,
        "probability": cast(Probability, dict(verdict.probability)),
        "agreement": verdict.agreement,
    }
