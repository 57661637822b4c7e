"""The location encoder: random Fourier features of positions at three scales, each with its own network.

Published as GeoCLIP (Vivanco et al. 2023) and used by G3. The features of a capsule are
cos and sin of 2πBv, B drawn once from a normal distribution of standard deviation sigma and never trained.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sextant.gallery.alignment.model.projection import PROJECTIONS, Projection

SIGMAS = (2.0**0, 2.0**4, 2.0**8)
FREQUENCIES = 256
HIDDEN = 1024
LOCATION_DIMENSION = 512


class FourierFeatures(nn.Module):
    """Positions on the map as waves of random direction and length.

    Always in float32 or finer: at sigma 256 a phase reaches thousands of radians, which half precision
    turns into noise.
    """

    frequencies: Tensor

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.randn(FREQUENCIES, 2) * sigma)

    def forward(self, coordinates: Tensor) -> Tensor:
        """Return (n, 2) map coordinates → (n, 512) cosines, then sines."""
        with torch.autocast(coordinates.device.type, enabled=False):
            phase = 2 * math.pi * coordinates @ self.frequencies.T
            return torch.cat((torch.cos(phase), torch.sin(phase)), dim=-1)


class Capsule(nn.Module):
    """One scale: features → 1024 → 1024 → 1024 → 512."""

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.features = FourierFeatures(sigma)
        self.layers = nn.Sequential(
            nn.Linear(2 * FREQUENCIES, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
        )
        self.head = nn.Linear(HIDDEN, LOCATION_DIMENSION)

    def forward(self, coordinates: Tensor) -> Tensor:
        encoded: Tensor = self.head(self.layers(self.features(coordinates)))
        return encoded


class LocationEncoder(nn.Module):
    """Positions in degrees → (n, 512): the sum of its capsules over one projection."""

    def __init__(self, projection: Projection, sigmas: Sequence[float] = SIGMAS) -> None:
        super().__init__()
        self.projection: Projection = projection
        self.capsules = nn.ModuleList(Capsule(sigma) for sigma in sigmas)

    def forward(self, positions: Tensor) -> Tensor:
        """Encode (n, 2) latitude and longitude in degrees; give float64, float32 degrees lose metres."""
        coordinates = PROJECTIONS[self.projection](positions).to(self.frequency_type)
        return torch.stack([capsule(coordinates) for capsule in self.capsules]).sum(0)

    @property
    def frequency_type(self) -> torch.dtype:
        return next(self.buffers()).dtype
