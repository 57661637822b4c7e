"""G3 whole, over an aligned gallery of random weights: its arithmetic computed again from the recordings."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sextant.agent.recording.cassette import Cassette
from sextant.agent.settings import Settings
from sextant.eval.benchmarks import choose_photos, load_benchmark
from sextant.eval.running.folder import EvaluationFolder
from sextant.eval.running.runner import EvalTask, run
from sextant.gallery.alignment.heatmap.score import compute_position_scores
from sextant.gallery.encoders.load import load_encoder
from tests.support.cli import sextant
from tests.support.evaluations import benchmark_folder
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.slow
PHOTOS = 3  # each takes seconds: a heat map over the world is drawn of every photo
PLACES = [(38.7, -9.1), (-1.3, 36.8), (59.9, 10.7), (35.7, 139.8), (-33.9, 18.4), (40.7, -74.0), (-22.9, -43.2)]


def script(asked):
    """Other places for other prompts and samples."""
    first = len(asked.text)
    texts = []
    for number in range(asked.body.get("n", 1)):
        latitude, longitude = PLACES[(first + 3 * number) % len(PLACES)]
        texts.append(json.dumps({"latitude": latitude + number / 10, "longitude": longitude + first % 7}))
    return Reply(text=texts[0], more=texts[1:])


@pytest.fixture(scope="module")
def aligned(photos, tmp_path_factory):
    """An alignment that was hardly trained, and the gallery of the small photos built with it."""
    folder = tmp_path_factory.mktemp("aligned")
    table = photos.parent / "metadata.csv"
    source = (photos, "--metadata", table, "--quiet")
    quick = ("--epochs", "1", "--batch", "8", "--min-file-bytes", "0", "--validation", "0")
    trained = sextant(
        "align", "train", *source, "--backbone", "builtin", "--out", folder / "geo", *quick, home=folder / "home"
    )
    assert trained.code == 0, trained.err
    encoder = f"aligned:{folder / 'geo'}"
    built = sextant(
        "gallery", "build", *source, "--encoder", encoder, "--out", folder / "gallery", home=folder / "home"
    )
    assert built.code == 0, built.err
    return folder


@pytest.fixture
def settings(aligned, tmp_path, keys):
    with ModelServer(script) as server:
        yield Settings(
            model="openai:scripted",
            base_url=server.base_url,
            gallery=str(aligned / "gallery"),
            home=str(tmp_path / "home"),
            preset="g3",
            retries=0,
            exclude_author=True,
            concurrency=1,
        )


def recorded_places(record: Path) -> list[tuple[float, float]]:
    """Read G3's candidates out of a photo's recording: five samples of each prompt, and the first retrieved photo."""
    calls = Cassette.read(record / "cassette.jsonl").calls.values()
    (found,) = [json.loads(call.reply)["nearest"] for call in calls if call.kind == "references"]
    answers: dict[str, dict[int, tuple[float, float]]] = {}
    for call in calls:
        if call.kind == "model":
            said = json.loads(json.loads(call.reply)["text"])
            place = said["latitude"], said["longitude"]
            answers.setdefault(call.request["variant"], {})[call.request["sample"]] = place
    assert all(len(samples) == 10 for samples in answers.values())
    kept = [place for samples in answers.values() for _, place in sorted(samples.items())[:5]]
    return [(found[0]["latitude"], found[0]["longitude"]), *kept]


def test_g3s_arithmetic_gives_the_answer_of_every_photo(aligned, photos, settings, tmp_path):
    benchmark = load_benchmark("folder", benchmark_folder(photos, tmp_path / "data"))
    assert run(EvalTask(benchmark, choose_photos(benchmark, PHOTOS, 0), {}, settings, tmp_path / "run")).why == "done"
    encoder = load_encoder(f"aligned:{aligned / 'geo'}")
    lines = EvaluationFolder(tmp_path / "run").lines().values()
    assert len(lines) == PHOTOS
    for line in lines:
        places = recorded_places(tmp_path / "run" / line["record"])
        assert len(places) == 21 == len(line["candidates"])
        vector = encoder.encode([Image.open(photos / line["image"]).convert("RGB")])[0]
        best = places[int(np.argmax(compute_position_scores(encoder, vector, np.array(places))))]
        answered = line["answer"]["best"]
        assert (answered["latitude"], answered["longitude"]) == pytest.approx(best, abs=1e-5)
        assert not any(warning["code"] == "not_aligned" for warning in line["answer"]["warnings"])
