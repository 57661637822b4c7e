import json

from hypothesis import given
from hypothesis import strategies as st

from sextant.base.printable import escape_controls, make_printable


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
