from sextant.tools.reverse_geocode import reverse_geocode


def test_a_position_is_told_as_country_division_and_nearest_place() -> None:
    text = reverse_geocode.invoke({"latitude": 48.8584, "longitude": 2.2945})
    assert "France" in text
    assert "nearest place Neuilly-sur-Seine, 3 km away" in text


def test_a_border_nearby_is_told_with_the_neighbour() -> None:
    assert "border with Italy" in reverse_geocode.invoke({"latitude": 46.60, "longitude": 10.42})


def test_the_sea_is_the_sea() -> None:
    assert reverse_geocode.invoke({"latitude": 0.0, "longitude": -150.0}).startswith("at sea, ")


def test_the_artifact_has_all_fields() -> None:
    call = {"name": "reverse_geocode", "args": {"latitude": 46.60, "longitude": 10.42}, "id": "1", "type": "tool_call"}
    assert reverse_geocode.invoke(call).artifact["country_code"] == "CH"
