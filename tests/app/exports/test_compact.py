"""The compact answer document: under 20 kB whatever a run found, and nothing of the answer itself is lost."""

import json

import pytest

from sextant.app.exports.compact import MOST_BYTES, make_compact, measure_bytes
from sextant.app.render.answer import format_answer
from sextant.geo.caps import draw_caps
from tests.support.record import RECORDINGS

ANSWERS = {path.parent.name: json.loads(path.read_text()) for path in sorted(RECORDINGS.glob("*/answer.json"))}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_recorded_answer_gets_small_and_reads_the_same(name):
    answer = ANSWERS[name]
    compact = make_compact(answer)
    assert measure_bytes(compact) < MOST_BYTES
    assert format_answer(compact) == format_answer(answer)
    for share, region in answer["region"].items():
        assert (compact["region"][share] or {}).get("parts") == (region or {}).get("parts")
    assert make_compact(compact) == compact
    kept = [item for item in answer["candidates"] if item in compact["candidates"]]
    assert kept == compact["candidates"]
    assert len(answer["candidates"]) - len(kept) == compact.get("left_out", {}).get("candidates", 0)


def test_the_largest_answer_gets_small_too():
    answer = ANSWERS["default"]
    circles = [(-60.0 + 7 * row, -170.0 + 14 * column, 120.0) for row in range(16) for column in range(4)]
    parts = [{"latitude": a, "longitude": o, "radius_km": km} for a, o, km in circles]
    wide = {"probability": 0.9, "latitude": 0.0, "longitude": 0.0, "area_km2": 1.0, "parts": parts}
    answer = {**answer, "region": {"50": None, "90": {**wide, "geojson": draw_caps(circles)}}}
    answer["candidates"] = [{**answer["candidates"][0], "id": f"é{number}"} for number in range(500)]
    answer["claims"] = [{"text": "word " * 10_000, "source": "seen", "call": "x"}] * 300
    compact = make_compact(answer)
    assert measure_bytes(compact) < MOST_BYTES
    assert compact["left_out"]["candidates"] + len(compact["candidates"]) == 500
    assert compact["left_out"]["claims"] + len(compact["claims"]) == 300
    assert len(compact["region"]["90"]["parts"]) == 64


def test_a_photo_that_failed_is_passed_on_as_it_is():
    failed = {"photo": {"path": "x.jpg"}, "error": "no photo"}
    assert make_compact(failed) == failed
