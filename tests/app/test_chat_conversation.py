"""The conversation of the page (tests/web/test_page.py) in a terminal, through a pseudo-terminal."""

import json
import os
import re
import signal
import sys
import time

import pexpect
import pytest

from sextant.geo.countries import load_countries_by_code
from tests.support.cli import ROOT
from tests.support.drawn_gallery import knows
from tests.support.model_server import ModelServer

VARIANTS = ("zero-shot", "clues-first", "references-10", "doubt-the-references")


@pytest.fixture
def talk(drawn, tmp_path):
    """The real command on a pseudo-terminal, with a model."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "OLLAMA", "SEXTANT"))}
    home = {"SEXTANT_HOME": str(tmp_path / "home"), "OPENAI_API_KEY": "sk-secret-of-the-test"}
    opened = []

    def start(model, *args):
        options = ["--gallery", drawn.gallery, "--verify", "density", "--model", "openai:s"]
        child = pexpect.spawn(
            sys.executable,
            ["-m", "sextant.app", "chat", *map(str, options), "--base-url", model.base_url, *map(str, args)],
            env={**clean, **home, "TERM": "xterm", "COLUMNS": "140"},
            cwd=str(ROOT),
            encoding="utf-8",
            timeout=90,
            dimensions=(40, 140),
        )
        opened.append(child)
        return child

    yield start
    for child in opened:
        if child.isalive():  # close() waits too short a time for the end on a busy machine
            child.kill(signal.SIGKILL)
            child.wait()
        child.close()


@pytest.mark.slow
def test_photo_branches_why_steer_polygon_fork_and_export(talk, drawn, tmp_path):
    country = load_countries_by_code()[drawn.country_code].name
    south, west = drawn.latitude - 3, drawn.longitude - 3
    corners = [[west, south], [west + 6, south], [west + 6, south + 6], [west, south + 6], [west, south]]
    area = tmp_path / "drawn.geojson"
    area.write_text(json.dumps({"type": "Polygon", "coordinates": [corners]}))
    with ModelServer(knows(drawn), latency_s=0.3) as model:
        child = talk(model)
        child.expect("paste the path of a photo")
        child.sendline(str(drawn.query))
        for variant in sorted(VARIANTS):
            child.expect(rf"{variant}\.0\s+asking")
        child.expect(rf"{re.escape(country)}.*Position: -?\d")

        child.sendline("why?")
        child.expect("What was done")
        child.expect(r"I\s+verified\s+this")

        calls = model.count
        child.sendline(f"not {country}")
        child.expect(r"The answer moved [\d,]+ km")
        child.expect("No model was called")
        child.sendline("undo")
        child.expect(rf"The answer moved [\d,]+ km, from [^\n]+ to [^\n]+{re.escape(country)}")
        child.expect("No model was called")

        child.sendline(f"/steer outside {area}")
        child.expect("Not inside the area of drawn.geojson")
        child.expect("No model was called")
        child.sendline("/undo")
        child.expect("No model was called")
        assert model.count == calls

        child.sendline("/fork")
        child.expect("verify")
        child.expect("/fork STEP KEY=VALUE")
        child.sendline("/fork 1 optimise=country live")
        child.expect(r"Fork 2\S+: ")
        child.expect("spent:")

        out = tmp_path / "out.geojson"
        child.sendline(f"/export geojson {out}")
        child.expect("Written")
        child.sendline("/quit")
        child.expect(pexpect.EOF)
    roles = {feature["properties"]["role"] for feature in json.loads(out.read_text())["features"]}
    assert {"answer", "candidate", "nearest", "farthest"} <= roles
    assert not [file for file in (tmp_path / "home").rglob("*.json*") if "sk-secret" in file.read_text("utf-8")]


@pytest.mark.slow
def test_ctrl_c_stops_a_slow_run_with_the_best_so_far_and_the_conversation_goes_on(talk, drawn):
    with ModelServer(knows(drawn), latency_s=60) as slow:
        child = talk(slow)
        child.expect("paste the path of a photo")
        child.sendline(str(drawn.query))
        child.expect("asking")
        asked(slow, len(VARIANTS))
        began = time.monotonic()
        child.sendintr()
        child.expect("this is the best so far")
        print(f"stopped after {time.monotonic() - began:.2f} s")
        before = slow.count
        child.sendline("/fork 1 model=openai:another live")
        asked(slow, before + 1)
        child.sendintr()
        child.expect(r"Fork 2\S+: ")
        child.sendline("/budget")
        child.expect("model calls")
        child.sendline("/quit")
        child.expect(pexpect.EOF)


def asked(model, calls):
    """Wait until the model was asked so often."""
    until = time.monotonic() + 60
    while model.count < calls:
        assert time.monotonic() < until, f"the model was asked {model.count} times"
        time.sleep(0.05)
