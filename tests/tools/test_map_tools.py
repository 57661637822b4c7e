"""The map tools as the model calls them."""

import pytest
from langchain_core.tools import ToolException

from sextant.atlas.map_index.around import Near, Surroundings
from sextant.atlas.map_index.search import MapHit, Related
from sextant.tools.map_around import make_map_around_tool
from sextant.tools.map_search import make_map_search_tool
from sextant.tools.maps import NearSight, NoMaps
from sextant.tools.sights_near import make_sights_near_tool


class Town:
    """Two hits, whatever is asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def search(self, text: str, circle: tuple[float, float, float] | None, limit: int) -> list[MapHit]:
        self.asked.append((text, circle))
        near = (Related("River", "river", 0.0),)
        hits = [
            MapHit("Bridge", "bridge", 48.1, 11.2, 1.0, "line", near=near),
            MapHit("Mill", "inn", 1, 2, 0.7, "point"),
        ]
        return [] if text == "nothing" else hits

    def around(self, latitude: float, longitude: float, metres: float) -> Surroundings:
        thing = Near("Inn", "restaurant", 12.4, 90.0, latitude, longitude)
        return Surroundings(latitude, longitude, "Lane 3", None, None, ("Park (park)",), (thing,) * (latitude > 0))

    def sights(self, latitude: float, longitude: float, km: float, limit: int) -> list[NearSight]:
        return [NearSight("Castle", "castle", 48.0, 11.0, 1.25)] if latitude > 0 else []


def test_hits_are_short_lines_with_positions_and_the_source() -> None:
    town = Town()
    tool = make_map_search_tool(town)
    said = tool.invoke({"query": "bridge over river", "latitude": 48.0, "longitude": 11.0, "radius_km": 5})
    assert said.splitlines() == [
        "1. Bridge (bridge): 48.10000, 11.20000; 0 m from River (river)",
        "2. Mill (inn) (longer name): 1.00000, 2.00000",
        "© OpenStreetMap contributors",
    ]
    assert town.asked == [("bridge over river", (48.0, 11.0, 5))]
    with pytest.raises(ToolException, match="fewer words"):
        tool.invoke({"query": "nothing"})
    with pytest.raises(ToolException, match="both"):
        tool.invoke({"query": "x y", "latitude": 1})


def test_surroundings_and_sights_are_lines() -> None:
    said = make_map_around_tool(Town()).invoke({"latitude": 48, "longitude": 11})
    assert said.splitlines()[:3] == ["address: Lane 3", "inside: Park (park)", "Inn (restaurant), 12 m to the east"]
    sights = make_sights_near_tool(Town())
    assert sights.invoke({"latitude": 48, "longitude": 11}) == "1. Castle (castle), 1.2 km away: 48.00000, 11.00000"
    with pytest.raises(ToolException, match="larger radius"):
        sights.invoke({"latitude": -1, "longitude": 11})


def test_without_a_map_every_tool_says_so() -> None:
    for make in (make_map_search_tool, make_map_around_tool, make_sights_near_tool):
        tool = make(NoMaps())
        args = {"query": "church"} if tool.name == "map_search" else {"latitude": 1, "longitude": 2}
        with pytest.raises(ToolException, match="no map has been added"):
            tool.invoke(args)
