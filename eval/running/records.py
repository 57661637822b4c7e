"""One photo's line of an evaluation: truth, answer, what it was weighed from, what it cost, or why there is none."""

from collections import Counter
from collections.abc import Mapping

from sextant.agent.nodes.verify import make_pool
from sextant.agent.verification.decision import candidate_json
from sextant.agent.verification.pool import Candidate, Pool
from sextant.agent.world.deps import Deps
from sextant.base.json_types import Json
from sextant.eval.benchmarks import BenchmarkPhoto
from sextant.geo.borders import OFF_THE_COAST_KM, country_at
from sextant.geo.sphere import great_circle_km

# When no answer of a photo holds a place, its outcome is the first of these that any answer came to.
WITHOUT_PLACE = ("refused", "unparsable", "failed")
FILTERED = "filtered"  # the kind of failure of a server that refuses this photo's content


def answered_line(photo: BenchmarkPhoto, state: Json, deps: Deps) -> Json:
    """The line of a photo whose run ended in an answer.

    Args:
        state: the graph's last state.
        deps: the photo's equipment: its settings and blobs.
    """
    answer = state["answer"]
    references = deps.load_references(state.get("references"))
    pool = make_pool(state["outcomes"], state.get("branches", {}), references, deps)
    failed = failures(state["outcomes"])
    return {
        **known(photo),
        "outcome": outcome_of(answer, failed),
        "distance_km": distance_km(photo, answer["best"]),
        "error": None,
        "failures": failed,
        "answer": slim(answer),
        **pool_json(pool),
        "excluded": (references or {}).get("excluded"),
        "timings": dict((references or {}).get("timings", {})),
    }


def failures(outcomes: dict[str, Json]) -> dict[str, str]:
    """Why the model's calls failed, where they did: what was said of each kind of failure."""
    failed = [outcome for outcome in outcomes.values() if outcome["kind"] == "failed"]
    return {outcome.get("failure", "other"): outcome["how"] for outcome in failed}


def error_line(photo: BenchmarkPhoto, kind: str, message: str) -> Json:
    """The line of a photo that has no answer: it counts as failed, in the full denominator."""
    return {
        **known(photo),
        "outcome": "failed",
        "distance_km": None,
        "error": {"kind": kind, "message": message},
        "failures": {},
        "answer": None,
        "candidates": [],
        "farthest": [],
        "excluded": None,
        "timings": {},
    }


def known(photo: BenchmarkPhoto) -> Json:
    """What the benchmark says of a photo, and the country its place lies in."""
    country = country_at(photo.latitude, photo.longitude, OFF_THE_COAST_KM)
    return {
        "image": photo.image,
        "author": photo.author,
        "scene": photo.scene,
        "latitude": photo.latitude,
        "longitude": photo.longitude,
        "country": country.name if country else None,
        "continent": country.continent if country else None,
    }


def outcome_of(answer: Json, failed: Mapping[str, str] | None = None) -> str:
    """What the photo as a whole came to: answered when the system gave a place, however it came by it.

    Args:
        failed: what ``failures`` says; a photo that failed for its server's content filter alone is ``filtered``.
    """
    if answer["best"] is not None:
        return "answered"
    outcome = next((kind for kind in WITHOUT_PLACE if answer["outcomes"].get(kind)), "failed")
    return FILTERED if outcome == "failed" and set(failed or ()) == {FILTERED} else outcome


def model_failed(line: Json) -> bool:
    """Whether a try of this photo failed: no run, or a model that was asked and never answered for failures alone."""
    if line["error"] is not None:
        return True
    counts = Counter(line["answer"]["outcomes"])
    return counts["failed"] > 0 and not counts["answered"] + counts["refused"] + counts["unparsable"]


def distance_km(photo: BenchmarkPhoto, best: Json | None) -> float | None:
    """Great-circle distance from the answer to the truth; None without an answer."""
    if best is None:
        return None
    return round(float(great_circle_km(photo.truth, (best["latitude"], best["longitude"]))), 4)


def slim(answer: Json) -> Json:
    """The answer without what the line holds elsewhere and without drawn outlines; the photo's record has all."""
    areas = {share: _without(area, "geojson") if area else None for share, area in answer["region"].items()}
    return {**_without(answer, "candidates"), "region": areas}


def pool_json(pool: Pool) -> Json:
    """Everything verification weighed, so that it can be weighed again."""
    return {
        "candidates": [candidate_json(candidate) for candidate in pool.candidates],
        "farthest": [list(place) for place in pool.farthest],
    }


def pool_from(line: Json) -> Pool:
    """The pool of a line."""
    outcomes = line["answer"]["outcomes"] if line["answer"] else {}
    candidates = tuple(Candidate(**candidate) for candidate in line["candidates"])
    return Pool(candidates, tuple((place[0], place[1]) for place in line["farthest"]), Counter(outcomes))


def _without(value: Json, name: str) -> Json:
    return {key: item for key, item in value.items() if key != name}
