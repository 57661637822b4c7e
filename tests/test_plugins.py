"""A plug-in in a folder of its own, installed by pip, brings a tool and an encoder."""

import shutil
import subprocess
import sys
from importlib.metadata import EntryPoint, version
from pathlib import Path

import numpy as np
import pytest

from sextant.agent.world import toolbox
from sextant.agent.world.live import call_tool
from sextant.agent.world.toolbox import NoMaps, NoSearch, Sources, check_tool_names, make_tools, refuse_photo
from sextant.base import plugins
from sextant.base.errors import WrongUse
from sextant.gallery.build.build import build
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.search.search import search_gallery
from sextant.gallery.sources.recognise import SourceOptions, open_source
from sextant.gallery.store import Gallery

EXAMPLE = Path(__file__).resolve().parents[1] / "docs" / "examples" / "plugin"
SOURCES = Sources(NoSearch(), refuse_photo, NoMaps())


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The example, installed by pip into a folder of its own on the path, without a network."""
    if int(version("setuptools").partition(".")[0]) < 71:
        pytest.skip("the setuptools of this environment is older than the locked one and cannot build a wheel")
    folder = tmp_path_factory.mktemp("plugin")
    shutil.copytree(EXAMPLE, folder / "source")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(folder / "site"), str(folder / "source")], check=True, capture_output=True)
    sys.path.insert(0, str(folder / "site"))
    toolbox.describe_tools.cache_clear()
    yield folder
    sys.path.remove(str(folder / "site"))
    sys.modules.pop("sextant_example", None)


def test_its_tool_is_found_described_and_called(installed, tmp_path):
    names = check_tool_names(("find_place", "moon_phase"))
    tool = make_tools(names, SOURCES)["moon_phase"]
    told = call_tool(tool, {"time": "2000-01-21T04:44:00+00:00"}, None)
    assert told == {"content": "14.4 days after new moon", "images": [], "untrusted": True}
    schema = toolbox.describe_tools(names)[1]["function"]
    assert schema["name"] == "moon_phase" and "time" in schema["parameters"]["properties"]


def test_its_encoder_builds_and_searches_a_gallery(installed, photos, tmp_path):
    encoder = load_encoder("mean-colour:1")
    source = open_source(str(photos), SourceOptions(metadata=photos.parent / "metadata.csv"))
    build(source, str(tmp_path / "gallery"), encoder, workers=0)
    gallery = Gallery.open(str(tmp_path / "gallery"), None)
    assert gallery.manifest.encoder == "mean-colour:1"
    found = search_gallery(gallery, np.array([1.0, 0.5, 0.2], dtype=np.float32), 3).references
    assert len(found) == 3


def test_what_is_not_installed_is_unknown_and_the_plug_ins_are_named(installed):
    with pytest.raises(WrongUse, match=r"unknown tool 'tarot'; the tools are: .*moon_phase"):
        check_tool_names(("tarot",))
    with pytest.raises(WrongUse, match="encoder 'tarot:1' is unknown"):
        load_encoder("tarot:1")


@pytest.mark.parametrize(
    ("value", "words"),
    [("no_such_module:f", "cannot be loaded"), ("operator:itemgetter", "makes no tool of that name")],
)
def test_a_broken_plug_in_is_one_line(value, words, monkeypatch):
    point = EntryPoint("broken", value, plugins.TOOLS)
    monkeypatch.setattr(toolbox, "list_plugins", lambda group: {"broken": point})
    with pytest.raises(WrongUse, match=words):
        make_tools(("broken",), SOURCES)


def test_two_plug_ins_of_one_name_are_refused(monkeypatch):
    points = [EntryPoint("same", value, plugins.TOOLS) for value in ("one:f", "two:f")]
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    with pytest.raises(WrongUse, match="two packages offer 'same'"):
        plugins.list_plugins(plugins.TOOLS)
