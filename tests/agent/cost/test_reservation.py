from types import SimpleNamespace

import pytest

from sextant.agent.cost.reservation import (
    bound_picture_tokens,
    bound_request_tokens,
    bound_text_tokens,
    correct_bound,
)


def test_a_request_is_bounded_by_its_words_tools_and_pictures():
    picture = {"type": "image", "sha256": "x"}
    request = {"messages": [{"role": "user", "content": [picture, picture]}], "tools": []}
    assert 2000 < bound_request_tokens(request, 1000) < 2200
    asked = {"messages": [{"role": "user", "content": "Where?"}], "tools": [{"name": "zoom", "parameters": {}}]}
    assert bound_request_tokens(asked, 1000) > bound_request_tokens({**asked, "tools": []}, 1000)


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("38.7179, -9.1394", 15),  # tokenizers of Qwen and Llama 2 make a token of each digit
        ("Where was this photo taken?", 6),
        ("東京都渋谷区", 12),
        ("", 0),
    ],
)
def test_a_text_is_bounded_by_what_its_letters_can_take(text, least):
    assert least <= bound_text_tokens(text) <= 2 * len(text)


@pytest.mark.parametrize(
    ("model", "detail", "least", "most"),
    [
        ("openai:gpt-4o", "low", 85, 200),
        ("openai:gpt-4o-mini", "low", 2833, 2900),
        ("openai:gpt-4.1-nano", "low", 3779, 3779),
        ("openai:llava-1.6-34b", "low", 2880, 2880),  # no model but OpenAI's knows a detail
        ("ollama:qwen2.5vl", "high", 1338, 2880),
    ],
)
def test_a_picture_is_bounded_by_what_its_model_counts(model, detail, least, most):
    deps = SimpleNamespace(
        recipe=SimpleNamespace(image_side=1024, image_detail=detail), settings=SimpleNamespace(model=model)
    )
    assert least <= bound_picture_tokens(deps) <= most


def test_a_bound_is_corrected_by_what_was_measured():
    assert correct_bound(900, 2, None) == 900
    assert correct_bound(1000, 2, (3500, 900, 2)) == 3600  # what came in addition counts as estimated
    assert correct_bound(700, 2, (3500, 900, 2)) == 3400  # what is missing is subtracted by half
    assert correct_bound(1000, 4, (3500, 900, 2)) == 6200  # two further messages may take as much again
    assert correct_bound(1000, 4, (800, 900, 2)) == 900  # nothing was taken beyond the estimate
