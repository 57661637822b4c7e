from sextant.agent.recording.cassette import Cassette
from sextant.agent.recording.divergence import find_json_differences, make_divergence, mark_changed_words
from sextant.agent.world.deps import StepInfo

MOMENT = StepInfo(3, "lmm", "1.zero-shot.0")


def asked(words: str, **more: object) -> dict[str, object]:
    messages = [
        {"role": "system", "content": "You look."},
        {"role": "user", "content": [{"type": "text", "text": words}]},
    ]
    branch = {"branch": "1.zero-shot.0", "variant": "zero-shot", "turn": 0}
    return {**branch, "model": "offline", "temperature": 0.7, "messages": messages, "tools": [tool()], **more}


def tool(about: str = "Distance between places.") -> dict[str, object]:
    return {"type": "function", "function": {"name": "distance", "description": about}}


def recorded(tmp_path, request) -> Cassette:
    tape = Cassette.record(tmp_path / "cassette.jsonl")
    tape.add("model", request, {"text": "Lisbon"}, MOMENT, 0.1)
    return tape


def test_a_changed_word_is_shown_between_its_neighbours():
    old = "Say first what in the photo speaks for a country."
    assert mark_changed_words(old, old.replace("speaks", "tells")) == (
        "…Say first what in the photo [-speaks-]{+tells+} for a country.…"
    )


def test_far_apart_changes_are_shown_apart():
    old = " ".join(f"w{number}" for number in range(200))
    shown = mark_changed_words(old, old.replace("w10 ", "x10 ").replace("w150 ", "x150 ")).splitlines()
    assert len(shown) == 2
    assert "[-w10-]{+x10+}" in shown[0] and "[-w150-]{+x150+}" in shown[1]
    assert max(map(len, shown)) < 120


def test_the_error_names_step_variant_and_message(tmp_path):
    found = make_divergence(recorded(tmp_path, asked("Where was it?")), MOMENT, "model", asked("Where is it?"))
    assert str(found) == (
        "step 3 (lmm), variant 'zero-shot', branch 1.zero-shot.0: the model call differs from the recording in "
        "message 2 (user)"
    )
    assert found.difference.words == "…Where [-was-]{+is+} it?…"


def test_a_changed_tool_schema_is_named(tmp_path):
    found = make_divergence(
        recorded(tmp_path, asked("?")), MOMENT, "model", asked("?", tools=[tool("Kilometres apart.")])
    )
    assert found.difference.where == "tools.distance.function.description"
    assert "Kilometres" in found.difference.words


def test_a_changed_setting_is_named(tmp_path):
    found = make_divergence(recorded(tmp_path, asked("?")), MOMENT, "model", asked("?", temperature=0.2))
    assert (found.difference.where, found.difference.words) == ("temperature", "[-0.7-] {+0.2+}")


def test_a_branch_that_was_never_recorded_says_so(tmp_path):
    found = make_divergence(recorded(tmp_path, asked("?")), MOMENT, "model", asked("?", branch="1.clues-first.0"))
    assert found.difference is None
    assert "has no such model call" in str(found)


def test_differences_of_json_are_paths_with_both_values():
    old, new = {"a": [1, {"b": 2}], "c": None}, {"a": [1, {"b": 3}], "c": 0}
    assert [(d.where, d.words) for d in find_json_differences(old, new, "")] == [
        ("a[1].b", "[-2-] {+3+}"),
        ("c", "[-null-] {+0+}"),
    ]
