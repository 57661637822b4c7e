"""A training begins at the location encoder of another alignment, and at nothing else of it."""

import pytest
import torch

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.model import location
from sextant.gallery.alignment.model.aligned_model import make_alignment
from sextant.gallery.alignment.model.weights import load_alignment, save_alignment
from sextant.gallery.alignment.training.train import Training
from sextant.gallery.alignment.training.warm_start import begin, load_start
from tests.gallery.alignment.conftest import CONFIG, NARROW, SETTINGS


@pytest.fixture(autouse=True)
def narrow_location_encoder(monkeypatch):
    monkeypatch.setattr(location, "HIDDEN", NARROW)


@pytest.fixture
def other(tmp_path):
    """An alignment over another backbone and another space, as a published one is."""
    config = CONFIG.model_copy(
        update={"backbone": "another", "image_dimension": 7, "space": 512, "location_head": False}
    )
    save_alignment(tmp_path / "other", make_alignment(config, seed=99))
    return load_start(tmp_path / "other")


def train(planted, out, start, **changes):
    return Training(planted, None, CONFIG, SETTINGS.model_copy(update=changes), out, start)


def test_the_location_encoder_is_taken_over_and_the_rest_is_new(other):
    model = make_alignment(CONFIG, seed=5)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    begin(model, other)
    for name, tensor in model.state_dict().items():
        if name.startswith("location."):
            assert torch.equal(tensor, other.alignment.state_dict()[name])
        else:
            assert torch.equal(tensor, before[name])


def test_another_projection_is_refused_with_the_one_to_give(other):
    mercator = make_alignment(CONFIG.model_copy(update={"projection": "mercator"}), seed=0)
    with pytest.raises(WrongUse, match="give --projection equal-earth"):
        begin(mercator, other)


def test_other_scales_are_refused(other):
    with pytest.raises(WrongUse, match="scales"):
        begin(make_alignment(CONFIG.model_copy(update={"sigmas": (2.0,)}), seed=0), other)


def test_the_training_says_what_it_began_with(planted, tmp_path, other):
    train(planted, tmp_path / "out", other, epochs=1).run(lambda look: None)
    assert load_alignment(tmp_path / "out")[1].training["location_from"] == other.sha256


def test_a_training_cannot_go_on_from_another_beginning(planted, tmp_path, other):
    train(planted, tmp_path / "out", other, epochs=1).run(lambda look: None)
    with pytest.raises(WrongUse, match="location_from"):
        train(planted, tmp_path / "out", None, epochs=2).run(lambda look: None)
