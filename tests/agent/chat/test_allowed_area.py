"""Regions after steering: they are the posterior where the constraints allow it, and drawn as such."""

import numpy as np
import pytest
import shapely

from sextant.agent.chat.allowed_area import draw_allowed_area
from sextant.agent.chat.constraints import draw, exclude, pin, reject, restrict_to
from sextant.agent.chat.reweigh import update_constraints
from sextant.agent.chat.steering import ReweighInput, steer
from sextant.agent.verification import Candidate
from sextant.agent.verification.conditioning import condition_probabilities
from sextant.agent.verification.spread import RINGS_KM, spread_of
from sextant.base.errors import WrongUse
from sextant.geo.caps import is_covered
from sextant.geo.polygons import is_inside
from sextant.geo.sphere import compute_great_circle_km, find_destination

PLACES = {"Rome": (41.9, 12.5), "Venice": (45.44, 12.33), "Marseille": (43.3, 5.4), "Tunis": (36.8, 10.2)}
ASKED = ReweighInput(
    tuple(
        Candidate(*place, "answer", model="openai:gpt-4o", variant=str(number))
        for number, place in enumerate(PLACES.values())
    )
)
STEERINGS = {
    "not Italy": [exclude({"country": "IT"}, "not Italy")],
    "only France": [restrict_to({"country": "FR"}, "only France")],
    "not Europe": [exclude({"continent": "Europe"}, "not Europe")],
    "southern half": [exclude({"half": "northern"}, "not north")],
    "not near Rome": [reject(*PLACES["Rome"])],
    "near Venice": [pin(*PLACES["Venice"])],
    "inside a drawn area": [draw([(40, 0), (50, 0), (50, 10), (40, 10)])],
    "two of them": [exclude({"country": "IT"}, "not Italy"), restrict_to({"half": "eastern"}, "east")],
}


@pytest.mark.parametrize("name", STEERINGS)
@pytest.mark.parametrize("strategy", ["calibrated", "density"])
def test_a_region_after_steering_holds_nothing_that_was_ruled_out_and_is_drawn_so(name, strategy):
    constraints = STEERINGS[name]
    verdict = steer(ReweighInput(ASKED.candidates, strategy=strategy), constraints).verdict
    allowed = draw_allowed_area(constraints)
    if verdict.latitude is None:
        assert name == "southern half"
        return
    chance = np.random.default_rng(0)
    for region in (verdict.region_50, verdict.region_90):
        drawn = region.to_json()["geojson"]
        assert strategy != "calibrated" or region.contains(verdict.latitude, verdict.longitude)
        for cap in region.caps:
            around = find_destination(cap[:2], chance.uniform(0, 360, 60), cap[2] * chance.uniform(0, 1.3, 60))
            for latitude, longitude in np.asarray(around).tolist():
                here = latitude, longitude
                beyond = min(
                    abs(compute_great_circle_km(one[:2], (latitude, longitude)) - one[2]) for one in region.caps
                )
                edge = shapely.distance(shapely.boundary(allowed), shapely.Point(longitude, latitude))
                if beyond > 0.002 * cap[2] and edge > 1e-4:
                    assert is_covered(drawn, *here) == region.contains(*here)
                    assert shapely.intersects_xy(allowed, longitude, latitude) or not region.contains(
                        latitude, longitude
                    )


def test_near_the_sea_rules_out_candidates_and_draws_nothing():
    assert draw_allowed_area([restrict_to({"sea_within_km": 20}, "near the sea")]) is None
    assert draw_allowed_area([]) is None


@pytest.mark.parametrize("seed", range(5))
def test_a_conditioned_region_holds_what_it_says_of_what_is_left(seed):
    """Drawn from the mixture, and kept where allowed: the share inside each level's circles is the level's estimate."""
    chance = np.random.default_rng(seed)
    positions = np.array([[45.0, 5.0], [41.9, 12.5], [52.0, 13.0]])
    mixture = chance.dirichlet(np.ones(18)).reshape(3, 6)
    allowed = draw_allowed_area([exclude({"country": "IT"}, "not Italy"), reject(45.0, 5.0)])
    spread = spread_of(positions, mixture, None, lambda places: is_inside(allowed, places))
    flat = chance.choice(18, 20_000, p=mixture.ravel())
    owner, ring = flat // 6, flat % 6
    radius = np.exp(chance.uniform(np.log(RINGS_KM[ring]), np.log(RINGS_KM[ring + 1])))
    bearings = chance.uniform(0, 360, len(flat))
    drawn = np.concatenate(
        [
            np.asarray(find_destination(tuple(place), bearings[owner == number], radius[owner == number]))
            for number, place in enumerate(positions)
        ]
    )
    left = drawn[is_inside(allowed, drawn)]
    for share in (0.3, 0.5, 0.9):
        caps = spread.caps(share)
        inside = np.zeros(len(left), dtype=bool)
        for latitude, longitude, km in caps:
            inside |= compute_great_circle_km(left, (latitude, longitude)) <= km
        level = int(np.searchsorted(spread.held, share, side="right")) - 1
        assert inside.mean() >= spread.held[max(level, 0)] - 0.03


def test_probabilities_are_those_of_what_is_left():
    before = np.array([0.1, 0.3, 0.4, 0.6, 0.9])
    france = draw_allowed_area([restrict_to({"country": "FR"}, "only France")])
    after = condition_probabilities(np.array(PLACES["Marseille"]), before, lambda places: is_inside(france, places))
    assert (np.diff(after) >= 0).all() and (after >= before).all() and after[4] > 0.99
    everywhere = condition_probabilities(np.array(PLACES["Rome"]), before, lambda places: np.ones(len(places), bool))
    assert everywhere == pytest.approx(before)


def test_a_drawn_area_is_replaced_and_taken_back_by_its_number():
    first, second = exclude({"country": "IT"}, "not Italy"), draw([(40, 0), (50, 0), (50, 10), (40, 10)])
    message = {"text": "", "steer": [draw([(0, 0), (1, 0), (1, 1)])], "photos": []}
    assert update_constraints([first, second], {**message, "replaces": 1}) == [first, *message["steer"]]
    gone = {"text": "undo the condition number 1", "steer": [], "photos": [], "removes": 0}
    assert update_constraints([first, second], gone) == [second]
    with pytest.raises(WrongUse, match="constraint 3 does not exist"):
        update_constraints([first, second], {**gone, "removes": 2})
