import pytest

from agent.nodes.verify import comparable, with_position_scores
from agent.verification import Pool
from tests.agent.verification.pools import LISBON, TOKYO, retrieved, said

POOL = Pool((*retrieved(LISBON), *said(TOKYO)))
STATE = {"photo": {"sha256": "ab"}}


class Door:
    """An equipment that scores the n-th place asked for with n."""

    def __init__(self):
        self.asked = []

    def ask(self, kind, request):
        self.asked.append((kind, request))
        return {"scores": list(range(len(request["positions"])))}


def test_every_place_is_scored_at_once_where_the_encoder_knows_places():
    door = Door()
    scored = with_position_scores(POOL, STATE, {"peaks": []}, door)
    assert [one.position_score for one in scored.candidates] == [0, 1]
    assert door.asked == [("positions", {"photo": "ab", "positions": [list(LISBON), list(TOKYO)]})]
    assert comparable(scored) == ("similarity", [])


@pytest.mark.parametrize("references", [None, {}, {"peaks": None}])
def test_without_such_an_encoder_nothing_is_asked(references):
    door = Door()
    assert with_position_scores(POOL, STATE, references, door) is POOL
    assert door.asked == [] and comparable(POOL)[0] == "density"
