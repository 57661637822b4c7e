"""GeoCLIP's own weights and code against ours, if its package is installed; it is not a dependency."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from sextant.gallery.alignment.model.published import import_published

pytestmark = pytest.mark.skipif(
    find_spec("geoclip") is None,
    reason="needs the published weights: pip install --no-deps geoclip geopy geographiclib",
)


def test_its_location_encoder_gives_what_its_own_code_gives():
    from geoclip.model import location_encoder

    weights = Path(location_encoder.__file__).parent / "weights"
    rng = np.random.default_rng(0)
    latitudes = np.degrees(np.arcsin(rng.uniform(-1, 1, 500)))
    positions = torch.tensor(np.stack((latitudes, rng.uniform(-180, 180, 500)), axis=1))
    with torch.no_grad():
        theirs = normalize(location_encoder.LocationEncoder().eval()(positions.float()), dim=-1)
        ours = import_published(weights).positions(positions)
    assert torch.allclose(ours, theirs, atol=5e-4)  # phases of thousands of radians, in single precision there
