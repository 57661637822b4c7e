from types import SimpleNamespace

import pytest

from sextant.agent.nodes.answer import name_failure
from sextant.agent.nodes.verify import add_position_scores, lacks_position_scores, read_outcome
from sextant.agent.nodes.verify import make_answer_candidates as said_by
from sextant.agent.verification import Pool
from sextant.prompts.presets import load_preset
from tests.agent.verification.pools import LISBON, TOKYO, retrieved, said

POOL = Pool((*retrieved(LISBON), *said(TOKYO)))
RECIPE = SimpleNamespace(recipe=load_preset("g3"))
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
    scored = add_position_scores(POOL, STATE, {"peaks": []}, door)
    assert [one.position_score for one in scored.candidates] == [0, 1]
    assert door.asked == [("positions", {"photo": "ab", "positions": [list(LISBON), list(TOKYO)]})]
    assert not lacks_position_scores({"peaks": []}, RECIPE)


@pytest.mark.parametrize("references", [None, {}, {"peaks": None}])
def test_without_such_an_encoder_nothing_is_asked(references):
    door = Door()
    assert add_position_scores(POOL, STATE, references, door) is POOL
    assert door.asked == [] and lacks_position_scores(references, RECIPE)


BRANCH = {"id": "1.plain.0", "round": 1, "variant": "plain", "sample": 0, "temperature": None, "fill": {}}
PROSE = "It could be a rural area in the hills of this region, or in that of the next."


def outcome(text):
    return read_outcome([{"role": "assistant", "content": text}])


def test_an_answer_carries_how_it_was_worded_and_what_it_names_beside_does_not():
    found = outcome(f'{PROSE} {{"lat": 1.5, "lon": 2.5, "alternatives": [{{"lat": 30.5, "lon": 40.5}}]}}')
    answer, beside = said_by(found, BRANCH, "m")
    assert answer.wording["unsure"] == 1 and answer.wording["outskirts"] == 1
    assert beside.origin == "alternative" and beside.wording is None


def test_an_outcome_without_prose_is_what_it_was_before_wording_was_counted():
    assert "wording" not in outcome('{"lat": 1.5, "lon": 2.5}')
    assert "wording" in outcome(f'{PROSE} {{"lat": 1.5, "lon": 2.5}}')


def test_a_branch_that_the_budget_cut_is_not_finished():
    asks = {"role": "assistant", "content": "Let me zoom in.", "tool_calls": [{"name": "zoom", "args": {}, "id": "1"}]}
    told = {"role": "tool", "content": "a plate", "name": "zoom"}
    silent = {"role": "assistant", "content": "", "final": True}
    for transcript in ([], [asks], [asks, told], [asks, told, silent]):
        outcome = read_outcome(transcript)
        assert (outcome["kind"], outcome["failure"]) == ("failed", "unfinished"), transcript
    assert read_outcome([{"role": "assistant", "content": ""}])["how"] == "empty"
    placed = {**asks, "content": '{"latitude": 38.7, "longitude": -9.1}'}
    assert read_outcome([placed])["kind"] == "answered"


def test_warnings_say_what_was_not_finished():
    cut = {"kind": "failed", "how": "the budget ended while it was using tools", "failure": "unfinished"}
    assert name_failure(cut) == "were not finished"
    assert name_failure({"kind": "failed", "how": "no key"}) == "failed"
