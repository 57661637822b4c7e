import gzip
import json

import pytest

from sextant.eval.fitting.recorded import RecordError, read_records
from tests.support.data import SHARED, needs_shared_data

PHOTO = {"image": "a.jpg", "author": "x", "latitude": 38.7, "longitude": -9.1, "nearest": [[38.7, -9.1], [40.7, -74.0]]}


def written(tmp_path, *rows, name="r.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_answers_come_raw_or_as_positions_or_as_outcomes(tmp_path):
    said = [{"model": "m", "raw": '{"latitude": 1, "longitude": 2}'}, {"model": "n", "latitude": 3, "longitude": 4}]
    (record,) = read_records(written(tmp_path, {**PHOTO, "answers": [*said, {"model": "o", "outcome": "refused"}]}))
    assert [answer.outcome.kind for answer in record.answers] == ["answered", "answered", "refused"]
    assert [(one.latitude, one.longitude) for one in record.pool().answers] == [(1.0, 2.0), (3.0, 4.0)]
    assert record.pool().outcomes == {"answered": 2, "refused": 1}


def test_the_lmm_field_is_one_answer(tmp_path):
    lmm = {"model": "gemini", "answered": True, "latitude": 5.0, "longitude": 6.0, "place": "Here"}
    gone = {"model": "gemini", "answered": False, "latitude": None, "longitude": None, "place": ""}
    told, silent, none = read_records(
        written(tmp_path, *({**PHOTO, "lmm": value, "image": str(at)} for at, value in enumerate((lmm, gone, None))))
    )
    assert told.pool().answers[0].place == "Here"
    assert silent.answers[0].outcome.kind == "refused" and none.answers == ()


def test_raw_answers_are_grouped_by_image(tmp_path):
    rows = [
        {"image": image, "model": model, "raw": '{"lat": 10, "long": 20}', "latitude": 1, "longitude": 2}
        for image in ("a", "b")
        for model in ("m", "n")
    ]
    records = read_records(written(tmp_path, *rows))
    assert [(record.image, len(record.answers)) for record in records] == [("a", 2), ("b", 2)]


def test_places_scored_by_an_aligned_encoder_carry_their_score_whoever_named_them(tmp_path):
    said = [{"model": "m", "latitude": 38.7, "longitude": -9.1}, {"model": "n", "latitude": 1, "longitude": 2}]
    scores = [[38.7, -9.1, 0.25], [40.7000001, -74.0, -0.5]]
    (record,) = read_records(written(tmp_path, {**PHOTO, "answers": said, "position_scores": scores}))
    assert [one.position_score for one in record.pool().candidates] == [0.25, -0.5, 0.25, None]


def test_calls_are_cut_and_ordered(tmp_path):
    said = [{"model": model, "latitude": at, "longitude": 0} for at, model in enumerate("mno")]
    (record,) = read_records(written(tmp_path, {**PHOTO, "answers": said}))
    assert [one.model for one in record.pool(2, ("o",)).answers] == ["o", "m"]
    assert [answer.model for answer in record.only(("n",)).answers] == ["n"]


def test_without_an_author_the_place_is_the_group(tmp_path):
    (record,) = read_records(written(tmp_path, {**PHOTO, "author": None}))
    assert record.group == "39,-9"


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({**PHOTO, "latitude": float("nan")}, "nan"),
        ({**PHOTO, "longitude": 181}, "181"),
        ({**PHOTO, "nearest": [[95, 0]]}, "95"),
        ({**PHOTO, "nearest": [[1, 2, 3]]}, "line 2"),
        ({**PHOTO, "answers": [{"model": "m", "latitude": 1, "longitude": 999}]}, "999"),
        ({**PHOTO, "position_scores": [[38.7, -9.1, float("nan")]]}, "nan"),
        ({**PHOTO, "position_scores": [[38.7, -9.1]]}, "line 2"),
        ({"image": "no place"}, "no 'latitude'"),
        ("{broken", "line 2"),
        ("[1, 2]", "no JSON object"),
        ({"image": "a", "model": "m", "raw": "x", "latitude": "north", "longitude": 2}, "'north'"),
    ],
)
def test_a_bad_record_is_refused_with_its_line(tmp_path, bad, named):
    with pytest.raises(RecordError, match="line 2") as caught:
        read_records(written(tmp_path, PHOTO, bad))
    assert named in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_no_file_is_one_line(tmp_path):
    for path in (tmp_path / "none.jsonl", tmp_path, written(tmp_path, name="empty.jsonl")):
        with pytest.raises(RecordError):
            read_records(path)


def test_a_cut_gzip_is_one_line(tmp_path):
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(PHOTO).encode() * 50)[:-20])
    with pytest.raises(RecordError, match="cannot read"):
        read_records(path)


def test_a_g3_run_file_may_end_in_a_stray_fragment(tmp_path):
    head = "IMG_ID,AUTHOR,LAT,LON,candidate_0_gps,candidate_1_gps,reverse_0_gps,rag_response"
    row = 'p.jpg,x,1.5,2.5,"[1.0, 2.0]","[3.0, 4.0]","[-5.0, 6.0]","{""latitude"": 7, ""longitude"": 8}"'
    (record,) = read_records(written(tmp_path, head, row, "agment", name="5_llm_predict_results_rag.csv"))
    assert record.nearest == ((1.0, 2.0), (3.0, 4.0)) and record.farthest == ((-5.0, 6.0),)
    assert record.answers[0].outcome.longitude == 8.0


def test_a_failed_answer_of_a_g3_prediction_is_not_the_gulf_of_guinea(tmp_path):
    head = "IMG_ID,AUTHOR,LAT,LON,zs_0_latitude,zs_0_longitude,5_rag_0_latitude,5_rag_0_longitude"
    (record,) = read_records(written(tmp_path, head, "p.jpg,x,1,2,0.0,0.0,3.0,4.0", name="g3_prediction.csv"))
    assert [answer.outcome.kind for answer in record.answers] == ["unparsable", "answered"]


def test_a_broken_row_inside_a_g3_file_is_refused_with_its_line(tmp_path):
    head = "IMG_ID,AUTHOR,LAT,LON,candidate_0_gps"
    rows = ('p.jpg,x,91,2,"[1, 2]"', 'q.jpg,x,1,2,"[1, 2]"')
    with pytest.raises(RecordError, match=r"line 2.*91"):
        read_records(written(tmp_path, head, *rows, name="g3.csv"))


@needs_shared_data
def test_the_development_records_are_read_whole():
    records = read_records(SHARED / "im2gps3k-dev" / "recorded.jsonl.gz")
    assert len(records) == 1355
    assert {len(record.nearest) for record in records} == {20}
    assert sum(bool(record.pool().answers) for record in records) == 1241
