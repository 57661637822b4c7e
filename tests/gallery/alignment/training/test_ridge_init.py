"""The closed-form start against plain float64 linear algebra."""

import numpy as np
import pytest
import torch

from sextant.gallery.alignment.model import location
from sextant.gallery.alignment.model.aligned_model import make_alignment
from sextant.gallery.alignment.training import ridge_init as fitting
from sextant.gallery.alignment.training.batches import Texts
from sextant.gallery.alignment.training.ridge_init import KERNEL_KM, Targets, fit, solve_ridge, spread_over_globe
from sextant.geo.sphere import compute_great_circle_km
from tests.gallery.alignment.conftest import CONFIG, NARROW

ROWS = np.arange(120)


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setattr(location, "HIDDEN", NARROW)


def test_ridge_is_the_minimum_of_its_penalised_squares():
    rng = np.random.default_rng(0)
    x, y, strength = rng.normal(2, 1, (50, 6)), rng.normal(-1, 1, (50, 3)), 0.3
    penalty = strength * ((x - x.mean(0)) ** 2).sum() / 50
    # The same as ordinary least squares with one further row for each weight, and a column for the bias.
    design = np.block([[x, np.ones((50, 1))], [np.sqrt(penalty) * np.eye(6), np.zeros((6, 1))]])
    expected = np.linalg.lstsq(design, np.concatenate((y, np.zeros((6, 3)))), rcond=None)[0]
    weights, bias = solve_ridge(torch.tensor(x), torch.tensor(y), strength)
    np.testing.assert_allclose(weights.numpy(), expected[:6].T, atol=1e-10)
    np.testing.assert_allclose(bias.numpy(), expected[6], atol=1e-10)


def test_targets_are_as_alike_as_their_positions_are_near():
    places = [[48.86, 2.35], [51.5, -0.13], [-33.87, 151.21], [0, 179.9], [0, -179.9], [90, 0], [90, 120]]
    vectors = Targets(800)(torch.tensor(places, dtype=torch.float64)).numpy()
    distances = compute_great_circle_km(np.array(places)[:, None], np.array(places)[None])
    assert np.abs(vectors @ vectors.T - np.exp(-distances / KERNEL_KM)).max() < 0.2
    assert np.allclose(vectors[5], vectors[6])


def test_landmarks_spread_evenly_over_the_globe():
    points = spread_over_globe(1000).numpy()
    assert np.abs(points).max(0) == pytest.approx([90, 180], abs=3)
    distances = compute_great_circle_km(points[:, None], points[None]) + 1e9 * np.eye(1000)
    assert 500 < distances.min(0).min() <= distances.min(0).max() < 800


@pytest.mark.parametrize("projection", ["equal-earth", "mercator"])
def test_positions_come_to_be_alike_as_they_are_near(planted, projection):
    config = CONFIG.model_copy(update={"projection": projection, "space": 64, "sigmas": (1.0, 16.0)})
    model = make_alignment(config, 0)
    fit(model, planted, None, ROWS, seed=0, new_location=True)
    places = torch.from_numpy(planted.positions[120:])
    with torch.no_grad():
        cosines = model.positions(places) @ model.positions(places).T
    distances = compute_great_circle_km(planted.positions[120:, None], planted.positions[None, 120:])
    assert np.corrcoef(cosines.numpy().ravel(), np.exp(-distances / KERNEL_KM).ravel())[0, 1] > 0.9


def test_a_trained_location_encoder_is_left_as_it_is_and_the_first_layers_too(planted):
    model, fresh = make_alignment(CONFIG, 0), make_alignment(CONFIG, 0).state_dict()
    fit(model, planted, None, ROWS, seed=0, new_location=False)
    same = {name for name, tensor in model.state_dict().items() if torch.equal(tensor, fresh[name])}
    assert same >= {name for name in fresh if name.startswith(("location.", "image_to_gps.0"))}
    assert not same & {"image_to_gps.2.weight", "location_head.2.weight"}


def test_texts_begin_at_the_positions_of_the_photos_they_name(planted):
    config = CONFIG.model_copy(update={"text_dimension": 8})
    ids = np.arange(len(planted)) // 8
    ids[::5] = -1
    texts = Texts(np.random.default_rng(0).normal(size=(ids.max() + 1, 8)).astype(np.float16), ids)
    model, fresh = make_alignment(config, 0), make_alignment(config, 0).state_dict()
    fit(model, planted, texts, ROWS, seed=0, new_location=True)
    for name in ("image_to_text.2.weight", "text_to_text.2.weight"):
        assert torch.isfinite(model.state_dict()[name]).all()
        assert not torch.equal(model.state_dict()[name], fresh[name])


def test_of_very_many_rows_a_sample_is_fitted_always_the_same(planted, monkeypatch):
    monkeypatch.setattr(fitting, "MOST_ROWS", 60)
    sampled, again, whole = (make_alignment(CONFIG, 0) for _ in range(3))
    fit(sampled, planted, None, ROWS, seed=0, new_location=True)
    fit(again, planted, None, ROWS, seed=0, new_location=True)
    monkeypatch.setattr(fitting, "MOST_ROWS", 120)
    fit(whole, planted, None, ROWS, seed=0, new_location=True)
    weights = [model.image_to_gps[2].weight for model in (sampled, again, whole)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
