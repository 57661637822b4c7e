import pytest

from sextant.agent.settings import Settings
from sextant.agent.world.deps import StepInfo
from sextant.base.settings import Effect, list_options
from sextant.graphs.runs.changes import ASKED_AGAIN, Change, Changes, move_references, remove_lines, reword_answer


def test_a_setting_that_changes_what_the_world_replies_says_which_calls_are_made_again():
    # One that changes what the world replies, and not what it is asked, would otherwise be forked with the old replies.
    for name, option in list_options().items():
        assert bool(option.repeats) == (option.effect is Effect.WORLD), name
    assert ASKED_AGAIN["num_ctx"] == {"model"} and "nearest_photos" in ASKED_AGAIN["gallery"]


@pytest.mark.parametrize(
    ("kind", "at", "holds"),
    [
        ("setting", StepInfo(2, "plan"), False),
        ("setting", StepInfo(3, "lmm", "1.a.0"), True),
        ("setting", StepInfo(9, "verify"), True),
        ("text", StepInfo(3, "lmm", "1.a.0"), True),
        ("text", StepInfo(3, "lmm", "1.b.0"), False),
        ("text", StepInfo(7, "lmm", "1.a.0"), False),
    ],
)
def test_a_setting_holds_from_its_step_on_and_words_only_at_theirs(kind, at, holds):
    assert Change(3, "1.a.0" if kind == "text" else None, kind, "", "x").is_in_force(at) is holds


def test_the_later_of_two_changes_wins():
    changes = Changes((Change(2, None, "setting", "seed", 1), Change(4, None, "setting", "seed", 2)))
    assert changes.apply_to_settings(Settings(), StepInfo(3, "lmm")).seed == 1
    assert changes.apply_to_settings(Settings(), StepInfo(4, "lmm")).seed == 2


def test_lists_lose_the_lines_of_these_numbers_and_no_others():
    listed = "Photos:\n1. Lisbon\n2. Porto\n12. Oslo\n 2. indented"
    assert remove_lines(listed, [2]) == "Photos:\n1. Lisbon\n12. Oslo"


def test_references_are_moved_or_gone_on_both_sides():
    document = {"nearest": [{"id": "a", "latitude": 1.0}, {"id": "b", "latitude": 2.0}], "farthest": [{"id": "a"}]}
    moved = move_references(document, {"a": None, "b": {"latitude": 3.0}})
    assert moved == {"nearest": [{"id": "b", "latitude": 3.0}], "farthest": []}


def test_only_the_last_words_of_a_branch_are_reworded():
    turns = [
        {"role": "assistant", "content": "look"},
        {"role": "tool", "content": "x"},
        {"role": "assistant", "content": "y"},
    ]
    place = {"latitude": 1.0, "longitude": 2.0}
    assert reword_answer(turns, "b", {"b": place}) == [
        *turns[:2],
        {"role": "assistant", "content": '{"latitude": 1.0, "longitude": 2.0}'},
    ]
    assert reword_answer(turns, "c", {"b": place}) == turns
    assert reword_answer([], "b", {"b": place}) == []


def test_an_address_is_recorded_without_its_login():
    change = Change(3, None, "setting", "base_url", "http://ana:hunter2@127.0.0.1:8000/v1")
    assert change.to_json()["value"] == "http://127.0.0.1:8000/v1"
    assert Changes((change,)).apply_to_settings(Settings(), StepInfo(3, "lmm")).base_url == change.value
