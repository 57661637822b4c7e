"""A verification model of one's own, through the real command line: it judges, it is named, and no run loses it."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Settings
from sextant.agent.verification.model_file import VERSION
from sextant.base.errors import SextantError, WrongUse
from sextant.eval.fitting.jobs import fit_files, write_model
from sextant.eval.fitting.recorded import read_records
from sextant.graphs.chat import ChatContext
from sextant.graphs.runs.archive import export_run, import_run
from sextant.graphs.runs.folder import RunFolder, find_run, list_runs
from sextant.graphs.runs.fork import fork
from sextant.graphs.runs.pruning import prune
from sextant.graphs.runs.replay import replay
from sextant.graphs.runs.run import locate
from sextant.graphs.sessions.store import Sessions
from tests.app.test_eval_recorded import ROWS
from tests.support.cli import sextant
from tests.support.evaluations import benchmark_folder


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("fitted")
    (folder / "recorded.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    assert len(read_records(folder / "recorded.jsonl")) == 6
    fitted, _ = fit_files([folder / "recorded.jsonl"], (), 3, 1, lambda line: None)
    write_model(fitted, folder / "mine.json")
    return folder / "mine.json"


@pytest.fixture
def other(model, tmp_path) -> Path:
    """The same model but for a word of where it comes from: another hash."""
    file = tmp_path / "other" / "mine.json"
    file.parent.mkdir()
    file.write_text(model.read_text().replace('"members":1', '"members":11'), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def located(model, gallery, query, tmp_path_factory):
    """A home with a run that the shipped model judged, and one that a model judged whose file is gone."""
    home = tmp_path_factory.mktemp("home")
    shipped = locate(str(query), Settings(gallery=str(gallery), home=str(home)))
    file = home / "mine.json"
    file.write_bytes(model.read_bytes())
    ran = sextant("locate", query, "--gallery", gallery, "--fitted", file, "--json", home=home)
    file.unlink()
    return home, shipped.answer, ran.json


def named(model: Path) -> str:
    return f"{model.name} ({sha256_of(model)[:8]})"


def sha256_of(model: Path) -> str:
    return BlobStore(model.parent / "other-store").put(model.read_bytes())


def bare(answer):
    """Without what a fork asks nobody for: another place's coverage."""
    return {name: value for name, value in answer.items() if name not in ("run", "spent", "coverage")}


def runs(home):
    return [folder.name for folder in list_runs(str(home))]


def test_it_judges_and_is_named_with_its_hash(model, located):
    home, shipped, own = located
    assert own["fitted"] == named(model) and "fitted" not in shipped
    assert own["probability"] != shipped["probability"]
    assert f"Verified  by {named(model)}" in sextant("runs", "show", own["run"], home=home).out


def test_a_run_holds_a_name_and_replays_without_the_file(located):
    home, _, own = located
    for file in (home / "runs" / own["run"]).iterdir():
        assert b'"by_model"' not in file.read_bytes(), file.name
    ran = sextant("replay", own["run"], "--json", home=home)
    assert ran.code == 0 and ran.json == own


def test_stored_evidence_is_judged_again_without_a_call(model, located):
    home, shipped, own = located
    ran = sextant("replay", shipped["run"], "--set", f"fitted={model}", "--json", home=home)
    assert ran.code == 0 and "at its last verdict" in ran.err
    assert bare(ran.json) == bare(own)
    assert replay(find_run(ran.json["run"], str(home)), home=str(home)).answer["best"] == ran.json["best"]
    back = fork(find_run(own["run"], str(home)), None, ["fitted=none"], home=str(home))
    assert bare(back.answer) == bare(shipped)


def test_two_models_in_one_run_are_told_apart(model, other, located):
    home, shipped, _ = located
    first = fork(find_run(shipped["run"], str(home)), "1", [f"fitted={model}"], home=str(home))
    second = fork(find_run(first.name, str(home)), None, [f"fitted={other}"], home=str(home))
    assert (first.answer["fitted"], second.answer["fitted"]) == (named(model), named(other))
    assert replay(find_run(second.name, str(home)), home=str(home)).answer == second.answer


def test_an_exported_run_brings_its_model(located, tmp_path):
    home, _, own = located
    export_run(find_run(own["run"], str(home)), tmp_path / "run.zip", str(home))
    there = str(tmp_path / "there")
    replayed = replay(import_run(tmp_path / "run.zip", there), home=there).answer
    assert replayed == find_run(own["run"], str(home)).answer()


def test_pruning_leaves_the_model_for_the_runs_that_lie_elsewhere(model, gallery, query, tmp_path):
    home = str(tmp_path / "home")
    settings = Settings(gallery=str(gallery), home=home, fitted=str(model))
    for name in ("own", "kept"):
        locate(str(query), replace(settings, run=name))
    answer = find_run("own", home).answer()
    find_run("own", home).path.rename(tmp_path / "elsewhere")
    for blob in (tmp_path / "home" / "blobs").rglob("*"):
        os.utime(blob, (time.time() - 60,) * 2)  # prune spares blobs of the last moments
    assert prune(home, keep=0)["runs"] == ["kept"]
    assert not BlobStore(tmp_path / "home" / "blobs").path(answer["photo"]["sha256"]).exists()
    assert replay(RunFolder(tmp_path / "elsewhere"), home=home).answer == answer


