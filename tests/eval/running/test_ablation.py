import re
import threading

import pytest
import yaml

from sextant.agent.settings import Settings
from sextant.agent.verification import STRATEGIES
from sextant.agent.verification.baselines.stand_in import NOT_ALIGNED
from sextant.app.render.report_html import write_report
from sextant.base.errors import SextantError, WrongUse
from sextant.eval.benchmarks import BenchmarkPhoto, choose_photos, load_benchmark
from sextant.eval.running.ablation import name_cell, run_ablation
from sextant.eval.running.ablation_plan import read_plan
from sextant.eval.running.folder import EvaluationFolder
from sextant.eval.running.runner import EvalTask, run
from sextant.prompts.presets import list_preset_ids
from tests.support.cli import sextant
from tests.support.evaluations import benchmark_folder, made_evaluation, made_line
from tests.support.model_script import Fault, Reply, always
from tests.support.model_server import ModelServer

LISBON = Reply(text='{"latitude": 38.72, "longitude": -9.14}')


def write(path, **plan):
    path.write_text(yaml.safe_dump(plan))
    return path


def silent(name, number, count):
    return lambda counts: None


@pytest.mark.slow
def test_cells_share_retrieval_and_model_calls_that_do_not_change(photos, gallery, tmp_path):
    benchmark_folder(photos, tmp_path / "data")
    with ModelServer(always(LISBON)) as server:
        settings = {
            "model": "openai:scripted",
            "base_url": server.base_url,
            "gallery": str(gallery),
            "home": str(tmp_path / "home"),
            "preset": "street-rag",
        }
        grid = {"references": [0, 5], "negatives": [True, False], "verify": ["top1", "density"]}
        plan = write(tmp_path / "p.yaml", benchmark="folder", data="data", limit=3, settings=settings, grid=grid)
        rows = run_ablation(read_plan(plan), tmp_path / "out", silent)
        # Three photos; of four prompts, the two without references are the same. Verification asks nothing.
        assert len(rows) == 8 and server.count == 9
        run_ablation(read_plan(plan), tmp_path / "out", silent)
        assert server.count == 9
    listed = [len(re.findall(r"^\d+\. -?\d", asked.text, re.MULTILINE)) for asked in server.asked]
    assert sorted(listed) == [0, 0, 0, 5, 5, 5, 10, 10, 10]  # none, five alike, five alike and five unlike
    speaks = ["listed positions" in asked.text for asked in server.asked]
    assert speaks == [count > 0 for count in listed]  # a prompt without a list speaks of none
    assert "| 5 | off | density |" in (tmp_path / "out" / "ablation.md").read_text()


def test_a_grid_whose_model_cannot_be_asked_ends_at_its_first_cell(photos, gallery, tmp_path):
    benchmark_folder(photos, tmp_path / "data")
    with ModelServer(always(Fault("bad_key"))) as server:
        settings = {
            "model": "openai:scripted",
            "base_url": server.base_url,
            "gallery": str(gallery),
            "home": str(tmp_path / "home"),
            "preset": "street-rag",
        }
        grid = {"verify": ["top1", "density"]}
        plan = write(tmp_path / "p.yaml", benchmark="folder", data="data", limit=6, settings=settings, grid=grid)
        with pytest.raises(
            SextantError, match=r"cell 'verify-top1' stopped, the model is unavailable: .*refuses the key"
        ):
            run_ablation(read_plan(plan), tmp_path / "out", silent)
    assert [path.name for path in (tmp_path / "out" / "cells").iterdir()] == ["verify-top1"]


def test_a_rescored_grid_needs_no_model_and_no_gallery(tmp_path):
    photo = BenchmarkPhoto("a", 10.0, 20.0)
    made_evaluation(tmp_path / "run", [made_line(photo, (10.0, 20.0))])
    plan = write(tmp_path / "p.yaml", rescore="run", grid={"references": [0, 5], "verify": ["top1", "density"]})
    rows = run_ablation(read_plan(plan), tmp_path / "out", silent)
    assert [row["cell"] for row in rows] == [
        {"references": 0, "verify": "top1"},
        {"references": 0, "verify": "density"},
        {"references": 5, "verify": "top1"},
        {"references": 5, "verify": "density"},
    ]
    assert all(row["figures"]["accuracy"]["1"]["share"] == 1.0 for row in rows)


