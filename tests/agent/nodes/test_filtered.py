"""A reply that the server's content filter refused or cut is an outcome of its own."""

import pytest

from sextant.agent.nodes.verify import read_outcome


def test_a_refusal_by_the_content_filter_is_filtered_not_failed():
    failure = {
        "kind": "filtered",
        "message": "the model server refused the prompt by its content filter",
        "attempts": 1,
    }
    outcome = read_outcome([{"role": "assistant", "content": "", "failure": failure}])
    assert (outcome["kind"], outcome["failure"]) == ("filtered", "filtered")


@pytest.mark.parametrize("kind", ["server", "bad_key", "rate_limited", "context_overflow"])
def test_other_failures_stay_failed(kind):
    failure = {"kind": kind, "message": "no", "attempts": 1}
    assert read_outcome([{"role": "assistant", "content": "", "failure": failure}])["kind"] == "failed"


@pytest.mark.parametrize("content", ["", "The photo shows"])
def test_an_answer_that_the_filter_cut_before_a_position_is_filtered(content):
    assert read_outcome([{"role": "assistant", "content": content, "finish": "filtered"}])["kind"] == "filtered"


def test_a_position_told_before_the_cut_counts():
    turn = {"role": "assistant", "content": '{"latitude": 48.85, "longitude": 2.35}', "finish": "filtered"}
    assert read_outcome([turn])["kind"] == "answered"
