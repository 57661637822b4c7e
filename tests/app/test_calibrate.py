"""`sextant calibrate` of recorded candidates, of an evaluation and of photos, by the real command line."""

import csv
import json
import shutil

import pytest

from sextant.eval.running.folder import EvaluationFolder
from sextant.graphs.runs.folder import list_runs
from tests.eval.fitting.test_fit import TOWNS, world
from tests.support.cli import sextant
from tests.support.model_script import Fault, Reply, always
from tests.support.model_server import ModelServer
from tests.support.photos import jpeg
from tests.support.serving import Server

pytestmark = pytest.mark.slow

PHOTOS, AUTHORS = 56, 14
ANSWER = Reply(text='{"latitude": 38.7, "longitude": -9.1, "city": "Lisbon"}')  # one photo in four was taken there


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """A folder of photos of four towns, with its table."""
    folder = tmp_path_factory.mktemp("labelled") / "photographs"
    (folder / "images").mkdir(parents=True)
    with (folder / "metadata.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "latitude", "longitude", "author"])
        for number in range(PHOTOS):
            (folder / "images" / f"{number:03}.jpg").write_bytes(jpeg(1000 + number))
            table.writerow([f"{number:03}.jpg", *TOWNS[number % 4], f"author {number % AUTHORS}"])
    return folder


@pytest.fixture(scope="module")
def server():
    with ModelServer(always(ANSWER)) as running:
        yield running


def asked(gallery, server, model="gpt-4o"):
    return ["--gallery", gallery, "--model", f"openai:{model}", "--base-url", server.base_url, "--preset", "street-rag"]


@pytest.fixture(scope="module")
def own(photographs, gallery, server, tmp_path_factory):
    """A home, a model calibrated on the photographs, and what the command printed."""
    folder = tmp_path_factory.mktemp("own")
    words = ["calibrate", photographs, *asked(gallery, server), "--out", folder / "mine.json", "--json"]
    ran = sextant(*words, home=folder, seconds=500)
    assert ran.code == 0, ran.err
    return folder, folder / "mine.json", ran


def test_photos_are_evaluated_and_what_is_stated_comes_near_to_what_happens(own):
    folder, model, ran = own
    assert ran.json["photos"] == PHOTOS and ran.json["run"] == str(folder / "mine-run")
    assert f"56 of {PHOTOS} photos" in ran.err and "evaluating 56 photos in" in ran.err
    before, after = ran.json["before"], ran.json["after"]
    assert before["happened"][1] == pytest.approx(0.25)
    assert abs(after["stated"][1] - 0.25) < abs(before["stated"][1] - 0.25)
    low, high = before["off"][1]
    assert 0 < low <= high
    plain = json.loads(model.read_text(encoding="utf-8"))
    assert plain["own"]["models"] == ["gpt-4o"] and plain["provenance"]["own"]["groups"] == AUTHORS


def test_the_same_command_asks_nobody_again_and_the_run_gives_the_same_model(
    own, photographs, gallery, server, tmp_path
):
    folder, model, _ = own
    asked_before = server.count
    words = ["calibrate", photographs, *asked(gallery, server), "--run", folder / "mine-run"]
    again = sextant(*words, "--out", tmp_path / "again.json", home=folder)
    assert again.code == 0 and server.count == asked_before
    assert "56 labelled photos, in 14 groups" in again.out and "after (cross-fitted): 50 % regions hold" in again.out
    of_run = sextant("calibrate", folder / "mine-run", "--out", tmp_path / "run.json", home=folder)
    assert of_run.code == 0
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "run.json").read_bytes() == model.read_bytes()


def test_its_numbers_are_used_and_called_own_by_every_face(own, photographs, gallery, server, tmp_path):
    folder, model, _ = own
    photo = photographs / "images" / "000.jpg"
    words = [*asked(gallery, server), "--verify", "calibrated", "--fitted", model]
    located = sextant("locate", photo, *words, "--json", home=folder)
    assert located.json["calibration"]["basis"] == "own"
    data = tmp_path / "three"
    shutil.copytree(photographs, data)
    table = (data / "metadata.csv").read_text().splitlines()
    (data / "metadata.csv").write_text("\n".join(table[:4]) + "\n")
    evaluated = sextant("eval", "run", "folder", "--data", data, *words, "--out", tmp_path / "run", home=folder)
    assert evaluated.code == 0
    bases = {line["answer"]["calibration"]["basis"] for line in EvaluationFolder(tmp_path / "run").lines().values()}
    assert bases == {"own"}
    rescored = ["eval", "rescore", tmp_path / "run", "--verify", "calibrated", "--out", tmp_path / "shipped"]
    assert sextant(*rescored, home=folder).code == 0
    bases = {line["answer"]["calibration"]["basis"] for line in EvaluationFolder(tmp_path / "shipped").lines().values()}
    assert "own" not in bases


