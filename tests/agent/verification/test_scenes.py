"""A matched scene moves the answer to the reference's place; the map moves it inside its region only."""

import pytest

from sextant.agent.verification import Candidate, Pool, verify
from sextant.agent.verification.decision import Effect, EffectKind, EffectSource, RivalPoint
from sextant.gallery.profile import WEAK

PARIS, VERSAILLES, ROME = (48.8566, 2.3522), (48.8049, 2.1204), (41.9028, 12.4964)


def make_pool(*found: Candidate, answers=(PARIS, PARIS)) -> Pool:
    nearest = tuple(
        Candidate(*place, origin="nearest", rank=rank, similarity=0.8 - rank / 100, id=f"photo-{rank}")
        for rank, place in enumerate((VERSAILLES, PARIS, ROME))
    )
    said = tuple(
        Candidate(
            *place, origin="answer", model="openai:gpt-4o-mini", variant="zero-shot", sample=number, id=f"b{number}"
        )
        for number, place in enumerate(answers)
    )
    return Pool((*nearest, *said, *found), profile=WEAK)


def make_scene(place, probability, **more) -> Candidate:
    return Candidate(*place, origin="scene", id="photo-2", confidence=probability, inliers=50, **more)


def test_a_certain_scene_puts_the_answer_at_its_reference():
    without, found = verify(make_pool()), verify(make_pool(make_scene(ROME, 0.9999)))
    assert (round(without.latitude, 1), round(found.latitude, 4)) == (48.9, ROME[0])
    assert found.probability["1"] > 0.8 and found.region_90.contains(*ROME)
    assert any("same scene (50 matched features)" in reason for reason in found.reasons)
    (entry,) = (one for one in found.scored if one.candidate.origin == "scene")
    assert entry.to_json()["inliers"] == 50


def test_an_unlikely_scene_changes_nothing():
    without, found = verify(make_pool()), verify(make_pool(make_scene(ROME, 0.4)))
    assert (found.latitude, found.probability) == (without.latitude, without.probability)


def test_a_strong_model_is_overruled_by_geometry():
    pool = make_pool(make_scene(ROME, 0.9999))
    strong = tuple(
        Candidate(one.latitude, one.longitude, origin="answer", model="openai:gpt-5", variant="zero-shot", id=one.id)
        if one.origin == "answer" else one for one in pool.candidates
    )  # fmt: skip
    assert round(verify(Pool(strong)).latitude, 4) == ROME[0]


def test_two_references_of_one_place_are_one_piece_of_evidence():
    once = verify(make_pool(make_scene(ROME, 0.9)))
    twice = verify(make_pool(make_scene(ROME, 0.9), make_scene(ROME, 0.9)))
    assert twice.probability == once.probability


def make_map(place, agreeing, alike=1) -> Candidate:
    return Candidate(
        *place, origin="map", place="Bakery", id="b0", precision="sight", radius_km=0.05, agreeing=agreeing, alike=alike
    )


@pytest.mark.parametrize("model", ["openai:gpt-4o-mini", "openai:gpt-5"])
def test_texts_together_on_the_map_move_the_answer_inside_its_region(model):
    corner = (48.8700, 2.3400)
    pool = make_pool(make_map(corner, 2))
    pool = Pool(tuple(
        Candidate(one.latitude, one.longitude, origin="answer", model=model, variant="zero-shot", id=one.id)
        if one.origin == "answer" else one for one in pool.candidates
    ))  # fmt: skip
    found = verify(pool)
    assert (found.latitude, found.longitude) == corner
    assert any("2 texts of the photo together at the answer" in reason for reason in found.reasons)


def test_the_map_never_moves_the_answer_out_of_its_region():
    without, found = verify(make_pool()), verify(make_pool(make_map((-33.45, -70.66), 3)))
    assert (found.latitude, found.longitude) == (without.latitude, without.longitude)
    near_rome = verify(make_pool(make_map((41.9100, 12.5000), 3)))
    assert (near_rome.latitude, near_rome.longitude) == (without.latitude, without.longitude)


def test_places_that_fit_as_well_share_the_weight():
    corner = (48.8700, 2.3400)
    alone, shared = verify(make_pool(make_map(corner, 2))), verify(make_pool(make_map(corner, 2, alike=8)))

    def chance(verdict):
        return next(one for one in verdict.scored if one.candidate.origin == "map").probabilities["1"]

    assert chance(shared) < chance(alone)


def test_what_moved_the_answer_is_told_with_where_it_would_be_otherwise():
    without = verify(make_pool())
    corner = (48.8700, 2.3400)
    by_map, by_scene = verify(make_pool(make_map(corner, 2))), verify(make_pool(make_scene(ROME, 0.9999)))
    first = (without.latitude, without.longitude)
    assert not without.effects
    assert by_map.effects[0] == Effect(EffectSource.MAP, EffectKind.MOVED, *first)
    assert Effect(EffectSource.MAP, EffectKind.AGREES, count=2) in by_map.effects
    assert by_scene.effects[0] == Effect(EffectSource.SCENE, EffectKind.MOVED, *first)
    assert Effect(EffectSource.SCENE, EffectKind.AGREES, count=50) in by_scene.effects


def test_a_map_place_that_was_not_followed_is_told_as_a_conflict():
    pool = make_pool(make_map((48.8700, 2.3400), 2), make_scene(VERSAILLES, 0.9999))
    found = verify(pool)
    assert (round(found.latitude, 4), round(found.longitude, 4)) == VERSAILLES
    assert Effect(EffectSource.MAP, EffectKind.ELSEWHERE, 48.87, 2.34, 2) in found.effects


def test_a_rival_between_clusters_is_the_middle_of_several():
    north, south = (51.0, 2.0), (48.0, 2.0)
    far = tuple(
        Candidate(*place, origin="nearest", rank=rank) for rank, place in enumerate([south, north, south, north])
    )
    answers = make_pool(answers=(ROME,) * 3).answers
    rival = verify(Pool((*answers, *far), profile=WEAK)).rival
    assert rival.point is RivalPoint.MIDDLE
    places = {(one.latitude, one.longitude) for one in (*answers, *far)}
    assert (rival.latitude, rival.longitude) not in places
    alone = verify(Pool((*answers, *far[:1]), profile=WEAK)).rival
    assert (alone.point is None) == ((alone.latitude, alone.longitude) in places)
