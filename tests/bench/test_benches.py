"""Every figure in the guides has a bench behind it: each still starts, and the quick ones run on next to nothing."""

import json
import sys
from importlib import import_module
from pathlib import Path

import pytest

from bench import agent, phantoms, retrieval, verification

FOLDER = Path(retrieval.__file__).parent
BENCHES = sorted(FOLDER.rglob("*.py"))


@pytest.mark.parametrize("file", BENCHES, ids=lambda file: file.stem)
def test_a_bench_starts(file, monkeypatch, capsys):
    bench = import_module(".".join(("bench", *file.relative_to(FOLDER).with_suffix("").parts)))
    if "argparse" not in vars(bench) or not hasattr(bench, "main"):
        return
    monkeypatch.setattr(sys, "argv", [file.stem, "--help"])
    with pytest.raises(SystemExit) as left:
        bench.main()
    assert left.value.code == 0
    assert f"usage: {file.stem}" in capsys.readouterr().out


@pytest.mark.slow
def test_the_bench_of_retrieval_finds_what_exact_search_finds(monkeypatch, capsys, tmp_path):
    sizes = ["--rows", "6000", "--dimension", "128", "--queries", "20", "--temp", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["retrieval", *sizes, "--as-large", "--json"])
    retrieval.main()
    searches = json.loads(capsys.readouterr().out)["searches"]
    ours = {one["side"]: one["recall@16"] for one in searches if one["search"] == "Sextant"}
    assert ours["near"] > 0.9 and ours["far"] > 0.85
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_bench_of_a_run_asks_for_every_prompt_once(capsys):
    found = agent.measure(photos=3, latency=0.0, concurrency=2)
    assert {preset: batch.calls for preset, batch in found.many.items()} == {"default": 12, "img2loc": 3}
    assert found.own_ms > 0 and found.floor_ms > 0


def test_the_bench_of_verification_says_its_median(monkeypatch, capsys):
    monkeypatch.setattr(verification, "ROUNDS", 2)
    verification.main()
    assert "one pool of 80 candidates: median" in capsys.readouterr().out


def test_the_bench_of_phantom_checks_reads_its_data(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["phantoms"])
    phantoms.main()
    assert "recall" in capsys.readouterr().out
