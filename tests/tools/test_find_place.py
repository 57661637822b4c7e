import pytest
from langchain_core.tools import ToolException

from sextant.tools.find_place import find_place


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
