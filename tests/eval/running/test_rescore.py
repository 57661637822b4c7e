import json

import pytest

from sextant.agent.settings import Settings
from sextant.agent.verification import Candidate, Pool
from sextant.base.errors import WrongUse
from sextant.eval.benchmarks import load_benchmark
from sextant.eval.reporting.summary import summarise
from sextant.eval.running.folder import EvaluationFolder
from sextant.eval.running.importers import import_results
from sextant.eval.running.records import pool_to_json, read_pool
from sextant.eval.running.rescore import RescoreSettings, rescore
from sextant.eval.running.runner import EvalTask, run
from sextant.gallery.profile import WEAK
from tests.support.data import SHARED, needs_shared_data
from tests.support.evaluations import benchmark_folder, failed_line, made_evaluation, without_timings


@pytest.fixture(scope="module")
def evaluation(photos, gallery, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rescored")
    loaded = load_benchmark("folder", benchmark_folder(photos, folder / "data"))
    settings = Settings(gallery=str(gallery), home=str(folder / "home"), verify="density", exclude_author=True)
    run(EvalTask(loaded, loaded.photos[:6], {"limit": None, "seed": None, "shard": None}, settings, folder / "run"))
    return folder / "run"


def lines_of(path):
    return EvaluationFolder(path).lines()


def test_the_same_strategy_comes_to_the_same_lines(evaluation, tmp_path):
    rescore(evaluation, tmp_path / "again", RescoreSettings("density"))
    assert without_timings(tmp_path / "again") == without_timings(evaluation)


def test_what_verification_knew_of_the_gallery_is_stored_with_the_candidates():
    profile = WEAK.model_copy(update={"photos": 80, "unknown": None, "first_within": (0.1, 0.3, 0.4, 0.6, 0.8)})
    pool = Pool((Candidate(1.0, 2.0, "nearest", rank=0),), ((3.0, 4.0),), {"answered": 1}, 0.5, profile)
    line = json.loads(json.dumps({"answer": {"outcomes": {"answered": 1}}, **pool_to_json(pool)}))
    assert read_pool(line) == pool
    old = {name: value for name, value in line.items() if name not in ("retrieval_trust", "profile")}
    assert read_pool(old).profile == WEAK and read_pool(old).retrieval_trust == 1.0


def test_another_strategy_is_another_evaluation_that_says_what_it_came_from(evaluation, tmp_path):
    rescore(evaluation, tmp_path / "top1", RescoreSettings("top1"))
    header = EvaluationFolder(tmp_path / "top1").header()
    assert header["configuration"]["recipe"]["verify"] == "top1"
    assert header["configuration"]["rescored"]["of"] == EvaluationFolder(evaluation).header()["hash"]
    assert all(line["answer"]["probability"]["25"] is None for line in lines_of(tmp_path / "top1").values())


def test_fewer_references_and_no_far_side_are_left_out_of_the_pool(evaluation, tmp_path):
    rescore(evaluation, tmp_path / "few", RescoreSettings("density", references=2, negatives=False))
    for line in lines_of(tmp_path / "few").values():
        assert sum(candidate["origin"] == "nearest" for candidate in line["candidates"]) == 2
        assert line["farthest"] == []


def test_a_photo_that_failed_keeps_its_error(tmp_path):
    from sextant.eval.benchmarks import BenchmarkPhoto

    made_evaluation(tmp_path / "a", [failed_line(BenchmarkPhoto("x", 1.0, 2.0))])
    rescore(tmp_path / "a", tmp_path / "b", RescoreSettings("top1"))
    assert lines_of(tmp_path / "b")["x"]["error"]["kind"] == "unreadable"


def test_an_unknown_strategy_is_wrong_use_and_leaves_nothing(evaluation, tmp_path):
    with pytest.raises(WrongUse, match=r"unknown verification strategy 'best'; choose from: .*top1"):
        rescore(evaluation, tmp_path / "new", RescoreSettings("best"))
    assert not (tmp_path / "new" / "evaluation.json").exists()


def test_imported_lists_get_the_profile_of_other_photographers_photos(tmp_path):
    file = tmp_path / "recorded.jsonl"
    rows = [
        {
            "image": f"{number}.jpg",
            "author": f"author {number % 8}",
            "latitude": 40.0 + number % 10,
            "longitude": 10.0 + number % 7,
            "nearest": [[40.0 + number % 10, 10.0 + number % 7], [-20.0, 130.0]],
        }
        for number in range(120)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_results("recorded", file, tmp_path / "run", strategy="calibrated")
    profiles = [read_pool(line).profile for line in lines_of(tmp_path / "run").values()]
    assert WEAK not in profiles and all(profile.rich for profile in profiles)
    assert all(profile.photos < 120 for profile in profiles)


@needs_shared_data
def test_recorded_answers_become_a_run_with_the_figures_of_their_file(tmp_path):
    import_results("recorded", SHARED / "im2gps3k-dev" / "recorded.jsonl.gz", tmp_path / "run")
    found = summarise(tmp_path / "run")
    assert found["done"] == 1355 and found["photographers"] == 91
    assert found["accuracy"]["25"]["share"] == pytest.approx(0.466, abs=0.001)
