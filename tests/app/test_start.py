"""What commands load before they do anything: libraries and tools that a command does not use delay its start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sextant.agent.settings import Settings
from sextant.graphs.runs.run import locate

CODE = """
import json, sys
from sextant.app.cli import sextant
sextant.main({args!r}, standalone_mode=False)
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def list_loaded(home: Path, *args: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(args=list(args))],
        env={**os.environ, "SEXTANT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.fixture(scope="module")
def offline_run(gallery: Path, query: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home and the name of the run in it, which no model was asked for."""
    home = tmp_path_factory.mktemp("started")
    return home, locate(str(query), Settings(gallery=str(gallery), home=str(home))).name


def test_a_replay_loads_no_gallery_no_pictures_and_only_the_tools_it_has(offline_run):
    home, name = offline_run
    loaded = list_loaded(home, "replay", name)
    assert not loaded & {"lancedb", "PIL", "scipy", "torch", "cv2", "openai", "filelock", "numpy.random"}
    assert "sextant.tools.nearest_photos" in loaded
    unused = {"zoom", "read_text", "map_around", "sights_near", "pictures_near", "web_search", "find_place", "sun"}
    assert not {f"sextant.tools.{tool}" for tool in unused} & loaded


def test_a_replay_of_positions_loads_no_reader_of_names_and_no_exports(offline_run):
    home, name = offline_run
    loaded = list_loaded(home, "replay", name)
    unused = {"sextant.agent.answers.named", "sextant.atlas.shipped", "sextant.agent.world.live", "sextant.app.exports"}
    assert not loaded & unused


def test_where_loads_neither_the_graph_nor_models(tmp_path):
    loaded = list_loaded(tmp_path, "where", "48.86", "2.35")
    assert not loaded & {"langgraph", "langchain_core", "lancedb", "PIL", "sextant.agent"}
