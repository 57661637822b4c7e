from sextant.agent.privacy.precision import Policy
from sextant.agent.privacy.view import list_matches, list_proposals, view_comparison

FOUND = {
    "runs": ["a", "b"],
    "best": [
        {"latitude": 38.7139, "longitude": -9.1394, "country": "Portugal", "country_code": "PT", "place": "Lisbon"},
        {"latitude": 41.1496, "longitude": -8.611, "country": "Portugal", "country_code": "PT", "place": "Porto"},
    ],
    "moved_km": 274.134,
    "candidates": {"gained": [{"latitude": 41.1496, "longitude": -8.611, "score": 0.5}], "lost": [], "reweighted": []},
    "first_step": {"step": 9, "node": "verify", "branch": None, "where": "verdict", "words": "38.7139 → 41.1496"},
}


def test_two_runs_are_compared_between_the_places_as_they_are_shown():
    shown = view_comparison(FOUND, Policy("country"))
    assert shown["moved_km"] == 0.0
    assert not any(exact in str(shown) for exact in ("7139", "1496", "8.611", "Lisbon", "Porto,"))


def test_without_a_cap_nothing_changes():
    assert view_comparison(FOUND, Policy()) is FOUND


def test_only_models_and_retrieved_photos_vote():
    here = {"latitude": 38.7139, "longitude": -9.1394}
    candidates = [
        {**here, "origin": "answer", "score": 0.5, "variant": "choose"},
        {**here, "origin": "nearest", "score": 0.4},
        {**here, "origin": "scene", "score": 0.6, "confidence": 0.97, "inliers": 30, "evidence": "ab"},
        {**here, "origin": "map", "score": 0.4},
        {"latitude": 60.0, "longitude": 10.0, "origin": "named", "score": 0.1},
    ]
    first, second = list_proposals(candidates)
    assert (first["votes"], first["of"], second["votes"], second["of"]) == (2, 2, 0, 2)
    assert (first["origins"]["scene"], first["origins"]["map"], second["origins"]["named"]) == (1, 1, 1)
    assert [one["evidence"] for one in list_matches(candidates)] == ["ab"]
