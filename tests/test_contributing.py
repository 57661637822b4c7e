"""The worked examples of CONTRIBUTING.md are built and used."""

import importlib
import json
import re
import sys
import types
from pathlib import Path

import pytest
from langchain_core.tools import ToolException
from PIL import Image

from sextant.agent.llm.spec import Endpoint
from sextant.gallery.build.build import build
from sextant.gallery.search.search import find_nearest
from sextant.gallery.store import Gallery

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


def test_the_provider_has_what_the_client_asks_of_every_provider():
    example = make_module("A model provider")
    ours = importlib.import_module("sextant.agent.llm.providers.openai")
    assert all(hasattr(ours, name) for name in ("make_client", "make_call_options"))
    endpoint = Endpoint.__new__(Endpoint)
    object.__setattr__(endpoint, "name", "m")
    assert example.make_client(endpoint, None).invoke("?").content == "m would answer here"
    assert example.make_call_options(None, 1, None) == {"seed": 1}
