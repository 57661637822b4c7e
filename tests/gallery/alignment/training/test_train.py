import json
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.model import location
from sextant.gallery.alignment.model.config import AlignmentError
from sextant.gallery.alignment.model.weights import load_alignment
from sextant.gallery.alignment.training import train
from sextant.gallery.alignment.training.batches import Texts
from sextant.gallery.alignment.training.checkpoint import list_checkpoints
from sextant.gallery.alignment.training.train import Training
from tests.gallery.alignment.conftest import CONFIG, DIMENSION, NARROW, SETTINGS, write_planted

ROOT = Path(__file__).resolve().parents[4]
STEPS = 12  # 128 training rows in batches of 32, three epochs


def training(cache, out, **changes):
    return Training(cache, None, CONFIG, SETTINGS.model_copy(update=changes), out)


def quiet(look):
    pass


def final_weights(out):
    return load_file(list_checkpoints(out / "checkpoints")[-1] / "model.safetensors")


def processes(script, arguments, environments):
    """The script once for each environment, at the same time; their exit codes."""
    started = [
        subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name(script)), *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            cwd=ROOT,
        )
        for environment in environments
    ]
    return [process.wait(timeout=120) for process in started]


@pytest.fixture(scope="module", autouse=True)
def narrow_location_encoder():
    """The published width costs seconds here and shows nothing more."""
    published, location.HIDDEN = location.HIDDEN, NARROW
    yield
    location.HIDDEN = published


@pytest.fixture(scope="module")
def uninterrupted(planted, tmp_path_factory):
    out = tmp_path_factory.mktemp("uninterrupted")
    torch.set_num_threads(1)
    return training(planted, out).run(quiet), out


def test_training_brings_planted_positions_nearer_than_the_backbone(tmp_path):
    cache = write_planted(tmp_path / "cache", rows=480)
    changes = {"epochs": 12, "learning_rate": 3e-3, "decay": 1.0, "checkpoint_every": 1000}
    trained = training(cache, tmp_path / "out", **changes).run(quiet)
    before, after = trained.before["retrieval"]["10"], trained.after["retrieval"]["10"]
    assert after["median_km"] < 0.75 * before["median_km"]


def test_the_same_seed_gives_the_same_bytes(planted, uninterrupted, tmp_path):
    training(planted, tmp_path).run(quiet)
    first = list_checkpoints(uninterrupted[1] / "checkpoints")[-1] / "model.safetensors"
    assert (list_checkpoints(tmp_path / "checkpoints")[-1] / "model.safetensors").read_bytes() == first.read_bytes()


def test_another_seed_gives_other_weights(planted, uninterrupted, tmp_path):
    training(planted, tmp_path, seed=6).run(quiet)
    assert not torch.equal(final_weights(tmp_path)["gps_scale"], final_weights(uninterrupted[1])["gps_scale"])


@pytest.mark.slow
@pytest.mark.kill
@pytest.mark.parametrize(
    ("place", "number"),
    # In a step, and while the second of a checkpoint's three files goes to disk.
    [("step", random.SystemRandom().randint(4, STEPS)), ("checkpoint", 3 * random.SystemRandom().randint(1, 4) + 2)],
    ids=["in a step", "in a checkpoint"],
)
def test_killed_anywhere_and_resumed_ends_in_the_same_weights(planted, uninterrupted, tmp_path, place, number):
    assert processes("killed.py", [planted.folder, tmp_path, place, number, "{}"], [{}]) == [-9], (place, number)
    resumed = training(planted, tmp_path).run(quiet)
    assert 0 < resumed.resumed_from < STEPS
    expected, found = final_weights(uninterrupted[1]), final_weights(tmp_path)
    assert all(torch.equal(found[name], expected[name]) for name in expected), (place, number)
    assert resumed.history == uninterrupted[0].history
    assert load_alignment(tmp_path)[1] == load_alignment(uninterrupted[1])[1]