def test_an_interrupted_grid_begins_no_further_cell(tmp_path):
    made_evaluation(tmp_path / "run", [made_line(BenchmarkPhoto("a", 10.0, 20.0), (10.0, 20.0))])
    plan = write(tmp_path / "p.yaml", rescore="run", grid={"verify": ["top1", "density"]})
    stop = threading.Event()
    stop.set()
    assert run_ablation(read_plan(plan), tmp_path / "out", silent, stop) == []


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"grid": {}}, "has an empty grid"),
        ({"grid": {"verify": ["top1"]}}, "names neither rescore: RUN nor benchmark: and data:"),
        ({"rescore": "r", "grid": {"tools": [[]]}}, "rescores, but tools needs a new run"),
        ({"grid": {"verfy": ["top1"]}}, "is wrong at grid.verfy"),
        ({"grid": {"references": ["many"]}}, "is wrong at grid.references"),
    ],
)
def test_a_senseless_plan_is_wrong_use_that_names_the_field(plan, said, tmp_path):
    with pytest.raises(WrongUse, match=said):
        read_plan(write(tmp_path / "p.yaml", **plan))


def test_a_cell_is_named_after_its_values():
    cell = {"references": 10, "negatives": False, "tools": [], "variants": ["a", "b"], "gallery": "/some/where/small"}
    assert name_cell(cell) == "references-10,negatives-off,tools-none,variants-a+b,gallery-small"


@pytest.mark.slow
def test_every_preset_runs_with_every_verification(photos, gallery, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
    benchmark_folder(photos, tmp_path / "data")
    with ModelServer(always(LISBON)) as server:
        settings = {
            "model": "openai:scripted",
            "base_url": server.base_url,
            "gallery": str(gallery),
            "home": str(tmp_path / "home"),
            "max_rounds": 1,
        }
        grid = {"preset": list_preset_ids(), "verify": list(STRATEGIES)}
        plan = write(tmp_path / "p.yaml", benchmark="folder", data="data", limit=1, settings=settings, grid=grid)
        rows = run_ablation(read_plan(plan), tmp_path / "out", silent)
    assert len(rows) == len(list_preset_ids()) * len(STRATEGIES)
    assert all(row["figures"]["done"] == 1 and not row["figures"]["errors"] for row in rows)


@pytest.mark.slow
def test_without_an_aligned_gallery_g3_is_verified_by_calibrated_and_its_answers_count(
    photos, gallery, query, tmp_path, monkeypatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
    benchmark_folder(photos, tmp_path / "data")
    far = Reply(text='{"latitude": -33.9, "longitude": 18.4}')
    with ModelServer(always(far)) as server:
        settings = Settings(
            model="openai:scripted",
            base_url=server.base_url,
            gallery=str(gallery),
            home=str(tmp_path / "home"),
            preset="g3",
        )
        benchmark = load_benchmark("folder", tmp_path / "data")
        ended = run(EvalTask(benchmark, choose_photos(benchmark, 2, 0), {}, settings, tmp_path / "run"))
        dry = sextant(
            *("locate", query, "--gallery", gallery, "--preset", "g3", "--model", "openai:scripted", "--dry-run"),
            home=tmp_path / "home",
            env={"OPENAI_API_KEY": "sk-test-1234567890"},
        )
    assert ended.why == "done"
    assert dry.code == 0 and NOT_ALIGNED in dry.err
    for line in EvaluationFolder(tmp_path / "run").lines().values():
        assert "not_aligned" in {warning["code"] for warning in line["answer"]["warnings"]}
        assert sum(candidate["origin"] == "answer" for candidate in line["candidates"]) == 20
        assert sum(candidate["origin"] == "nearest" for candidate in line["candidates"]) == 20
        assert line["answer"]["probability"]["25"] is not None
    write_report([tmp_path / "run"], tmp_path / "report")
    assert NOT_ALIGNED in (tmp_path / "report" / "report.md").read_text()
