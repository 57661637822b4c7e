import io

from sextant.app.render.run_progress import Progress

ASKED = {"step": "ask", "branch": "1.zero-shot.0", "final": False}


def said(*events):
    out = io.StringIO()
    with Progress("sextant", stream=out) as progress:
        for event in events:
            progress(event)
    return out.getvalue().splitlines()


def test_an_event_is_one_line():
    assert said(ASKED) == ["sextant: 1.zero-shot.0: asking …"]


def test_runs_side_by_side_say_whose_a_line_is():
    lines = said({**ASKED, "whose": "photo 1: "}, {**ASKED, "whose": "photo 2: "})
    assert lines == ["sextant: photo 1: 1.zero-shot.0: asking …", "sextant: photo 2: 1.zero-shot.0: asking …"]


def test_an_event_that_says_nothing_new_is_passed_over():
    assert said({"step": "answer"}) == []
