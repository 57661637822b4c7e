import pytest

from sextant.geo.countries import CONTINENTS, find_country_code, list_countries, load_countries_by_code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("USA", "US"), ("U.S.A.", "US"), ("the United States", "US"), ("uk", "GB"), ("Scotland", "GB"),
        ("Türkiye", "TR"), ("Turkey", "TR"), ("Czechia", "CZ"), ("Czech Republic", "CZ"), ("Ivory Coast", "CI"),
        ("Cote d'Ivoire", "CI"), ("Côte d’Ivoire", "CI"), ("中国", "CN"), ("日本", "JP"), ("Россия", "RU"),
        ("DRC", "CD"), ("Macedonia", "MK"), ("Swaziland", "SZ"), ("Holland", "NL"), ("St. Lucia", "LC"),
        ("Deutschland", "DE"), ("fr", "FR"), ("España", "ES"), ("South Korea", "KR"), ("Georgia", "GE"),
    ],
)  # fmt: skip
def test_countries_are_known_by_their_common_names(name, code):
    assert find_country_code(name) == code


@pytest.mark.parametrize("name", ["", "Atlantis", "Montana", "zz", "...", "Europe"])
def test_what_is_no_country_has_no_code(name):
    assert find_country_code(name) is None


def test_the_table_holds_each_iso_code_once_and_kosovo():
    codes = [country.code for country in list_countries() if country.code in country.gazetteer_codes[:1]]
    assert len(load_countries_by_code()) == 250  # ISO 3166-1 has 249
    assert len(codes) >= 250 and "XK" in codes
    assert {country.continent for country in list_countries()} == set(CONTINENTS.values())
