import json

from hypothesis import given
from hypothesis import strategies as st

from sextant.base.printable import escape_controls, leave, make_printable, pluralise


@given(st.text())
def test_nothing_that_steers_a_terminal_is_left(text):
    shown = make_printable(text)
    assert len(shown) == len(text)
    assert shown.replace("\n", "").isprintable()
    assert all(now == before for now, before in zip(shown, text, strict=True) if before.isprintable())


@given(st.text() | st.sampled_from(["\x9b2J", "\u202e", "\U000e0001", "\ud800"]))
def test_a_json_document_keeps_its_value_and_is_printable(text):
    document = escape_controls(json.dumps({text: [text]}, ensure_ascii=False, indent=1))
    assert document.replace("\n", "").isprintable()
    assert json.loads(document) == {text: [text]}


def test_one_is_singular_and_thousands_are_grouped():
    counted = [pluralise(count, "photo") for count in (0, 1, 2, 1374)]
    assert counted == ["0 photos", "1 photo", "2 photos", "1,374 photos"]
    assert [leave(count, "photo") for count in (1, 3)] == ["1 photo is left", "3 photos are left"]
