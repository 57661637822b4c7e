import math

import numpy as np
import pytest
import torch

from sextant.gallery.alignment.model.location import Capsule, FourierFeatures, LocationEncoder
from sextant.gallery.alignment.model.projection import PROJECTIONS, project_equal_earth


def by_hand(capsule: Capsule, coordinates: np.ndarray) -> np.ndarray:
    """The published formula in plain float64 numpy."""
    weights = {name: tensor.detach().double().numpy() for name, tensor in capsule.state_dict().items()}
    phase = 2 * math.pi * coordinates @ weights["features.frequencies"].T
    hidden = np.concatenate((np.cos(phase), np.sin(phase)), axis=1)
    for layer in (0, 2, 4):
        hidden = np.maximum(hidden @ weights[f"layers.{layer}.weight"].T + weights[f"layers.{layer}.bias"], 0)
    return hidden @ weights["head.weight"].T + weights["head.bias"]


def test_fourier_features_of_a_hand_computed_case():
    features = FourierFeatures(sigma=1.0)
    features.frequencies = torch.tensor([[1.0, 0.0], [0.0, 0.5]])
    # phases: 2π·0.25 = π/2 and 2π·0.5·0.5 = π/2 → cosines 0, 0, then sines 1, 1
    encoded = features(torch.tensor([[0.25, 0.5]]))
    np.testing.assert_allclose(encoded.numpy(), [[0.0, 0.0, 1.0, 1.0]], atol=1e-6)


@pytest.mark.parametrize("projection", ["equal-earth", "mercator"])
def test_the_encoder_is_the_sum_of_its_capsules_as_computed_by_hand(projection):
    torch.manual_seed(3)
    encoder = LocationEncoder(projection).double()
    positions = torch.tensor([[48.8584, 2.2945], [-33.8568, 151.2153], [0.0, 0.0]], dtype=torch.float64)
    coordinates = PROJECTIONS[projection](positions).numpy()
    expected = sum(by_hand(capsule, coordinates) for capsule in encoder.capsules)
    np.testing.assert_allclose(encoder(positions).detach().numpy(), expected, atol=1e-13)


def test_frequencies_spread_as_sigma_says_and_are_never_trained():
    torch.manual_seed(0)
    encoder = LocationEncoder("equal-earth")
    spreads = [float(capsule.features.frequencies.std()) for capsule in encoder.capsules]
    np.testing.assert_allclose(spreads, [1, 16, 256], rtol=0.15)
    assert not any("frequencies" in name for name, _ in encoder.named_parameters())


def test_the_phase_stays_exact_under_mixed_precision():
    features = FourierFeatures(sigma=256.0)
    coordinates = project_equal_earth(torch.tensor([[48.85, 2.29]], dtype=torch.float64)).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(features(coordinates), features(coordinates.clone()))
        mixed = features(coordinates)
    assert torch.equal(mixed, features(coordinates))


def test_two_streets_apart_are_told_apart():
    torch.manual_seed(0)
    encoder = LocationEncoder("equal-earth")
    near = torch.tensor([[48.8584, 2.2945], [48.8684, 2.2945]], dtype=torch.float64)
    a, b = encoder(near)
    assert float((a - b).detach().abs().max()) > 1e-3
