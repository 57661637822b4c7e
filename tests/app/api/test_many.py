"""`locate_many`: order, failures, resuming, money, and what two processes or other settings meet."""

import gc
import json
import shutil
from pathlib import Path

import pytest

import sextant
from sextant.base.errors import WrongUse
from sextant.graphs.batches.lines import lock_writer
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer

LISBON = '{"latitude": 38.71, "longitude": -9.14, "confidence": 0.9}'
pytestmark = pytest.mark.filterwarnings("ignore::sextant.SextantWarning")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEXTANT_HOME", str(tmp_path / "home"))


@pytest.fixture
def some(photos, tmp_path):
    folder = tmp_path / "some"
    folder.mkdir()
    for name in ("lisbon-0", "nairobi-0", "oslo-0"):
        shutil.copy(photos / f"{name}.jpg", folder)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (folder / "notes.txt").write_text("no photo")
    return folder


def test_answers_come_in_order_and_a_broken_photo_has_an_error(some, gallery):
    found = sextant.locate_many(some, gallery=gallery)
    assert len(found) == 4
    answers = list(found)
    assert [answer.photo.rsplit("/", 1)[1] for answer in answers] == [
        *("broken.jpg", "lisbon-0.jpg", "nairobi-0.jpg", "oslo-0.jpg")
    ]
    assert answers[0].error and answers[0].latitude is None and answers[1].error is None
    table = sextant.to_dataframe(answers)
    assert list(table["error"].notna()) == [True, False, False, False]
    assert "is broken, cut off or of a kind that is not read" in answers[0]._repr_html_()
    with pytest.raises(WrongUse, match="not located"):
        _ = answers[0].run


def test_the_same_call_resumes_and_pays_nothing_twice(some, gallery, tmp_path):
    with ModelServer(always(Reply(text=LISBON))) as server:
        call = {"model": "openai:gpt-4o", "base_url": server.base_url, "gallery": gallery, "max_rounds": 1}
        first = sextant.locate_many(some, out=tmp_path / "out", **call)
        begun = [next(first), next(first)]
        first.close()
        paid = server.count
        answers = list(sextant.locate_many(some, out=tmp_path / "out", **call))
        assert answers[1].document == begun[1].document
        again = server.count
        assert list(sextant.locate_many(some, out=tmp_path / "out", **call))[1:] == answers[1:]
        assert server.count == again and paid > 0
    lines = [json.loads(line) for line in (tmp_path / "out" / "answers.jsonl").read_text().splitlines()]
    assert {str(some / line["photo"]) for line in lines} == {answer.photo for answer in answers}


def test_a_photo_that_changed_is_located_again(some, gallery, tmp_path):
    before = list(sextant.locate_many(some, gallery=gallery, out=tmp_path / "out"))
    shutil.copy(some / "oslo-0.jpg", some / "lisbon-0.jpg")
    after = list(sextant.locate_many(some, gallery=gallery, out=tmp_path / "out"))
    assert before[1].document["photo"]["sha256"] != after[1].document["photo"]["sha256"]
    assert before[2] == after[2]


def test_other_settings_are_refused_with_the_difference(some, gallery, tmp_path):
    list(sextant.locate_many(some, gallery=gallery, out=tmp_path / "out"))
    with pytest.raises(WrongUse, match=r"settings\.seed: 0 there, 7 here"):
        sextant.locate_many(some, gallery=gallery, out=tmp_path / "out", seed=7)


def test_two_writers_of_one_folder_are_kept_apart(some, gallery, tmp_path):
    with lock_writer(tmp_path / "out"), pytest.raises(sextant.SextantError, match="another process"):
        list(sextant.locate_many(some, gallery=gallery, out=tmp_path / "out"))
    list(sextant.locate_many(some, gallery=gallery, out=tmp_path / "out"))


def test_a_photo_that_is_named_twice_is_located_once_and_answered_twice(some, gallery):
    with ModelServer(always(Reply(text=LISBON))) as server:
        call = {"model": "openai:gpt-4o", "base_url": server.base_url, "gallery": gallery, "max_rounds": 1}
        list(sextant.locate_many([some / "oslo-0.jpg"], **call))
        once = server.count
        answers = list(sextant.locate_many([some / "oslo-0.jpg"] * 3, **call))
        assert len(answers) == 3 and server.count == 2 * once
        assert answers[0].document == answers[2].document


def test_an_answer_of_a_library_can_be_replayed(some, gallery, tmp_path):
    (answer,) = sextant.locate_many([some / "oslo-0.jpg"], out=tmp_path / "out", gallery=gallery)
    assert sextant.replay(answer).latitude == answer.latitude


def test_money_is_of_all_photos_together(some, gallery, tmp_path):
    copies = [some / f"copy-{number}.jpg" for number in range(30)]
    for number, copy in enumerate(copies):
        copy.write_bytes((some / "oslo-0.jpg").read_bytes() + bytes([number]))
    with ModelServer(always(Reply(text=LISBON, usage=(1000, 100)))) as server:
        call = {"model": "openai:x", "price": "10/10", "base_url": server.base_url, "gallery": gallery}
        answers = sextant.locate_many(copies, max_usd=0.25, max_rounds=1, **call)
        with pytest.raises(sextant.SextantError, match="does not pay for another photo"):
            list(answers)
        assert 0 < server.count * 0.011 <= 0.25


def test_nothing_to_locate_is_refused(tmp_path):
    with pytest.raises(WrongUse, match="no photo matches"):
        sextant.locate_many(tmp_path / "*.jpg")


def test_without_out_the_runs_live_as_long_as_an_answer(some, gallery):
    answers = list(sextant.locate_many(some, gallery=gallery))
    located = next(answer for answer in answers if not answer.error)
    run = Path(located.run)
    assert sextant.replay(located).latitude == located.latitude and run.exists()
    del answers, located
    gc.collect()
    assert not run.exists()
