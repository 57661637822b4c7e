import pytest

from tests.support.cli import sextant


def test_where_prints_country_place_and_border(tmp_path):
    ran = sextant("where", 48.8597, -113.4360, home=tmp_path)
    assert ran.code == 0
    assert "United States (US)" in ran.out and "Montana" in ran.out and "to Canada (CA)" in ran.out
    assert ran.err == ""


def test_where_json_is_one_document(tmp_path):
    place = sextant("where", "-90", "0", "--json", home=tmp_path).json
    assert place["country"] == "Antarctica" and place["at_sea"] is False


def test_where_at_sea_says_how_far_land_is(tmp_path):
    ran = sextant("where", "0", "-150", home=tmp_path)
    assert "at sea" in ran.out and "709 km from land" in ran.out


@pytest.mark.parametrize(
    ("args", "position"),
    [
        (("58.97, 5.73",), (58.97, 5.73)),
        (("58.97,5.73",), (58.97, 5.73)),
        (("58.97", "5.73"), (58.97, 5.73)),
        (("-33.9,", "151.2"), (-33.9, 151.2)),
        (("-33.9, -70.6",), (-33.9, -70.6)),
        (("0, 0",), (0, 0)),
        (("https://www.openstreetmap.org/#map=15/48.85/2.29",), (48.85, 2.29)),
        (("https://www.google.com/maps/@-33.8568,151.2153,17z",), (-33.8568, 151.2153)),
        (("geo:48.85,2.29",), (48.85, 2.29)),
        (("33°51'24.4\"S 151°12'55.1\"E",), (-33.85678, 151.21531)),
        (("48.85N", "2.29W"), (48.85, -2.29)),
        (("58,97 5,73",), (58.97, 5.73)),
    ],
)
def test_where_reads_what_people_paste(args, position, tmp_path):
    place = sextant("where", *args, "--json", home=tmp_path).json
    assert (place["latitude"], place["longitude"]) == pytest.approx(position, abs=1e-4)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("91", "0"), "latitude 91.0 is outside"),
        (("0", "-181"), "longitude -181.0 is outside"),
        (("nan", "0"), "latitude nan"),
        (("abc", "2"), "'abc 2' contains no position"),
        (("--jsn", "1"), "no such option: '--jsn'"),
        (("1",), "'1' contains no position; give latitude and longitude"),
        (("Paris",), "'Paris' contains no position"),
        (("https://example.com/photo",), "contains no position"),
        (("x" * 500,), "contains no position"),
        ((), "POSITION"),
    ],
)
def test_wrong_positions_are_one_line_and_exit_2(args, message, tmp_path):
    ran = sextant("where", *args, home=tmp_path)
    assert ran.code == 2 and ran.out == ""
    assert message in ran.err and len(ran.err.strip().splitlines()) == 1
