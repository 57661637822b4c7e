import math

import pytest

from sextant.gallery.sources.degree_cells import apply_hemisphere, read_degrees, split_position


@pytest.mark.parametrize(
    ("text", "letters", "want"),
    [
        ("-33.8568", "NS", -33.8568),
        ("-33,8568", "NS", -33.8568),
        ("\u221233.8568", "NS", -33.8568),
        ("- 33.8568", "NS", -33.8568),
        ("-33.8568°", "NS", -33.8568),
        ("33°51'24.4\"S", "NS", -33.856778),
        ("33 51 24.4 S", "NS", -33.856778),
        ("33°51′24.4″ S", "NS", -33.856778),
        ("48 deg 51' 29.60\" N", "NS", 48.858222),
        ("S33.8568", "NS", -33.8568),
        ("33.8568° Süd", "NS", -33.8568),
        ("151.2153 Ost", "EW", 151.2153),
        ("2.25 ouest", "EW", -2.25),
        ("2.25 Oeste", "EW", -2.25),
        ("33,8568 S", "NS", -33.8568),
        ("33,51.408S", "NS", -33.8568),
        ("[43, 28, 1407/500]", "NS", 43.467448),
        ("(48.0, 51.0, 29.6)", "NS", 48.858222),
        ("43/1, 28/1, 281/100", "NS", 43.467447),
        ("43/1 28/1 281/100", "NS", 43.467447),
    ],
)
def test_degrees_are_read_as_people_write_them(text, letters, want):
    assert read_degrees(text, letters) == pytest.approx(want, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("33,51 S", "NS"),
        ("151.2 E", "NS"),
        ("33.9 O", "EW"),
        ("33 75 10 S", "NS"),
        ("north", "NS"),
        ("", "NS"),
        ("inf", "EW"),
    ],
)
def test_what_could_mean_two_things_is_not_read(text, letters):
    assert math.isnan(read_degrees(text, letters))


@pytest.mark.parametrize(
    "text",
    [
        "-33.8568, 151.2153",
        "-33.8568,151.2153",
        "-33,8568; 151,2153",
        "-33.8568 151.2153",
        "(-33.8568, 151.2153)",
        "[-33.8568, 151.2153]",
        "33.8568 S, 151.2153 E",
        "33°51'24.5\"S 151°12'55.1\"E",
        "33 deg 51' 24.48\" S, 151 deg 12' 55.08\" E",
        "S33.8568, E151.2153",
        "POINT(151.2153 -33.8568)",
        "SRID=4326;POINT (151.2153 -33.8568)",
        "-33.8568 / 151.2153",
    ],
)
def test_a_position_in_one_cell_is_split(text):
    latitude, longitude = split_position(text)
    assert read_degrees(latitude, "NS") == pytest.approx(-33.8568, abs=1e-4)
    assert read_degrees(longitude, "EW") == pytest.approx(151.2153, abs=1e-4)


@pytest.mark.parametrize("text", ["", "Sydney", "Sydney, Australia", "-33.8568", "1, 2, 3", "n/a"])
def test_a_cell_without_a_position_is_not_read_as_one(text):
    latitude, longitude = split_position(text)
    assert math.isnan(read_degrees(latitude, "NS")) or math.isnan(read_degrees(longitude, "EW"))


@pytest.mark.parametrize("text", ["43 28 2.8 9", "[43, 78, 2]", "[43, 28, 1/0, 7]", "[a, b, c]"])
def test_what_is_not_three_rationals_is_not_read(text):
    assert math.isnan(read_degrees(text, "NS"))


@pytest.mark.parametrize(
    ("value", "letter", "signed"),
    [
        (33.9, "S", -33.9),
        (-33.9, "S", -33.9),
        (33.9, "south", -33.9),
        (33.9, "N", 33.9),
        (33.9, "", 33.9),
        (2.2, "W", -2.2),
    ],
)
def test_a_letter_beside_degrees_gives_the_sign(value, letter, signed):
    assert apply_hemisphere(value, letter) == signed
