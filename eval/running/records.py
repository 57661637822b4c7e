"""One photo's record in an evaluation (JSON lines): truth, answer, candidates and cost, or the error."""

from collections import Counter
from collections.abc import Mapping

from sextant.agent.nodes.verify import make_pool
from sextant.agent.verification.decision import candidate_json
from sextant.agent.verification.pool import Candidate, Pool, read_checks, read_judgements
from sextant.agent.world.deps import Deps
from sextant.base.documents.record import LabelledPhoto
from sextant.base.json_types import Document, Json
from sextant.eval.benchmarks import BenchmarkPhoto
from sextant.gallery.profile import WEAK, read_profile
from sextant.geo.borders import OFF_THE_COAST_KM, find_country
from sextant.geo.sphere import compute_great_circle_km
from sextant.graphs.batches.failures import FILTERED, count_failures

# When no answer of a photo holds a place, its outcome is the first of these that any answer came to.
WITHOUT_PLACE = ("refused", "unparsable", "failed", "filtered")


def make_answered_record(photo: BenchmarkPhoto, state: Json, deps: Deps) -> Json:
    """Make the record of a photo whose run ended in an answer.

    Args:
        state: the graph's last state.
        deps: the photo's equipment: its settings and blobs.
    """
    answer = state["answer"]
    references = deps.load_references(state.get("references"))
    pool = make_pool(state["outcomes"], state.get("branches", {}), references, deps)
    failed = count_failures(state["outcomes"])
    return {
        **describe_photo(photo),
        "outcome": classify_outcome(answer, failed),
        "distance_km": compute_distance_km(photo, answer["best"]),
        "error": None,
        "failures": failed,
        "answer": slim_down_answer(answer),
        **pool_to_json(pool),
        "excluded": references.get("excluded") if references else None,
        "timings": dict(references.get("timings", {})) if references else {},
    }


def make_error_record(photo: BenchmarkPhoto, kind: str, message: str) -> Json:
    """Make the record of a photo without an answer: it counts as failed, in the full denominator."""
    return {
        **describe_photo(photo),
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


def describe_photo(photo: BenchmarkPhoto) -> LabelledPhoto:
    """Return what the benchmark states about a photo, and the country its place lies in."""
    country = find_country(photo.latitude, photo.longitude, OFF_THE_COAST_KM)
    return {
        "image": photo.image,
        "author": photo.author,
        "scene": photo.scene,
        "latitude": photo.latitude,
        "longitude": photo.longitude,
        "country": country.name if country else None,
        "continent": country.continent if country else None,
    }


def classify_outcome(answer: Json, failed: Mapping[str, str] | None = None) -> str:
    """Return the outcome of the photo as a whole: answered when the system gave a place, whatever its origin.

    Args:
        failed: what ``count_failures`` returns; a photo that failed only by its server's filter is ``filtered``.
    """
    if answer["best"] is not None:
        return "answered"
    outcome = next((kind for kind in WITHOUT_PLACE if answer["outcomes"].get(kind)), "failed")
    return FILTERED if outcome == "failed" and set(failed or ()) == {FILTERED} else outcome


def compute_distance_km(photo: BenchmarkPhoto, best: Document | None) -> float | None:
    """Return the great-circle distance from the answer to the truth; None without an answer."""
    if best is None:
        return None
    return round(float(compute_great_circle_km(photo.truth, (best["latitude"], best["longitude"]))), 4)


def slim_down_answer(answer: Json) -> Json:
    """Drop from the answer what the record holds elsewhere, and drawn outlines; the run record has everything."""
    areas = {share: _remove_keys(area, "geojson") if area else None for share, area in answer["region"].items()}
    return {**_remove_keys(answer, "candidates"), "region": areas}


def pool_to_json(pool: Pool) -> Json:
    """Return everything verification weighed, so that it can be weighed again."""
    return {
        "candidates": [candidate_json(candidate) for candidate in pool.candidates],
        "farthest": [list(place) for place in pool.farthest],
        "retrieval_trust": pool.retrieval_trust,
        "profile": None if pool.profile == WEAK else pool.profile.model_dump(mode="json"),
    }


def read_pool(line: Json) -> Pool:
    """Read the pool of a record; one of an earlier version has neither trust nor profile, and its gallery is weak."""
    answer = line["answer"] or {"outcomes": {}, "model": ""}
    candidates = tuple(Candidate(**candidate) for candidate in line["candidates"])
    return Pool(
        candidates,
        tuple((place[0], place[1]) for place in line["farthest"]),
        Counter(answer["outcomes"]),
        retrieval_trust=line.get("retrieval_trust", 1.0),
        profile=read_profile(line.get("profile")),
        judgements=read_judgements(answer.get("looks", ()), answer.get("model", "")),
        checks=read_checks(answer.get("checks", ())),
    )


def _remove_keys(value: Json, name: str) -> Json:
    return {key: item for key, item in value.items() if key != name}
