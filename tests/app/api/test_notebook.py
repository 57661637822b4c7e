"""The public API in a real Jupyter kernel, whose event loop runs while a cell does."""

import os
import re
import shutil

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer

LISBON = """{"latitude": 38.7139, "longitude": -9.1394, "place": "Lisbon", "country": "Portugal", "confidence": 0.9,
"clues": [{"text": "yellow trams on steep streets", "source": "seen"}]}"""
CELLS = (
    "import sextant\nasync def running(): return True\nassert await running()",
    'answer = sextant.locate("photo.jpg", gallery="my-gallery", model="openai:gpt-4o", max_usd=0.20, price="2.5/10")\n'
    "answer.latitude, answer.longitude, answer.place, answer.probability[25], answer.region(0.9).to_geojson()",
    "answer",
    'answers = sextant.locate_many("photos/*-0.jpg", out="located")\nsextant.to_dataframe(answers)',
    'gallery = sextant.Gallery.open("my-gallery"); gallery.search("photo.jpg", k=10)',
    'run = sextant.replay(answer.run, set={"verify": "density"})\nrun',
    'sextant.evaluate("folder", data="benchmark", gallery=gallery, out="runs/a", limit=2)',
    "sextant.where(48.86, 2.35)",
    '(await sextant.alocate("photo.jpg", gallery="my-gallery")).place',
)


@pytest.fixture
def desk(gallery, photos, query, tmp_path):
    from tests.support.evaluations import benchmark_folder

    shutil.copy(query, tmp_path / "photo.jpg")
    shutil.copytree(photos, tmp_path / "photos")
    shutil.copytree(gallery, tmp_path / "my-gallery")
    shutil.copytree(gallery, tmp_path / "home" / "galleries" / "mine")
    benchmark_folder(photos, tmp_path / "benchmark")
    return tmp_path


@pytest.mark.slow
def test_the_example_runs_in_a_kernel_and_shows_map_and_evidence(desk):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    with ModelServer(always(Reply(text=LISBON, usage=(900, 60)))) as server:
        env = {
            **os.environ,
            "SEXTANT_HOME": str(desk / "home"),
            "OPENAI_BASE_URL": server.base_url,
            "OPENAI_API_KEY": "a-key",
            "PYTHONWARNINGS": "ignore",
        }
        client = NotebookClient(
            notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(desk)}}
        )
        client.execute(env=env)
        assert server.count > 0
    if keep := os.environ.get("SEXTANT_KEEP_NOTEBOOK"):
        nbformat.write(notebook, keep)
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    # Python warnings come as a stream on stderr; nothing else is printed.
    printed = "".join(output["text"] for output in outputs if output["output_type"] == "stream")
    assert not re.sub(r".*SextantWarning: .*\n.*\n", "", printed)
    shown = {number: cell.outputs[-1]["data"] for number, cell in enumerate(notebook.cells) if cell.outputs}
    assert "data:image/svg+xml;base64," in shown[2]["text/html"]
    assert "yellow trams" in shown[2]["text/html"]
    assert "<table" in shown[3]["text/html"]
    assert "France" in shown[7]["text/plain"]