def test_a_model_that_is_gone_is_one_line(model, gallery, query, tmp_path):
    home = str(tmp_path / "home")
    run = locate(str(query), Settings(gallery=str(gallery), home=home, fitted=str(model)))
    BlobStore(tmp_path / "home" / "blobs").path(sha256_of(model)).unlink()
    with pytest.raises(SextantError, match="is missing from"):
        replay(find_run(run.name, home), home=home)
    with pytest.raises(SextantError, match=r"model mine\.json \(\w{8}\) is missing from the home"):
        fork(find_run(run.name, home), None, ["optimise=country"], home=home)
    assert runs(home) == [run.name]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read the verification model"),
        ('{"format": "sextant-verification", "version": 1}', "has version 1"),
        (f'{{"format": "sextant-verification", "version": {VERSION}}}', "is broken"),
        ("[" * 200_000, "recursion"),
    ],
)
def test_a_file_that_is_no_model_is_refused_before_anything_is_spent(gallery, query, tmp_path, content, said):
    file, home = tmp_path / "bad.json", tmp_path / "home"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    asking = ("--model", "openai:m", "--base-url", "http://127.0.0.1:9/v1")
    ran = sextant("locate", query, "--gallery", gallery, *asking, "--fitted", file, home=home)
    assert ran.code == 2 and said in ran.error and len(ran.err.strip().splitlines()) == 1
    assert not home.exists()


def test_a_folder_and_a_strategy_without_a_model_are_wrong_use(model, located, gallery, query, tmp_path):
    home, shipped, _ = located
    before, parent = runs(home), find_run(shipped["run"], str(home))
    for given, said in ((tmp_path, "is not a file"), ("/dev/zero", "is not a file"), (model, "not by 'density'")):
        more = ("--verify", "density") if given is model else ()
        ran = sextant("locate", query, "--gallery", gallery, "--fitted", given, *more, home=home)
        assert ran.code == 2 and said in ran.error
    for overrides, said in (
        (["fitted=no.json"], "No such file"),
        (["verify=top1", f"fitted={model}"], "not by 'top1'"),
    ):
        with pytest.raises(WrongUse, match=said):
            fork(parent, None, overrides, home=str(home))
    assert runs(home) == before


def test_an_evaluation_is_of_one_model_and_rescoring_takes_another(model, other, gallery, photos, tmp_path):
    data, home, out = benchmark_folder(photos, tmp_path / "data"), tmp_path / "home", tmp_path / "run"
    command = ("eval", "run", "folder", "--data", data, "--limit", 2, "--gallery", gallery, "--out", out, "--fitted")
    assert sextant(*command, model, home=home).code == 0
    assert sextant("eval", "report", out, home=home).code == 0
    assert f"the photos of {named(model)}" in (out / "report.md").read_text()
    (record, *_) = sorted((out / "records").iterdir())
    assert sextant("replay", record, home=home).code == 0
    refused = sextant(*command, other, home=home)
    assert refused.code == 2 and "settings.fitted: 'mine.json@" in refused.error
    for name, more in (("again", ("--fitted", model)), ("shipped", ())):
        rescore = ("eval", "rescore", out, "--verify", "calibrated", "--out", tmp_path / name)
        assert sextant(*rescore, *more, home=home).code == 0
    lines = {name: (tmp_path / name / "lines.jsonl").read_text() for name in ("run", "again", "shipped")}
    told = {name: [json.loads(line)["answer"] for line in text.splitlines()] for name, text in lines.items()}
    stated = {name: [answer["probability"] for answer in answers] for name, answers in told.items()}
    assert stated["again"] == stated["run"] != stated["shipped"]
    assert [told[name][0].get("fitted") for name in told] == [named(model), named(model), None]


def test_a_session_weighs_again_with_the_same_model(model, gallery, query, tmp_path):
    def steered(fitted):
        home = tmp_path / ("own" if fitted else "shipped")
        sessions = Sessions(str(home))
        context = ChatContext(Settings(gallery=str(gallery), home=str(home), fitted=fitted))
        photo = {"sha256": context.blobs.put(query.read_bytes()), "file": "a.jpg"}
        session = sessions.create()
        for number, text in enumerate(("where?", "not Oslo")):
            photos = [photo] if number == 0 else []
            sessions.send_message(
                session, {"id": text, "text": text, "photos": photos, "steer": [], "photo": None}, context
            )
        return sessions.read_state(session)["photos"]["1"]

    own, shipped = steered(str(model)), steered(None)
    assert own["fitted"].startswith("mine.json@") and own["constraints"]
    assert own["now"]["probability"] != shipped["now"]["probability"]