@pytest.mark.slow
def test_a_fitted_training_resumes_in_the_same_weights_and_never_loses_its_start(planted, tmp_path):
    whole = training(planted, tmp_path / "whole", fit_first=True).run(quiet)
    number = random.SystemRandom().randint(1, STEPS)
    arguments = [planted.folder, tmp_path / "killed", "step", number, json.dumps({"fit_first": True})]
    assert processes("killed.py", arguments, [{}]) == [-9], number
    resumed = training(planted, tmp_path / "killed", fit_first=True).run(quiet)
    expected, found = final_weights(tmp_path / "whole"), final_weights(tmp_path / "killed")
    assert all(torch.equal(found[name], expected[name]) for name in expected), number
    assert resumed.history == whole.history
    assert [entry["epoch"] for entry in whole.history] == [0, 1, 2, 3]
    with pytest.raises(WrongUse, match="fit_first True → False"):
        training(planted, tmp_path / "whole").run(quiet)


def test_a_fitted_start_alone_is_kept_and_brings_planted_positions_nearer(tmp_path):
    cache = write_planted(tmp_path / "cache", rows=480)
    trained = training(cache, tmp_path / "out", fit_first=True, epochs=0).run(quiet)
    assert (trained.steps, trained.best_epoch) == (0, 0)
    assert trained.after["retrieval"]["10"]["median_km"] < 0.9 * trained.before["retrieval"]["10"]["median_km"]
    again = training(cache, tmp_path / "out", fit_first=True, epochs=0).run(quiet)
    assert again.history == trained.history


def test_no_epoch_without_a_fitted_start_is_refused(planted, tmp_path):
    with pytest.raises(WrongUse, match="0 epochs train nothing"):
        training(planted, tmp_path, epochs=0)


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, {"fit_first": True}], ids=["from random weights", "fitted first"])
def test_two_processes_sharing_the_batch_train_what_one_does(planted, tmp_path, changes):
    training(planted, tmp_path / "one", **changes).run(quiet)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true"}
    ranks = [{**shared, "RANK": rank, "LOCAL_RANK": rank} for rank in ("0", "1")]
    assert processes("shared_batch.py", [planted.folder, tmp_path / "two", json.dumps(changes)], ranks) == [0, 0]
    expected, found = final_weights(tmp_path / "one"), final_weights(tmp_path / "two")
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], atol=3e-5, rtol=1e-3)


def test_a_finished_training_is_not_trained_again(planted, uninterrupted):
    again = training(planted, uninterrupted[1]).run(quiet)
    assert again.resumed_from == again.steps == STEPS


def test_more_epochs_go_on_where_the_training_ended(planted, uninterrupted, tmp_path):
    training(planted, tmp_path, epochs=2).run(quiet)
    resumed = training(planted, tmp_path, epochs=3).run(quiet)
    expected, found = final_weights(uninterrupted[1]), final_weights(tmp_path)
    assert resumed.resumed_from == 8
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_other_settings_in_the_same_folder_are_refused_by_name(planted, uninterrupted):
    with pytest.raises(WrongUse, match=r"learning_rate 0\.001 → 0\.5"):
        training(planted, uninterrupted[1], learning_rate=0.5).run(quiet)


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(planted, tmp_path, monkeypatch):
    original, calls = train.compute_batch_loss, [0]

    def spoilt(*args):
        calls[0] += 1
        gps, text = original(*args)
        return (gps * float("nan"), text) if calls[0] == 8 else (gps, text)

    monkeypatch.setattr(train, "compute_batch_loss", spoilt)
    with pytest.raises(AlignmentError, match=r"not a number at step 7 \(epoch 2\); the last good .*step-00000006"):
        training(planted, tmp_path).run(quiet)
    assert all(torch.isfinite(tensor).all() for tensor in final_weights(tmp_path).values())
    assert all(torch.isfinite(tensor).all() for tensor in load_alignment(tmp_path)[0].state_dict().values())


