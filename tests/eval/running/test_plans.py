"""The shipped plans: each runs against a scripted server, and prints the paper's table beside ours.

Here one plan of each system, on 2 photos; `make plans` runs all of them on 20.
"""

import json
import os
import re

import pytest
import yaml

from sextant.base.errors import WrongUse
from sextant.eval.reporting.markdown import escape_markup
from sextant.eval.reporting.published import find_published
from sextant.eval.running.ablation import name_cell, run_ablation
from sextant.eval.running.ablation_plan import SHIPPED, find_plan, list_plans, read_plan
from tests.support.cli import sextant
from tests.support.evaluations import benchmark_folder
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

PHOTOS = int(os.environ.get("SEXTANT_PLAN_PHOTOS", "2"))
ONE_OF_EACH = ["g3-modules", "g3-projections", "img2loc-retrieval", "street-rag-models"]
RUN = list_plans() if "SEXTANT_PLAN_PHOTOS" in os.environ else ONE_OF_EACH
LISTED = re.compile(r"^\d+\. -?\d", re.MULTILINE)


def script(asked):
    """Other places for other prompts and samples."""
    texts = [
        json.dumps({"latitude": 38.0 + number, "longitude": -9.0 + len(asked.text) % 40})
        for number in range(asked.body.get("n", 1))
    ]
    return Reply(text=texts[0], more=texts[1:])


def given_to(name, aligned, gallery, server):
    """What the plan's user has to say."""
    values = {
        "model": "openai:scripted",
        "gallery": gallery if "img2loc" in name or "street" in name else aligned / "gallery",
        "image_gallery": aligned / "image",
        "gps_gallery": aligned / "gallery",
        "fine_gallery": aligned / "mercator",
        "equal_earth_gallery": aligned / "gallery",
        "mercator_gallery": aligned / "mercator",
        **{who: f"openai:{who}" for who in ("gpt", "llava", "qwen", "internvl")},
        **{f"{who}_url": server.base_url for who in ("gpt", "llava", "qwen", "internvl")},
    }
    inputs = yaml.safe_load((SHIPPED / f"{name}.yaml").read_text())["inputs"]
    more = {"base_url": server.base_url} if "gpt" not in inputs and "qwen" not in inputs else {}
    return {**{wanted: values[wanted] for wanted in inputs}, **more}


def check_table(name, text):
    """Each row that the paper prints stands in our table with its first figure."""
    plan = yaml.safe_load((SHIPPED / f"{name}.yaml").read_text())
    for row, published in next(iter(plan["paper"]["table"].values())).items():
        line = next(line for line in text.splitlines() if line.startswith(f"| {escape_markup(row)} |"))
        assert f"{published[0]:,.2f}" in line or f"{published[0]:,.1f}" in line


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_a_shipped_plan_runs_and_prints_the_papers_table(name, aligned, photos, gallery, tmp_path, keys):
    data = benchmark_folder(photos, tmp_path / "data")
    with ModelServer(script) as server:
        given = {key: str(value) for key, value in given_to(name, aligned, gallery, server).items()}
        more = {"benchmark": "folder", "data": data, "limit": PHOTOS, "home": str(tmp_path / "home")}
        plan = read_plan(find_plan(name), {**given, **more, "exclude_author": True, "retries": 0})
        rows = run_ablation(plan, tmp_path / "out", lambda *cell: lambda counts: None)
    assert len(rows) == len(plan.cells()) > 1
    assert all(row["figures"]["done"] == PHOTOS and not row["figures"]["errors"] for row in rows)
    check_table(name, (tmp_path / "out" / "ablation.md").read_text())


@pytest.mark.slow
def test_the_command_line_runs_a_shipped_plan(photos, gallery, tmp_path):
    data = benchmark_folder(photos, tmp_path / "data")
    with ModelServer(script) as server:
        sets = ("model=openai:scripted", f"gallery={gallery}", f"base_url={server.base_url}", "exclude_author=true")
        done = sextant(
            *("eval", "ablate", "street-rag-farthest", "--benchmark", "folder", "--data", data, "--limit", 3),
            *(part for one in sets for part in ("--set", one)),
            *("--quiet", "--out", tmp_path / "out"),
            home=tmp_path / "home",
            env={"OPENAI_API_KEY": "sk-test-1234567890"},
        )
    assert done.code == 0, done.err
    assert done.out.strip() == (tmp_path / "out" / "ablation.md").read_text().strip()
    check_table("street-rag-farthest", done.out)
    listed = sorted(len(LISTED.findall(asked.text)) for asked in server.asked)
    assert listed == [10, 10, 10, 20, 20, 20]


def given_cells(plan):
    """Values for all inputs of a plan, enough to list its cells."""
    return {**dict.fromkeys(plan["inputs"], "x"), "data": "x"}


@pytest.mark.parametrize("name", list_plans())
def test_a_plans_papers_rows_are_rows_of_the_plan_and_agree_with_the_published_list(name):
    value = yaml.safe_load((SHIPPED / f"{name}.yaml").read_text())
    plan = read_plan(find_plan(name), given_cells(value))
    names = {cell.row or name_cell(cell.shown) for cell in plan.cells()}
    width = 12 if plan.measure == "retrieved" else 5
    for benchmark, table in plan.paper.table.items():
        assert set(table) <= names
        assert all(len(figures) == width for figures in table.values())
        for one in find_published(benchmark):
            if one.system == "G3 (GPT-4V)" and "G3" in table:
                assert [f"{value:.2f}" for value in table["G3"]] == list(one.percent.values())


def test_a_plan_is_found_by_its_name_and_by_the_folder_it_ships_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_plan("g3-modules") == find_plan("plans/g3-modules") == find_plan("plans/g3-modules.yaml")
    (tmp_path / "g3-modules.yaml").write_text("grid: {}")
    assert find_plan("g3-modules.yaml").resolve() == tmp_path / "g3-modules.yaml"  # one's own file comes first
    with pytest.raises(WrongUse, match=r"no plan 'g4': expected a .yaml file, or one of g3-candidates, "):
        find_plan("g4")


def test_what_a_plan_needs_is_named_with_its_meaning():
    with pytest.raises(WrongUse, match=r"needs --set gallery=… \(a gallery built with .*\); --set image_gallery=…"):
        read_plan(find_plan("g3-modules"), {"data": "x"})
    with pytest.raises(WrongUse, match=r"the plan 'g3-prompts' names no data; give --data DIR, the folder of im2gps3k"):
        read_plan(find_plan("g3-prompts"), {"gallery": "g"})


def test_inputs_and_settings_reach_the_cells():
    plan = read_plan(
        find_plan("g3-spaces"),
        {"image_gallery": "i", "gps_gallery": "p", "gallery": "a", "data": "x", "exclude_author": True},
    )
    assert [cell.settings for cell in plan.cells()] == [{"gallery": "i"}, {"gallery": "p"}, {"gallery": "a"}]
    assert plan.settings == {"preset": "g3", "model": "openai:gpt-4o", "exclude_author": True}
