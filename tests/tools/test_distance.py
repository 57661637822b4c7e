import pytest
from pydantic import ValidationError

from sextant.tools.distance import distance

LISBON_PORTO = {"latitude_a": 38.7223, "longitude_a": -9.1393, "latitude_b": 41.1579, "longitude_b": -8.6291}


def test_the_distance_is_in_kilometres_with_its_bearing() -> None:
    message = distance.invoke({"name": "distance", "args": LISBON_PORTO, "id": "1", "type": "tool_call"})
    assert message.content == "274.3 km"
    assert message.artifact["bearing_degrees"] == pytest.approx(8.9, abs=0.5)


def test_what_is_off_the_globe_is_refused() -> None:
    with pytest.raises(ValidationError):
        distance.invoke({**LISBON_PORTO, "latitude_a": 91})
