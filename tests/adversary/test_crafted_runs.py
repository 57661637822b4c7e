"""300 crafted records: values of wrong types in run.json, answer.json, steps.jsonl; each command ends in one line."""

import json
import random
import shutil
import sys
import traceback
from collections import Counter

import pytest

from sextant.app.cli import main
from sextant.graphs.runs.folder import list_runs
from tests.adversary.test_hostile_replies import changed, places_in, reachable

ODD = [
    *(None, True, -1, 0, 1.5, 2**70, float("nan"), float("inf"), "", "x", "\ud800", "\x1b]0;x\x07", "<script>"),
    *([], {}, [[]], [None], {"a": {}}, "../../etc/passwd", "9" * 5000, "[" * 3000),
]
CRAFTED = 100  # of each file


@pytest.fixture(scope="module")
def made(gallery, query, tmp_path_factory):
    """A home with one run."""
    from sextant.agent.settings import Settings
    from sextant.graphs.runs.run import locate

    home = tmp_path_factory.mktemp("made")
    locate(str(query), Settings(gallery=str(gallery), home=str(home), verify="density", run="r"))
    return home


@pytest.mark.parametrize("name", ["run.json", "answer.json", "steps.jsonl"])
def test_no_crafted_record_is_an_internal_error(name, made, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SEXTANT_DEBUG", "1")
    chance, codes, failures = random.Random(name), Counter(), []

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["sextant", *map(str, args)])
        try:
            main()
        except SystemExit as ended:
            codes[args[0], ended.code or 0] += 1
            said = capsys.readouterr()
            assert "\x1b]0;" not in said.out + said.err
            return
        except Exception:
            failures.append((args, described, traceback.format_exc().splitlines()[-6:]))

    for number in range(CRAFTED):
        home = tmp_path / str(number)
        shutil.copytree(made, home)
        file = next(list_runs(str(home))).path / name
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        whole = lines if name == "steps.jsonl" else lines[0]
        described = []
        for _ in range(chance.choice((1, 1, 3))):
            spots = [spot for spot in places_in(whole) if spot and reachable(whole, spot)]
            # As many changes near the top, which every reader looks at, as deep down.
            depth = chance.choice(sorted({len(spot) for spot in spots}))
            spot, odd = chance.choice([one for one in spots if len(one) == depth]), chance.choice(ODD)
            whole = changed(whole, spot, odd)
            described.append((spot, repr(odd)[:40]))
        file.write_text("\n".join(map(json.dumps, whole)) if name == "steps.jsonl" else json.dumps(whole))
        for words in (
            *(["runs", "list"], ["runs", "list", "--json"], ["runs", "show", "r"], ["runs", "show", "r", "--json"]),
            *(["runs", "diff", "r", "r"], ["replay", "r"], ["replay", "r", "--from", "2", "--set", "verify=top1"]),
            ["runs", "export", "r", "--out", home / "r.zip"],
        ):
            run(*words, "--home", home)
        run("locate", "--resume", "r", "--home", home, "--quiet")
        shutil.rmtree(home)
    print(name, dict(codes), f"{len(failures)} internal errors")
    for one in failures[:12]:
        print(one[0][:4], one[1], *one[2], sep="\n   ")
    assert not failures
