"""Compare two runs: how far the answer moved, which candidates were gained, lost or reweighted, and why."""

from typing import cast

from sextant.agent.recording.cassette import encode_canonical
from sextant.agent.recording.divergence import find_json_differences
from sextant.agent.world.deps import StepInfo
from sextant.base.documents.comparison import (
    ComparedCandidate,
    ComparedCandidates,
    FirstDifference,
    RunComparison,
)
from sextant.base.json_types import Json
from sextant.geo.sphere import compute_great_circle_km
from sextant.graphs.runs.folder import RunFolder
from sextant.graphs.runs.replay import make_step_key, normalise
from sextant.graphs.runs.steps import Step, read_steps
from sextant.graphs.runs.timeline import TIMING

SAME_SCORE = 1e-6  # scores are sums of floats; a smaller difference is rounding


def compare_runs(a: RunFolder, b: RunFolder) -> RunComparison:
    """Compare two runs and return the differences.

    ``moved_km`` is the great-circle distance between their answers; None when one of them has no place. ``first_step``
    is the first step whose change of the state differs; clock readings are ignored.

    Raises:
        SextantError: a folder cannot be read.
    """
    answers: list[Json] = [cast(Json, folder.answer() or {}) for folder in (a, b)]
    places = [answer.get("best") for answer in answers]
    ends = [(place["latitude"], place["longitude"]) for place in places if place]
    moved = round(float(compute_great_circle_km(*ends)), 3) if len(ends) == 2 else None
    steps = [read_steps(folder.steps) for folder in (a, b)]
    settings = find_json_differences(a.record()["settings"], b.record()["settings"], "")
    return {
        "runs": [a.name, b.name],
        "best": places,
        "moved_km": moved,
        "stop": [answer.get("stop") for answer in answers],
        "spent": [answer.get("spent") for answer in answers],
        "candidates": compare_candidates(*[answer.get("candidates", []) for answer in answers]),
        "settings": {found.where: found.words for found in settings if found.where not in ("run", "home")},
        "first_step": find_first_step(*steps) or find_answer_difference(answers, steps[1]),
    }


def compare_candidates(old: list[Json], new: list[Json]) -> ComparedCandidates:
    """List candidates gained, lost and reweighted; one that moved counts as lost at one place and gained at another."""
    before, after = ({make_identity(item): item for item in items} for items in (old, new))
    changed = [
        (abs(after[key]["score"] - before[key]["score"]), key)
        for key in after
        if key in before and abs(before[key]["score"] - after[key]["score"]) > SAME_SCORE
    ]
    changed.sort(key=lambda item: -item[0])
    return {
        "gained": [summarise_candidate(item, item["score"]) for key, item in after.items() if key not in before],
        "lost": [summarise_candidate(item, item["score"]) for key, item in before.items() if key not in after],
        "reweighted": [
            summarise_candidate(after[key], [before[key]["score"], after[key]["score"]]) for _, key in changed
        ],
    }


def make_identity(candidate: Json) -> str:
    """Make the key by which a candidate is recognised: its source and its place."""
    return encode_canonical([candidate.get(name) for name in ("origin", "id", "latitude", "longitude", "place")])


def summarise_candidate(candidate: Json, score: float | list[float]) -> ComparedCandidate:
    """Summarise a candidate: its position, its source, its score or both scores."""
    return {
        "origin": candidate.get("origin"),
        "id": candidate.get("id"),
        "variant": candidate.get("variant"),
        "latitude": candidate.get("latitude"),
        "longitude": candidate.get("longitude"),
        "score": score,
    }


def find_first_step(old: list[Step], new: list[Step]) -> FirstDifference | None:
    """Find the first step at which two runs differ; None when only clock readings differ."""
    before, after = ({make_step_key(step.step_info): step for step in steps} for steps in (old, new))
    for key in sorted({*before, *after}):
        a, b = before.get(key), after.get(key)
        found = b or a
        if found is None:
            continue
        if a is None or b is None:
            words = "only the first run took it" if b is None else "only the second run took it"
            return describe_difference(found.step_info, "", words)
        difference = next(find_json_differences(normalise(drop_clock(a)), normalise(drop_clock(b)), ""), None)
        if difference:
            return describe_difference(found.step_info, difference.where, difference.words)
    return None


def drop_clock(step: Step) -> Json:
    """Return a step's change without the clock reading."""
    return {"change": {name: value for name, value in step.change.items() if name not in TIMING}, "goto": step.goto}


def find_answer_difference(answers: list[Json], steps: list[Step]) -> FirstDifference | None:
    """Find the difference of two answers whose steps are all equal: the last node was changed."""
    spent = [{**(answer.get("spent") or {}), "seconds": None} for answer in answers]
    bare = [{**answer, "run": None, "spent": used} for answer, used in zip(answers, spent, strict=True)]
    difference = next(find_json_differences(normalise(bare[0]), normalise(bare[1]), "answer"), None)
    if difference is None or not steps:
        return None
    return describe_difference(steps[-1].step_info, difference.where, difference.words)


def describe_difference(at: StepInfo, where: str, words: str) -> FirstDifference:
    """Describe a difference at a step."""
    return {"step": at.step, "node": at.node, "branch": at.branch, "where": where, "words": words}
