import pytest
from langchain_core.tools import ToolException

from sextant.atlas.names import NamedPlace
from sextant.tools.find_place import find_place, find_place_tool


@pytest.mark.parametrize(
    ("name", "country", "latitude"),
    [("Zürich", None, 47.37), ("Zuerich", "Switzerland", 47.37), ("Lisbon", "PT", 38.72), ("Reykjavík", None, 64.14)],
)
def test_accents_and_spelling_do_not_matter(name: str, country: str | None, latitude: float) -> None:
    message = find_place.invoke(
        {"name": "find_place", "args": {"name": name, "country": country}, "id": "1", "type": "tool_call"}
    )
    assert message.artifact[0]["latitude"] == pytest.approx(latitude, abs=0.1)
    assert message.content.startswith("1. ")


def test_the_country_decides_between_places_of_one_name() -> None:
    assert "DE" in find_place.invoke({"name": "Frankfurt", "country": "Germany"}).splitlines()[0]


def test_a_country_is_marked_as_one() -> None:
    assert "country, a town near its middle" in find_place.invoke({"name": "Kenya"})


def test_an_unknown_country_or_place_is_said_with_the_way_out() -> None:
    with pytest.raises(ToolException, match="ISO code"):
        find_place.invoke({"name": "Paris", "country": "Atlantis"})
    with pytest.raises(ToolException, match="another spelling"):
        find_place.invoke({"name": "Qxzzyvwk"})


def test_sights_of_a_gazetteer_come_after_a_town_of_the_name_and_before_close_ones() -> None:
    sight = NamedPlace("Zuerich House", None, "GB", 51.5, -0.1, 1.0, "sight")
    tool = find_place_tool(lambda name, code: [sight])
    lines = tool.invoke({"name": "Zürich"}).splitlines()
    assert "CH" in lines[0] and "3. Zuerich House, GB (sight or street): 51.5000, -0.1000" in lines
    assert "(sight or street)" in tool.invoke({"name": "Zuerich House"}).splitlines()[0]
    assert (tool.name, tool.description, tool.args) == (find_place.name, find_place.description, find_place.args)
