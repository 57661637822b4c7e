from sextant.agent.privacy.precision import Policy
from sextant.agent.privacy.view import view_comparison

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
