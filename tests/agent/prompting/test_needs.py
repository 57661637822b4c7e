import pytest

from sextant.agent.prompting.needs import select_fillable
from sextant.prompts.presets import load_preset

NOTHING, LIST = {"list": False, "camps": False}, {"list": True, "camps": False}


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("default", ["zero-shot", "clues-first"]),
        ("g3", ["g3-zero-shot"]),
        ("img2loc", ["img2loc"]),
        ("street-rag", ["references-10"]),
        ("offline", ["from-retrieval"]),
    ],
)
def test_without_a_gallery_a_variant_that_needs_its_list_is_left_out_or_reworded(name, asked):
    assert select_fillable(load_preset(name).variants, NOTHING) == asked


def test_a_later_round_without_camps_or_list_asks_nothing():
    later = load_preset("default").later
    assert select_fillable(later, NOTHING, first_round=False) == []
    assert select_fillable(later, LIST, first_round=False) == ["choose"]
    assert select_fillable(later, {"list": True, "camps": True}, first_round=False) == ["contrast", "choose"]
