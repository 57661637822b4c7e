from typing import get_args

import pytest

from sextant.agent.answer_statement import (
    describe_rival,
    describe_stop,
    format_regions,
    format_spending,
    list_effects,
)
from sextant.agent.answer_words import format_distance, format_headline, format_short_place
from sextant.app.render.answer import explain_missing_answer, list_scenes
from sextant.base.documents.answer import Origin, Stop

LISBON = {"latitude": 38.7, "longitude": -9.1, "place": "Lisbon", "admin1": "Lisboa"}
LISBON |= {"country": "Portugal", "country_code": "PT"}


def answer(street, city, wide, country, continent, **more):
    values = (street, city, wide, country, continent)
    return {"best": LISBON, "probability": dict(zip(("1", "25", "200", "750", "2500"), values, strict=True)), **more}


@pytest.mark.parametrize(
    ("probabilities", "words"),
    [
        ((0.97, 0.99, 0.99, 0.99, 1.0), "Almost surely Lisbon, Lisboa, Portugal."),
        ((0.2, 0.96, 0.97, 0.98, 1.0), "Almost surely in or near Lisbon, Lisboa, Portugal; the street is a guess."),
        (
            (0.1, 0.3, 0.65, 0.8, 0.9),
            "Probably in or around Lisboa, Portugal (within 200 km); Lisbon is a guess.",
        ),
        (
            (0.0, 0.1, 0.2, 0.5, 0.8),
            "More likely than not in or around Portugal (within 750 km); Lisbon, Lisboa is a guess.",
        ),
        (
            (0.0, 0.1, 0.2, 0.3, 0.97),
            "Almost surely in or around Europe (within 2,500 km); Lisbon, Lisboa, Portugal is a guess.",
        ),
        ((0.0, 0.1, 0.2, 0.3, 0.45), "Not narrowed down: even the continent is a guess; the best guess is Lisbon"),
    ],
)
def test_the_headline_names_the_finest_scale_that_is_more_likely_than_not(probabilities, words):
    assert format_headline(answer(*probabilities)).startswith(words)


def test_the_short_form_for_lists_marks_the_guess_too():
    assert format_short_place(answer(0.1, 0.3, 0.65, 0.8, 0.9)) == "Lisboa, Portugal (a guess: Lisbon)"
    assert format_short_place(answer(0.1, 0.1, 0.1, 0.1, 0.1)) == "a guess: Lisbon, Lisboa, Portugal"


def test_without_a_place_it_says_so():
    assert "No place" in format_headline({"best": None})


def test_without_probabilities_it_claims_none():
    assert "without probabilities" in format_headline(answer(None, None, None, None, None))


def test_a_region_of_the_whole_world_is_not_given_in_kilometres():
    areas = {"50": {"radius_km": 12.0}, "90": {"radius_km": 20015.0}}
    assert format_regions({"region": areas}).startswith("50 %: within 12 km · 90 %: anywhere")


def test_regions_of_several_parts_are_counted():
    assert "2 areas, 1,500 km²" in format_regions({"region": {"50": {"parts": [1, 2], "area_km2": 1500.4}, "90": None}})


def test_no_rival_is_said_in_words():
    assert describe_rival({"rival": None}).startswith("none")


def rival(origin, away=0.0, **more):
    place = {"latitude": 38.7, "longitude": -9.1, "place": "Lisbon", "country": "Portugal"}
    behind = {"origin": origin, "latitude": 38.7 + away, "longitude": -9.1, "model": "gpt-4o"}
    return describe_rival({"rival": {**place, "candidate": behind, **more}})


@pytest.mark.parametrize("origin", get_args(Origin))
def test_each_origin_of_a_rival_has_its_own_words(origin):
    ends = {rival(other).partition("), from ")[2] for other in get_args(Origin)}
    assert len(ends) == len(get_args(Origin)) and rival(origin).partition("), from ")[2] in ends


def test_a_rival_that_is_no_candidate_says_what_it_is():
    assert rival("nearest", 1.0, point="middle").endswith(
        "the middle of several candidates; the strongest, a similar photo, lies 111 km away"
    )
    assert rival("nearest", 3.0).endswith("the nearest, a similar photo, lies 334 km away")  # of an earlier version
    assert rival("answer", 3.0, point="named").endswith(
        "the place that an answer of gpt-4o names; its coordinates lie 334 km away"
    )


EFFECTS = [
    {"source": "map", "kind": "moved", "latitude": 38.72, "longitude": -9.1},
    {"source": "map", "kind": "agrees", "count": 2, "alike": 3},
    {"source": "scene", "kind": "elsewhere", "latitude": 41.9, "longitude": 12.5, "count": 1},
]


def test_what_moved_the_answer_is_said_the_same_everywhere():
    found = answer(0.9, 0.9, 0.9, 0.9, 0.9, effects=EFFECTS)
    found["best"] = {**LISBON, "latitude": 38.7, "longitude": -9.1}
    words = list_effects(found)
    assert words == [
        "the map moved the answer by 2.2 km; without it, it would be 38.7200, -9.1000",
        "the map has 2 texts of the photo together at the answer, one of 3 such places in the region",
        "a reference shows the same scene (1 matched feature) at 41.9000, 12.5000, 1,861 km from the answer",
    ]
    capped = list_effects({**found, "precision": {"cap": "city", "reason": "a test"}})
    assert not any(char.isdigit() for char in capped[0] + capped[2].partition("(1 matched feature)")[2])


def test_distances_read_well():
    assert [format_distance(km) for km in (0.25, 4.21, 1240.4)] == ["250 m", "4.2 km", "1,240 km"]


def test_an_unknown_price_is_not_nothing():
    used = {"calls": 1, "tokens": 1200, "seconds": 2.0, "usd": None, "estimated_calls": 1}
    assert format_spending({"spent": used}) == "1 call, 1,200 tokens (partly estimated), price unknown, 2.0 s"


def test_a_model_that_never_answered_is_reported_and_offline_is_not():
    failed = {"code": "answers_failed", "text": "4 of the model's answers failed: no key"}
    silent = {"outcomes": {"answered": 0, "failed": 4}, "warnings": [failed]}
    assert "no key" in (explain_missing_answer({**silent, "model": "openai:x", "best": LISBON}) or "")
    assert explain_missing_answer({**silent, "model": "offline", "best": None}) is None


def test_every_reason_to_stop_has_words():
    answered = {"answered": 3, "refused": 0, "unparsable": 0, "failed": 1}
    words = {describe_stop({"stop": reason, "outcomes": answered}) for reason in get_args(Stop)}
    assert len(words) == len(get_args(Stop))


def test_a_run_whose_calls_all_failed_says_so_instead_of_weighing_another():
    failed = {"answered": 0, "refused": 0, "unparsable": 0, "failed": 4}
    assert describe_stop({"stop": "exhausted", "outcomes": failed}) == "every model call failed"


def test_matched_scenes_are_listed_the_surest_first():
    place = {"latitude": 55.7056, "longitude": 13.1935}
    weak = {**place, "origin": "scene", "id": "5.jpg", "inliers": 1, "confidence": 0.51}
    sure = {**place, "origin": "scene", "id": "4.jpg", "inliers": 47, "confidence": 0.996}
    found = answer(0.9, 0.9, 0.9, 0.9, 0.9, candidates=[weak, sure, {**place, "origin": "nearest", "rank": 0}])
    assert list_scenes(found) == [
        "55.7056, 13.1935, 4.jpg likely shows the same scene: 47 matched features, 100%",
        "55.7056, 13.1935, 5.jpg likely shows the same scene: 1 matched feature, 51%",
    ]
