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
    ("args", "message"),
    [
        (("91", "0"), "latitude 91.0 is outside"),
        (("0", "-181"), "longitude -181.0 is outside"),
        (("nan", "0"), "latitude nan"),
        (("abc", "2"), "'abc' is not a number"),
        (("--jsn", "1"), "no such option: '--jsn'"),
        (("1",), "LONGITUDE"),
    ],
)
def test_wrong_positions_are_one_line_and_exit_2(args, message, tmp_path):
    ran = sextant("where", *args, home=tmp_path)
    assert ran.code == 2 and ran.out == ""
    assert message in ran.err and len(ran.err.strip().splitlines()) == 1
