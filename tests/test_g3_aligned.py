"""G3 whole, over galleries of an alignment of random weights: its arithmetic computed again from the recordings."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from sextant.agent.recording.cassette import Cassette
from sextant.agent.settings import Settings
from sextant.eval.benchmarks import choose_photos, load_benchmark
from sextant.eval.running.ablation import run_ablation
from sextant.eval.running.ablation_plan import read_plan
from sextant.eval.running.folder import EvaluationFolder
from sextant.eval.running.runner import EvalTask, run
from sextant.gallery.encoders.load import load_encoder
from tests.support.evaluations import benchmark_folder
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.slow
PHOTOS = int(os.environ.get("SEXTANT_PLAN_PHOTOS", "4"))  # `make plans`: 20
PLACES = [(38.7, -9.1), (-1.3, 36.8), (59.9, 10.7), (35.7, 139.8), (-33.9, 18.4), (40.7, -74.0), (-22.9, -43.2)]


def script(asked):
    """Other places for other prompts and samples."""
    first = len(asked.text)
    texts = []
    for number in range(asked.body.get("n", 1)):
        latitude, longitude = PLACES[(first + 3 * number) % len(PLACES)]
        texts.append(json.dumps({"latitude": latitude + number / 10, "longitude": longitude + first % 7}))
    return Reply(text=texts[0], more=texts[1:])


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


def compute_similarity(alignment, image, places):
    """The cosine of a photo with places, from the weights themselves and G3's formulas.

    Image→GPS adapter (Linear, ReLU, Linear) on the backbone's features; three capsules of Fourier features over the
    projected position, summed; the location head. Nothing of ours is called but the backbone.
    """
    weights = {name: value.numpy().astype(np.float64) for name, value in alignment.alignment.state_dict().items()}

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def adapt(x, name):
        return linear(np.maximum(linear(x, f"{name}.0"), 0), f"{name}.2")

    features = alignment.backbone.images([alignment.prepare(image)]).astype(np.float64)
    photo = adapt(features, "image_to_gps")[0]
    located = adapt(encode_by_hand(np.radians(np.array(places)), weights, linear), "location_head")
    return located @ photo / np.linalg.norm(located, axis=1) / np.linalg.norm(photo)


def encode_by_hand(radians, weights, linear):
    """GeoCLIP's location encoder: Equal Earth, then per capsule cos and sin of 2πBv and three layers; the sum."""
    latitude, longitude = radians.T
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(latitude))
    slope = a1 + 3 * a2 * theta**2 + theta**6 * (7 * a3 + 9 * a4 * theta**2)
    x = 2 * np.sqrt(3) * longitude * np.cos(theta) / (3 * slope)
    y = a1 * theta + a2 * theta**3 + theta**7 * (a3 + a4 * theta**2)
    v = np.stack([x, y], axis=1) * 66.50336 / 180
    total = 0.0
    for number in range(3):
        angles = 2 * np.pi * v @ weights[f"location.capsules.{number}.features.frequencies"].T
        hidden = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
        for layer in (0, 2, 4):
            hidden = np.maximum(linear(hidden, f"location.capsules.{number}.layers.{layer}"), 0)
        total = total + linear(hidden, f"location.capsules.{number}.head")
    return total


def test_g3s_arithmetic_gives_the_answer_of_every_photo(aligned, photos, settings, tmp_path):
    benchmark = load_benchmark("folder", benchmark_folder(photos, tmp_path / "data"))
    assert run(EvalTask(benchmark, choose_photos(benchmark, PHOTOS, 0), {}, settings, tmp_path / "run")).why == "done"
    encoder = load_encoder(f"aligned:{aligned / 'geo'}")
    lines = EvaluationFolder(tmp_path / "run").lines().values()
    assert len(lines) == PHOTOS
    for line in lines:
        places = recorded_places(tmp_path / "run" / line["record"])
        assert len(places) == 21 == len(line["candidates"])
        image = Image.open(photos / line["image"]).convert("RGB")
        best = places[int(np.argmax(compute_similarity(encoder, image, places)))]
        answered = line["answer"]["best"]
        assert (answered["latitude"], answered["longitude"]) == pytest.approx(best, abs=1e-5)
        assert not any(warning["code"] == "not_aligned" for warning in line["answer"]["warnings"])


def test_prompts_candidates_and_verification_are_dimensions_of_one_ablation(aligned, photos, settings, tmp_path):
    benchmark_folder(photos, tmp_path / "data")
    prompts = [["g3-zero-shot"], ["g3-zero-shot", "g3-references-5"]]
    grid = {"variants": prompts, "keep_samples": [1, 5], "verify": ["similarity", "random", "calibrated"]}
    given = {name: getattr(settings, name) for name in ("model", "base_url", "gallery", "home", "preset", "retries")}
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        yaml.safe_dump({"benchmark": "folder", "data": "data", "limit": PHOTOS, "settings": given, "grid": grid})
    )
    rows = run_ablation(read_plan(plan), tmp_path / "out", lambda *cell: lambda counts: None)
    assert len(rows) == 12
    for row in rows:
        assert row["figures"]["done"] == PHOTOS and not row["figures"]["errors"]
        cell = row["cell"]
        for line in EvaluationFolder(tmp_path / "out" / "cells" / row["name"]).lines().values():
            answers = [one for one in line["candidates"] if one["origin"] == "answer"]
            assert len(answers) == len(cell["variants"]) * cell["keep_samples"]


def test_a_gallery_of_the_image_part_retrieves_by_it_and_verifies_by_the_whole(aligned, photos, settings, tmp_path):
    """G3 without geo-alignment: retrieval by the backbone alone, the same verification."""
    benchmark = load_benchmark("folder", benchmark_folder(photos, tmp_path / "data"))
    alone = replace(settings, gallery=str(aligned / "image"))
    assert run(EvalTask(benchmark, choose_photos(benchmark, 3, 0), {}, alone, tmp_path / "run")).why == "done"
    encoder = load_encoder(f"aligned:{aligned / 'geo'}")
    for line in EvaluationFolder(tmp_path / "run").lines().values():
        places = recorded_places(tmp_path / "run" / line["record"])
        image = Image.open(photos / line["image"]).convert("RGB")
        best = places[int(np.argmax(compute_similarity(encoder, image, places)))]
        answered = line["answer"]["best"]
        assert (answered["latitude"], answered["longitude"]) == pytest.approx(best, abs=1e-5)
