import numpy as np
import pyproj
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sextant.gallery.alignment.model.projection import (
    MERCATOR_LIMIT_DEGREES,
    PROJECTIONS,
    project_equal_earth,
    project_mercator,
)

WORLD = [(0.0, 0.0), (48.8584, 2.2945), (-33.8568, 151.2153), (64.1466, -21.9426), (-54.8, -68.3), (1.35, 179.99)]


def test_equal_earth_meets_the_authors_values():
    # Its x at the equator is 2√3 λ / (3 A1), its y at the pole the polynomial at θ = π/3.
    x, _ = project_equal_earth(torch.tensor([0.0, 180.0], dtype=torch.float64)) * 180 / 66.50336
    _, y = project_equal_earth(torch.tensor([90.0, 0.0], dtype=torch.float64)) * 180 / 66.50336
    assert float(x) == pytest.approx(2.7066299836)
    assert float(y) == pytest.approx(1.3173627591)


def test_equal_earth_agrees_with_pyproj_on_the_sphere():
    positions = torch.tensor(WORLD, dtype=torch.float64)
    projection = pyproj.Proj("+proj=eqearth +R=1")
    x, y = projection(positions[:, 1].numpy(), positions[:, 0].numpy())
    expected = np.stack((x, y), axis=-1) * 66.50336 / 180
    np.testing.assert_allclose(project_equal_earth(positions).numpy(), expected, atol=1e-7)


def test_mercator_agrees_with_pyproj_and_puts_y_first():
    positions = torch.tensor(WORLD, dtype=torch.float64)
    transformer = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    x, y = transformer.transform(positions[:, 1].numpy(), positions[:, 0].numpy())
    expected = np.stack((y, x), axis=-1) / 20037508.3427892
    np.testing.assert_allclose(project_mercator(positions).numpy(), expected, atol=1e-12)


def test_mercator_stops_at_its_limit_instead_of_infinity():
    poles = project_mercator(torch.tensor([[90.0, 10.0], [-90.0, 10.0], [89.0, 10.0]], dtype=torch.float64))
    assert abs(MERCATOR_LIMIT_DEGREES - 85.0511287798) < 1e-9
    np.testing.assert_allclose(poles[:, 0].numpy(), [1.0, -1.0, 1.0], atol=1e-12)


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from(sorted(PROJECTIONS)))
def test_every_position_lands_near_the_unit_square(latitude, longitude, name):
    coordinates = PROJECTIONS[name](torch.tensor([latitude, longitude], dtype=torch.float64))
    assert torch.isfinite(coordinates).all()
    assert float(coordinates.abs().max()) <= 1 + 1e-6


def test_the_two_projections_do_not_agree_anywhere_off_the_origin():
    positions = torch.tensor(WORLD[1:], dtype=torch.float64)
    assert ((project_equal_earth(positions) - project_mercator(positions)).abs().amax(dim=-1) > 0.01).all()
