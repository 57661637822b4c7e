"""`sextant places` with the real command line."""

from pathlib import Path

from tests.atlas.gazetteer.samples import geonames_zip, wikidata_csv
from tests.support.cli import sextant


def test_sources_are_added_listed_searched_and_removed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    added = sextant("places", "add", geonames_zip(tmp_path), wikidata_csv(tmp_path), home=home)
    assert added.code == 0, added.err
    assert "allCountries.zip: 4 places" in added.out
    listed = sextant("places", "list", "--json", home=home).json
    assert [(one["name"], one["format"], one["places"]) for one in listed] == [
        ("allCountries.zip", "GeoNames", 4),
        ("wikidata.csv", "Wikidata", 2),
    ]
    found = sextant("places", "search", "Plaza de Armas, Cusco", "--json", home=home).json
    assert [(one["latitude"], one["longitude"]) for one in found] == [(-13.51668, -71.97878)]
    assert "Tour Eiffel, FR (sight)" in sextant("places", "search", "Eiffel Tower", home=home).out
    assert (
        sextant("places", "remove", "allCountries.zip", home=home).out.strip() == "allCountries.zip: 4 places removed"
    )
    missing = sextant("places", "search", "Eiffel Tower", home=home)
    assert (missing.code, missing.out) == (1, "") and "no place named 'Eiffel Tower'" in missing.err


def test_a_wrong_file_or_an_empty_home_is_one_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for arguments in (("add", tmp_path / "none.zip"), ("search", "Paris"), ("remove", "none")):
        result = sextant("places", *arguments, home=home)
        assert result.code == 1 and result.err.startswith("sextant: ") and result.err.count("\n") == 1
    assert sextant("places", "list", "--json", home=home).json == []


def test_where_names_the_sight_at_a_position(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert "sight" not in sextant("where", 48.8585, 2.2946, "--json", home=home).json
    sextant("places", "add", geonames_zip(tmp_path), home=home)
    assert sextant("where", 48.8585, 2.2946, "--json", home=home).json["sight"]["name"] == "Tour Eiffel"
    assert "sight          Tour Eiffel, 1" in sextant("where", 48.8585, 2.2946, home=home).out
