"""Documents from files against their types: what does not fit is named by its place."""

import json

import pytest

from sextant.base.documents.answer import Answer
from sextant.base.documents.check import find_objection
from sextant.base.documents.run import RunRecord
from tests.support.record import RECORDINGS

ANSWER = json.loads((RECORDINGS / "default" / "answer.json").read_text(encoding="utf-8"))
RECORD = json.loads((RECORDINGS / "default" / "run.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"region": {"a": {}}}, "region.50 is missing"),
        ({"claims": {}}, "claims: "),
        ({"candidates": [True]}, "candidates.0: "),
        ({"spent": float("inf")}, "spent: "),
        ({"best": {**ANSWER["best"], "latitude": "38.7"}}, "best.latitude: "),
        ({"stop": "tired"}, "stop: "),
    ],
)
def test_a_value_of_another_type_is_named_by_its_place(change, place):
    assert find_objection(Answer, ANSWER) is None
    assert str(find_objection(Answer, {**ANSWER, **change})).startswith(place)


def test_a_document_of_an_earlier_format_may_lack_keys_but_no_value_of_another_type():
    earlier = {name: value for name, value in ANSWER.items() if name != "rival"}
    assert find_objection(Answer, earlier) == "rival is missing"
    assert find_objection(Answer, earlier, complete=False) is None
    assert find_objection(Answer, {**earlier, "claims": 1}, complete=False)


def test_a_path_that_is_not_utf8_and_keys_of_later_versions_fit():
    assert find_objection(RunRecord, {**RECORD, "path": "photo-\udce9.jpg", "later": 1}) is None
    assert find_objection(RunRecord, []) is not None
