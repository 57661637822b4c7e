"""Every Python example of docs/api.md runs, in order, as a reader would paste it; the model is a scripted server."""

import csv
import re
import shutil
from pathlib import Path

import pytest

from tests.support.evaluations import benchmark_folder
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "api.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
LISBON = '{"latitude": 38.71, "longitude": -9.14, "place": "Lisbon", "country": "Portugal", "confidence": 0.9}'


@pytest.fixture
def desk(gallery, photos, query, tmp_path, monkeypatch):
    """A folder as the guide's reader has it: a photo, photos, a gallery, a benchmark."""
    shutil.copy(query, tmp_path / "photo.jpg")
    shutil.copytree(photos, tmp_path / "photos")
    shutil.copytree(gallery, tmp_path / "my-gallery")
    data = benchmark_folder(photos, tmp_path / "benchmark")
    rows = list(csv.reader((data / "metadata.csv").open()))
    with (data / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows[:4])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEXTANT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OPENAI_API_KEY", "a-key")
    return tmp_path


@pytest.mark.filterwarnings("ignore::sextant.SextantWarning")
def test_the_guide_runs_from_top_to_bottom_and_prints_nothing(desk, monkeypatch, capfd):
    names = {"__name__": "guide"}
    with ModelServer(always(Reply(text=LISBON))) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        for number, block in enumerate(BLOCKS):
            # The price list knows OpenAI's own address, not the server that stands in for it.
            priced = block.replace("max_usd=0.20", 'max_usd=0.20, price="2.50/10"')
            exec(compile(priced, f"docs/api.md, example {number + 1}", "exec"), names)
        assert server.count > 0
    assert capfd.readouterr() == ("", "")
    assert names["same"].document == names["sextant"].replay(names["same"].run).document
    assert names["fork"].run != names["same"].run
    assert len(names["table"]) == 4 and set(names["table"]["error"]) == {None}
    assert names["evaluation"].figures["done"] == 3
    assert names["place"].country_code == "FR"


def test_the_guide_has_examples():
    assert len(BLOCKS) >= 10
