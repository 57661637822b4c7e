"""Odd answers in one voice: terminal, case file and the view that page and chat show use the same words."""

from html import unescape

import pytest

from sextant.agent.answer_statement import NO_PLACE_LEFT, state_answer
from sextant.app.exports.case_file import make_case_file
from sextant.app.render.answer import format_answer
from tests.app.test_exports import session as session  # the fixture: it lies beside the antimeridian

SEA = {"place": None, "admin1": None, "country": None, "country_code": None, "at_sea": True}
ODD = {
    "antimeridian, conflicting EXIF": {},
    "ocean": {"best": {"latitude": -40.0, "longitude": -140.0, **SEA}},
    "budget": {"stop": "budget"},
    "stopped": {"stop": "stopped"},
    "refused": {"outcomes": {"answered": 0, "refused": 4, "unparsable": 0, "filtered": 0, "failed": 0}},
    "no gallery": {"coverage": None, "rival": None},
    "no place": {"best": None, "rival": None, "region": {"50": None, "90": None}, "candidates": [], "stop": "stopped"},
}


@pytest.mark.parametrize("odd", ODD)
def test_every_face_says_the_same(session, odd):
    photo = session["photos"][0]
    answered = {"answered": 4, "refused": 0, "unparsable": 0, "filtered": 0, "failed": 0}
    answer = photo["answer"] = {"outcomes": answered, "run": photo["run"], **photo["answer"], **ODD[odd]}
    answer |= {"claims": [], "warnings": []}
    answer["candidates"] = [{**one, "rank": 1, "similarity": 0.5} for one in answer["candidates"]]
    for one in filter(None, (answer["best"], answer["rival"])):
        one |= {"place": one["place"] and "Suva"}
    photo |= {"constraints": [], "told": state_answer(answer)}
    told = photo["told"]
    printed, case = format_answer(answer), unescape(make_case_file(session))
    for name in ("headline", "position", "confidence", "region", "rival", "model", "stop", "spent"):
        wanted = told[name] if answer["best"] or name in ("headline", "stop", "spent", "model") else ""
        assert wanted in printed, name
        assert wanted in case, name
    assert all(line in printed for line in told["file"])


def test_what_a_person_ruled_out_is_not_called_never_proposed(session):
    answer = session["photos"][0]["answer"] | {"best": None, "rival": None, "candidates": []}
    assert state_answer(answer, steered=True)["headline"] == NO_PLACE_LEFT
    assert "proposed" in state_answer(answer)["headline"]
