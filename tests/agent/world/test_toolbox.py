import pytest

from sextant.agent.world.toolbox import TOOLS, check_tool_names, describe_tools
from sextant.base.errors import WrongUse
from sextant.prompts.presets import list_preset_ids, load_preset


def test_every_tool_tells_the_model_what_it_is_for():
    described = [schema["function"]["description"] for schema in describe_tools(TOOLS)]
    assert len(described) == len(TOOLS)
    assert all(len(text) > 40 for text in described)


def test_no_tool_shows_the_model_what_the_graph_fills_in():
    shown = str(describe_tools(TOOLS))
    assert "runtime" not in shown and "search" not in [
        *describe_tools(("nearest_photos",))[0]["function"]["parameters"]
    ]


@pytest.mark.parametrize("name", list_preset_ids())
def test_every_preset_names_tools_that_exist(name):
    assert check_tool_names(load_preset(name).tools) == load_preset(name).tools


def test_an_unknown_tool_is_named_beside_those_there_are():
    with pytest.raises(WrongUse, match=r"'telescope'.*nearest_photos"):
        check_tool_names(("telescope",))
