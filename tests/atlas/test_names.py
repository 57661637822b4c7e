import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.atlas.name_index import load_name_index
from sextant.atlas.names import find_place
from sextant.geo.borders import find_country
from sextant.geo.countries import load_countries_by_code
from sextant.geo.sphere import compute_great_circle_km


def first(name, **options):
    return find_place(name, **options)[0]


@pytest.mark.parametrize(
    ("name", "latitude", "longitude"),
    [
        ("Munich", 48.14, 11.58), ("München", 48.14, 11.58), ("Muenchen", 48.14, 11.58), ("Cologne", 50.93, 6.95),
        ("Firenze", 43.78, 11.25), ("Florence", 43.78, 11.25), ("Rome", 41.89, 12.51), ("Wien", 48.21, 16.37),
        ("Praha", 50.09, 14.42), ("Kyiv", 50.45, 30.52), ("北京", 39.91, 116.4), ("東京", 35.69, 139.69),
        ("Москва", 55.75, 37.62), ("Lisboa", 38.72, -9.13), ("Bruxelles", 50.85, 4.35), ("Göttingen", 51.53, 9.93),
        ("paris", 48.85, 2.35), ("Paris, Texas", 33.66, -95.56), ("Paris, TX", 33.66, -95.56),
        ("Paris TX", 33.66, -95.56), ("London, Ontario, Canada", 42.98, -81.23), ("Perth", -31.95, 115.86),
        ("Cambridge, MA", 42.38, -71.11), ("Birmingham, England", 52.48, -1.9), ("Washington", 38.9, -77.04),
        ("Washington, D.C.", 38.9, -77.04), ("Osaka", 34.69, 135.5), ("St. Moritz", 46.5, 9.84),
        ("San José, Costa Rica", 9.93, -84.08), ("Springfield, IL", 39.8, -89.64), ("Toronto, CA", 43.7, -79.42),
        ("Naples", 40.85, 14.27), ("Naples, FL", 26.14, -81.79), ("Sydney NSW", -33.87, 151.21),
    ],
)  # fmt: skip
def test_names_lie_where_people_mean(name, latitude, longitude):
    found = first(name)
    assert float(compute_great_circle_km((found.latitude, found.longitude), (latitude, longitude))) < 10
    assert found.kind == "place" and found.score >= 0.98


@pytest.mark.parametrize(
    ("misspelt", "name"),
    [
        ("Reykjavic", "Reykjavik"), ("San Fransisco", "San Francisco"), ("Kathmandoo", "Kathmandu"),
        ("Rio de Janiero", "Rio de Janeiro"), ("Kuala Lumpor", "Kuala Lumpur"), ("Moskow", "Moscow"),
    ],
)  # fmt: skip
def test_small_misspellings_are_forgiven_with_a_lower_score(misspelt, name):
    found = first(misspelt)
    assert found.name == name and found.score < 0.9
    assert find_place(misspelt, misspelt=False) == []


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("Georgia", "country", "GE"), ("Japan", "country", "JP"), ("日本", "country", "JP"), ("USA", "country", "US"),
        ("Bavaria", "admin1", "DE"), ("Tuscany, Italy", "admin1", "IT"), ("Washington State", "admin1", "US"),
        ("Somaliland", "country", None), ("Antarctica", "country", "AQ"), ("Singapore", "country", "SG"),
    ],
)  # fmt: skip
def test_countries_and_divisions_have_positions_too(name, kind, code):
    found = first(name)
    assert (found.kind, found.country_code) == (kind, code)


def test_a_name_of_two_things_gives_both():
    assert {(hit.kind, hit.country_code) for hit in find_place("Georgia")} >= {("country", "GE"), ("admin1", "US")}


def test_an_unknown_quarter_gives_its_city_with_a_lower_score():
    found = first("Montmartre, Paris, France")
    assert (found.name, found.country_code) == ("Paris", "FR") and found.score < 0.7


def test_the_country_asked_for_is_kept_to():
    assert first("Cologne", country_code="DE").country_code == "DE"
    assert first("Santiago", country_code="es").name == "Santiago de Compostela"
    assert first("Cayenne", country_code="FR").country_code == "GF"
    assert find_place("Cologne", country_code="XX") == []


@pytest.mark.parametrize("name", ["", "  ,,", "!?", "qqqqxz", "a" * 5000, "\x00", "Xyzzyplughville, Qwertzuiopistan"])
def test_what_names_nothing_finds_nothing(name):
    assert find_place(name) == []


def test_the_limit_is_kept():
    assert len(find_place("Springfield", limit=3)) == 3
    assert find_place("Springfield", limit=0) == []


@given(st.text(max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_text_is_looked_up(name):
    for hit in find_place(name, misspelt=False):
        assert abs(hit.latitude) <= 90 and abs(hit.longitude) <= 180 and 0 < hit.score <= 1


def test_every_great_city_is_in_the_gazetteer():
    listed = load_name_index().rank
    assert len(listed) >= 390


@pytest.mark.parametrize("code", sorted(set(load_countries_by_code()) - {"BV", "HM", "UM"}))
def test_every_country_is_found_by_its_name_and_lies_in_itself(code):
    country = load_countries_by_code()[code]
    hits = [hit for hit in find_place(country.name, limit=20) if hit.kind == "country" and hit.country_code == code]
    assert hits
    found = find_country(hits[0].latitude, hits[0].longitude)
    # None: a town on a coast or an atoll finer than the map. Overseas parts lie in the country that holds them.
    assert found is None or code in (found.code, *found.gazetteer_codes)
