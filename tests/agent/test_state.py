from sextant.agent.state import add_once, append_turns, awaits_model, awaits_tools, count_tool_turns
from sextant.agent.warning_codes import Code, warn

ASKS = {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "name": "nearest_photos", "args": {}}]}
TOLD = {"role": "tool", "content": "…", "tool_call_id": "1", "name": "nearest_photos"}
SAID = {"role": "assistant", "content": "Lisbon"}
OVERFLOWED = {"role": "assistant", "content": "", "failure": {"kind": "context_overflow", "again": True}}


def test_a_branch_that_asked_for_tools_awaits_them():
    assert awaits_tools([ASKS]) and not awaits_model([ASKS])


def test_a_branch_with_fresh_results_awaits_the_model():
    assert awaits_model([ASKS, TOLD]) and not awaits_tools([ASKS, TOLD])


def test_a_finished_branch_awaits_nothing():
    assert not awaits_model([SAID]) and not awaits_tools([SAID])


def test_tools_asked_for_in_the_last_turn_do_not_run():
    assert not awaits_tools([{**ASKS, "final": True}])


def test_a_failure_that_can_be_mended_awaits_the_model():
    assert awaits_model([OVERFLOWED])
    assert not awaits_model([{**OVERFLOWED, "failure": {"kind": "bad_key", "again": False}}])


def test_turns_go_to_their_own_branch():
    assert append_turns({"a": [ASKS], "b": [SAID]}, {"a": [TOLD]}) == {"a": [ASKS, TOLD], "b": [SAID]}
    assert count_tool_turns([ASKS, TOLD, SAID]) == 1


def test_a_warning_is_kept_once_and_in_order():
    a, b, c = (warn(Code.OTHER, text) for text in "abc")
    assert add_once([b, a], [a, c]) == [b, a, c]
