import pytest

from sextant.base.errors import WrongUse
from sextant.prompts.loading import list_ids, load_frame
from sextant.prompts.presets import list_preset_ids, load_preset
from sextant.prompts.variants import list_variant_ids, load_variant


@pytest.mark.parametrize("name", list_preset_ids())
def test_every_preset_names_variants_that_exist(name):
    recipe = load_preset(name)
    assert {*recipe.variants, *recipe.later} <= set(list_variant_ids())


@pytest.mark.parametrize("name", list_variant_ids())
def test_every_variant_can_be_read_and_says_something(name):
    assert load_variant(name).strategy.strip()


def test_g3_asks_for_forty_completions():
    recipe = load_preset("g3")
    assert len(recipe.variants) * (recipe.samples or 0) == 40 == recipe.max_calls
    assert [load_variant(name).references.nearest for name in recipe.variants] == [0, 5, 10, 15]
    assert [load_variant(name).references.farthest for name in recipe.variants] == [0, 5, 10, 15]


def test_img2loc_shows_sixteen_of_each_once():
    recipe = load_preset("img2loc")
    shown = load_variant(recipe.variants[0]).references
    assert (shown.nearest, shown.farthest, recipe.max_calls) == (16, 16, 1)


def test_the_answer_form_holds_no_number_a_model_could_echo():
    text = load_frame("answer").text
    assert "<latitude>" in text and "0.0" not in text


def test_an_unknown_preset_names_those_there_are():
    with pytest.raises(WrongUse, match=r"'g4'.*default.*g3"):
        load_preset("g4")


def test_a_misspelt_field_is_named(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("id: mine\nversion: 1\nstrategy: x\ntools: true\nsample: 3\n")
    with pytest.raises(WrongUse, match=r"mine\.yaml"):
        load_variant(str(file))


def test_frames_are_versioned():
    assert all(load_frame(name).version >= 1 for name in list_ids("frames"))