def test_it_stops_when_patience_ends_and_keeps_the_best_epoch(planted, tmp_path):
    trained = training(planted, tmp_path, epochs=40, learning_rate=3e-2, decay=1.0, patience=2).run(quiet)
    scores = [entry["measured"]["retrieval"]["10"]["median_km"] for entry in trained.history]
    assert trained.stopped_early
    assert trained.epochs == trained.best_epoch + 2 < 40
    assert scores[trained.best_epoch - 1] == min(scores)
    assert load_alignment(tmp_path)[1].training["epoch"] == trained.best_epoch


def test_without_validation_the_last_epoch_is_kept(planted, tmp_path):
    trained = training(planted, tmp_path, validation=0.0, epochs=1).run(quiet)
    assert trained.before is None and trained.after is None
    assert load_alignment(tmp_path)[1].training["epoch"] == 1


def test_accumulated_batches_make_one_step_of_their_mean(planted, tmp_path):
    accumulating = training(planted, tmp_path, accumulate=2)
    assert accumulating.plan.steps_per_epoch == 2
    start = {name: tensor.clone() for name, tensor in accumulating.model.named_parameters()}
    batches = list(accumulating._batches(0, 1))
    accumulating._backward(batches[0])
    assert all(torch.equal(tensor, start[name]) for name, tensor in accumulating.model.named_parameters())
    accumulating._backward(batches[1])
    assert not torch.equal(accumulating.model.gps_scale, start["gps_scale"])


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_mixed_precision_trains_single_precision_weights(planted, tmp_path, precision):
    trained = training(planted, tmp_path, precision=precision, epochs=1).run(quiet)
    assert trained.steps == 4
    assert {tensor.dtype for tensor in final_weights(tmp_path).values()} == {torch.float32}


def test_the_learning_rate_falls_as_step_lr_does():
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.AdamW([weight], lr=SETTINGS.learning_rate)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=SETTINGS.decay)
    for epoch in range(5):
        assert SETTINGS.rate_at(epoch) == pytest.approx(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()


def test_text_is_aligned_too_and_rows_at_sea_have_none(planted, tmp_path):
    config = CONFIG.model_copy(update={"text_dimension": 8})
    ids = np.arange(len(planted)) // 8
    ids[::5] = -1
    rng = np.random.default_rng(0)
    texts = Texts(rng.normal(size=(ids.max() + 1, 8)).astype(np.float16), ids)
    settings = SETTINGS.model_copy(update={"spaces": "gps+text", "epochs": 1})
    looks = []
    trained = Training(planted, texts, config, settings, tmp_path).run(looks.append)
    assert trained.steps == 4
    assert looks[-1].text_loss > 0
    assert load_alignment(tmp_path)[0].config.dimension(config.parts) == DIMENSION + 2 * CONFIG.space


def test_too_few_photos_for_one_step_are_refused(planted, tmp_path):
    with pytest.raises(WrongUse, match="128 training photos do not fill 8 batches of 32"):
        training(planted, tmp_path, accumulate=8)


def test_a_damaged_checkpoint_is_named_with_the_way_out(planted, tmp_path):
    training(planted, tmp_path, epochs=1).run(quiet)
    last = list_checkpoints(tmp_path / "checkpoints")[-1]
    (last / "model.safetensors").write_bytes(b"half")
    with pytest.raises(AlignmentError, match=r"damaged .delete this folder to resume from the previous one"):
        training(planted, tmp_path).run(quiet)


def test_the_kept_weights_say_how_they_were_made(uninterrupted):
    about = json.loads((uninterrupted[1] / "alignment.json").read_text())
    assert about["training"]["settings"]["seed"] == SETTINGS.seed
    assert about["measured"]["before"]["retrieval"]["10"]["median_km"] > 0
    assert about["config"]["projection"] == "equal-earth"
