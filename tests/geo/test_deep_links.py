"""Addresses where a place is checked by eye."""

from urllib.parse import urlsplit

from sextant.geo.deep_links import list_deep_links


def test_every_service_gets_the_position_and_the_sun_its_time():
    links = {link.name: address for link, address in list_deep_links(45.4375, -0.5, "2024-05-01T14:30:00+02:00")}
    assert len(links) == 7
    for address in links.values():
        assert urlsplit(address).scheme == "https"
        assert "45.43750" in address and "-0.50000" in address
    assert links["SunCalc"].endswith("/2024.05.01/14:30/1/0")


def test_a_time_that_is_none_is_noon():
    assert any("/12:00/" in address for _, address in list_deep_links(1, 2, "yesterday"))