def test_the_chat_and_the_page_use_it(own, photographs, gallery, server, tmp_path):
    _, model, _ = own
    photo = photographs / "images" / "001.jpg"
    words = [*asked(gallery, server), "--verify", "calibrated", "--fitted", model]
    chat = sextant("chat", photo, *words, home=tmp_path / "chat", typed="/quit\n")
    assert chat.code == 0, chat.err
    homes = [tmp_path / "chat"]
    homes.append(tmp_path / "page")
    with Server(*words, home=homes[-1]) as page:
        session = page.session()
        page.say(session, "where?", photo).raise_for_status()
        page.settled(session)
    for home in homes:
        (run,) = list_runs(str(home))
        answer = run.answer()
        assert answer["calibration"]["basis"] == "own" and answer["fitted"].startswith("mine.json ("), home


@pytest.fixture
def recorded(tmp_path):
    """A file of recorded candidates of two models."""
    rows = [
        {
            "image": record.image,
            "author": record.author,
            "latitude": record.latitude,
            "longitude": record.longitude,
            "nearest": [list(place) for place in record.nearest],
            "answers": [
                {"model": one.model, "latitude": one.outcome.latitude, "longitude": one.outcome.longitude}
                for one in record.answers
                if one.outcome.latitude is not None
            ],
        }
        for record in world(60, 10)
    ]
    file = tmp_path / "labelled.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


def test_a_recorded_file_is_calibrated_for_the_models_that_are_named(recorded, tmp_path):
    mixed = sextant("calibrate", recorded, "--out", tmp_path / "mine.json", home=tmp_path)
    assert mixed.code == 2 and "holds answers of 2 models (bad, good); choose with --model NAME" in mixed.error
    unknown = sextant("calibrate", recorded, "--model", "best", "--out", tmp_path / "mine.json", home=tmp_path)
    assert unknown.code == 2 and "holds no answer of 'best'; it holds answers of: bad, good" in unknown.error
    assert not (tmp_path / "mine.json").exists()
    written = {}
    for models in ("openai:good", "bad,good"):
        words = ["calibrate", recorded, "--model", models, "--out", tmp_path / "mine.json", "--json"]
        done = sextant(*words, home=tmp_path)
        assert done.code == 0 and done.json["photos"] == 60 and done.json["run"] is None
        written[models] = (tmp_path / "mine.json").read_bytes()
    assert written["openai:good"] != written["bad,good"]
    assert sextant("eval", "recorded", recorded, "--fitted", tmp_path / "mine.json", home=tmp_path).code == 0


def test_an_unfinished_run_and_one_of_another_strategy_say_what_to_do(photographs, gallery, server, tmp_path):
    run, out = tmp_path / "run", ["--out", tmp_path / "mine.json"]
    words = ["eval", "run", "folder", "--data", photographs, *asked(gallery, server), "--out"]
    assert sextant(*words, run, "--limit", "3", home=tmp_path).code == 0  # street-rag verifies by top1
    other = sextant("calibrate", run, *out, home=tmp_path)
    assert other.code == 2 and "was verified by 'top1', not by 'calibrated'" in other.error
    assert f"sextant eval rescore {run} --verify calibrated --out NEW" in other.error
    rescored = tmp_path / "rescored"
    assert sextant("eval", "rescore", run, "--verify", "calibrated", "--out", rescored, home=tmp_path).code == 0
    few = sextant("calibrate", rescored, *out, home=tmp_path)
    assert few.code == 2 and "a place was proposed for 3 of 3 labelled photos; calibrate needs 50" in few.error
    lines = (rescored / "lines.jsonl").read_bytes().splitlines(keepends=True)
    (rescored / "lines.jsonl").write_bytes(b"".join(lines[:2]))
    unfinished = sextant("calibrate", rescored, *out, home=tmp_path)
    assert unfinished.code == 2 and "is unfinished: 2 of 3 photos are done; finish it with the" in unfinished.error


def test_a_server_that_fails_leaves_a_run_to_resume(photographs, gallery, tmp_path):
    with ModelServer(always(Fault("bad_key"))) as refusing:
        words = ["calibrate", photographs, *asked(gallery, refusing), "--out", tmp_path / "mine.json"]
        ran = sextant(*words, home=tmp_path)
    assert ran.code == 1 and "run the same command again to resume" in ran.error
    assert (tmp_path / "mine-run" / "evaluation.json").exists() and not (tmp_path / "mine.json").exists()


@pytest.mark.parametrize(
    ("labelled", "more", "said"),
    [
        ("nowhere", [], "'nowhere' does not exist; give a file of recorded candidates"),
        ("file", ["--preset", "g3"], "--preset says how photos are located"),
        ("photographs", ["--verify", "top1"], "calibrate fits the strategy 'calibrated', not 'top1'"),
        ("photographs", ["--limit", "20"], "labelled photos; calibrate needs 50 or more"),
        ("empty", [], "has no table of 'folder'"),
        ("file", ["--out", "no/such/folder/mine.json"], "the folder of --out"),
    ],
)
def test_wrong_use_is_one_line_and_asks_nobody(labelled, more, said, recorded, photographs, gallery, server, tmp_path):
    (tmp_path / "empty").mkdir()
    given = {"file": recorded, "photographs": photographs, "empty": tmp_path / "empty"}.get(labelled, labelled)
    options = [] if labelled in ("file", "nowhere") else asked(gallery, server)
    before = server.count
    ran = sextant("calibrate", given, "--out", tmp_path / "mine.json", *options, *more, home=tmp_path)
    assert ran.code == 2 and said in ran.error
    assert server.count == before and not (tmp_path / "mine.json").exists()
