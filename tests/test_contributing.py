"""The worked examples of CONTRIBUTING.md are built and used."""

import json
import re
import sys
import types
from pathlib import Path

import pytest
from langchain_core.tools import ToolException
from PIL import Image

from sextant.agent.llm.services import SERVICES, Service
from sextant.agent.settings import Settings
from sextant.gallery.build.build import build
from sextant.gallery.search.search import find_nearest
from sextant.gallery.store import Gallery
from sextant.graphs.runs.run import locate

TEXT = (Path(__file__).resolve().parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")


def make_module(title):
    """The code of a section as a module."""
    section = TEXT.split(f"### {title}\n")[1].split("\n### ")[0]
    name = "contributed_" + re.sub(r"\W+", "_", title.lower())
    module = types.ModuleType(name)
    sys.modules[name] = module  # pydantic looks up annotations by the module's name
    exec(compile(re.search(r"```python\n(.*?)```", section, re.DOTALL)[1], title, "exec"), vars(module))
    return module


def test_the_tool_answers_and_refuses_in_words():
    example = make_module("A tool for the model")
    tool = example.make_time_zone_tool()
    assert tool.invoke({"longitude": 139.7}).startswith("UTC+9")
    with pytest.raises(ToolException, match="out of range"):
        example.tell_time_zone(999.0)


def test_encoder_and_source_build_a_gallery_that_finds_its_photos(tmp_path):
    encoder = make_module("An encoder").PixelEncoder()
    entries = []
    for number, colour in enumerate(["red", "green", "blue"]):
        Image.new("RGB", (40, 30), colour).save(tmp_path / f"{colour}.png")
        entries.append({"file": f"{colour}.png", "latitude": 10.0 * number, "longitude": 5.0, "author": colour})
    entries.append({"file": "missing.png", "latitude": 0.0, "longitude": 1.0})
    (tmp_path / "photos.json").write_text(json.dumps(entries))
    source = make_module("A source of photos").JsonSource(tmp_path / "photos.json")
    report = build(source, str(tmp_path / "gallery"), encoder, workers=0)
    assert report.count == 3 and [item.id for item in report.unreadable] == ["missing.png"]
    (query,) = encoder.encode([Image.new("RGB", (20, 20), (0, 120, 10))])
    assert find_nearest(Gallery.open(str(tmp_path / "gallery")), query, 1)[0].latitude == 10.0


def test_the_provider_answers_a_whole_run(gallery, query, tmp_path, monkeypatch):
    example = make_module("A model provider")
    monkeypatch.setitem(sys.modules, "sextant.agent.llm.providers.echo", example)
    line = re.search(r'`"echo": (Service\(.*?\))`', TEXT, re.DOTALL)[1]
    monkeypatch.setitem(SERVICES, "echo", eval(line, {"Service": Service}))
    monkeypatch.setenv("ECHO_API_KEY", "any")
    settings = Settings(model="echo:one", gallery=str(gallery), home=str(tmp_path), verify="density", max_rounds=1)
    answer = locate(str(query), settings).answer
    assert answer["outcomes"]["unparsable"] >= 2 and not answer["outcomes"]["failed"]
    assert example.make_call_options(None, 1, None) == {"seed": 1}
