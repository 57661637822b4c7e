"""Closed-form start: solve the adapters as a ridge regression of geography before the first step.

From random weights a contrastive training must first find out that photos near one another belong together; on a
few thousand photos it learns them by heart before. Here each photo's target is a vector Φ of its position with
⟨Φ(a), Φ(b)⟩ ≈ exp(−distance / ``KERNEL_KM``), so that near positions are alike to begin with. The first layer of
every adapter keeps its random weights; the last is the ridge regression of Φ on what the first one gives.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sextant.gallery.alignment.model.aligned_model import Alignment
from sextant.gallery.alignment.model.location import Capsule, LocationEncoder
from sextant.gallery.alignment.training.batches import Texts
from sextant.gallery.alignment.training.cache import Cache
from sextant.geo.sphere import EARTH_RADIUS_KM

KERNEL_KM = 2500.0  # reach of a position: about a country's neighbours
RIDGE = 0.3  # on the variance of all features of a layer together; a photo says little on where it was taken
RIDGE_LOCATION = 1e-5  # a position says all
MOST_ROWS = 100_000
GLOBE = 4_000  # positions over all the globe that the location encoder fits besides those of the photos
_CHUNK = 4096


@torch.no_grad()
def fit(
    model: Alignment, cache: Cache, texts: Texts | None, rows: NDArray[np.int64], seed: int, new_location: bool
) -> None:
    """Solve the last layer of every adapter of ``model``, which is on the CPU.

    Args:
        rows: the training rows; of more than ``MOST_ROWS`` a sample, drawn with ``seed``.
        new_location: the location encoder holds random weights: its finer scales, which would only add noise,
            start at zero. A trained one is left as it is.
    """
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng((seed, 3)).choice(rows, MOST_ROWS, replace=False))
    targets = Targets(model.config.space)
    positions = torch.from_numpy(cache.positions[rows])
    images = torch.from_numpy(np.asarray(cache.images[rows])).float()
    wanted = targets(positions)
    _solve_layer(model.image_to_gps, images, wanted, RIDGE)
    if texts is not None:
        _solve_layer(model.image_to_text, images, wanted, RIDGE)
        named = texts.ids[rows] >= 0
        read = torch.from_numpy(np.asarray(texts.features[texts.ids[rows][named]])).float()
        if named.any():
            _solve_layer(model.text_to_text, read, wanted[torch.from_numpy(named)], RIDGE)
    if new_location:
        _silence_fine_scales(model.location)
    everywhere = torch.cat((positions, spread_over_globe(GLOBE)))
    encoded = torch.cat([model.location(chunk) for chunk in _split_chunks(everywhere)])
    head = model.location_head
    assert isinstance(head, nn.Sequential), "a training has a location head"
    _standardise(_get_linear(head, 0), encoded)
    _solve_layer(head, encoded, targets(everywhere), RIDGE_LOCATION)


class Targets:
    """Φ: positions as vectors whose inner products fall off with distance (Nyström, over landmarks on the globe)."""

    def __init__(self, dimension: int) -> None:
        self.landmarks = spread_over_globe(dimension)
        kernel = _compute_kernel(self.landmarks, self.landmarks)
        self.root = torch.linalg.cholesky(kernel + 1e-9 * torch.eye(dimension, dtype=torch.float64))

    def __call__(self, positions: Tensor) -> Tensor:
        """Return (n, 2) degrees → (n, dimension), float64."""
        rows = [_compute_kernel(chunk, self.landmarks) for chunk in _split_chunks(positions)]
        targets: Tensor = torch.linalg.solve_triangular(self.root, torch.cat(rows).T, upper=False).T
        return targets


def spread_over_globe(count: int) -> Tensor:
    """(count, 2) degrees, evenly over the globe: a Fibonacci lattice."""
    i = torch.arange(count, dtype=torch.float64) + 0.5
    latitude = torch.rad2deg(torch.asin(1 - 2 * i / count))
    longitude = torch.remainder(180 * (1 + math.sqrt(5)) * i, 360) - 180
    return torch.stack((latitude, longitude), dim=1)


def solve_ridge(x: Tensor, y: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """Solve the ridge regression of y (n, m) on x (n, d) in float64: (m, d) weights and (m,) bias.

    Args:
        strength: of the penalty, in shares of the summed variance of x over n.
    """
    x, y = x.double(), y.double()
    x_mean, y_mean = x.mean(0), y.mean(0)
    centred = x - x_mean
    gram = centred.T @ centred
    penalty = strength * gram.trace() / len(x) + 1e-12
    weights = torch.linalg.solve(gram + penalty * torch.eye(len(gram), dtype=torch.float64), centred.T @ (y - y_mean))
    return weights.T, y_mean - x_mean @ weights


def _solve_layer(adapter: nn.Sequential, x: Tensor, wanted: Tensor, strength: float) -> None:
    first, last = _get_linear(adapter, 0), _get_linear(adapter, 2)
    weights, bias = solve_ridge(first(x).relu(), wanted, strength)
    last.weight.copy_(weights)
    last.bias.copy_(bias)


def _split_chunks(x: Tensor) -> tuple[Tensor, ...]:
    return torch.split(x, _CHUNK)


def _get_linear(adapter: nn.Sequential, i: int) -> nn.Linear:
    layer = adapter[i]
    assert isinstance(layer, nn.Linear)
    return layer


def _compute_kernel(a: Tensor, b: Tensor) -> Tensor:
    """Return (n, 2) and (m, 2) degrees → (n, m), 1 at distance 0."""
    chord = torch.cdist(_convert_to_sphere(a), _convert_to_sphere(b), compute_mode="donot_use_mm_for_euclid_dist")
    return torch.exp(-2 * EARTH_RADIUS_KM * torch.asin((chord / 2).clamp(max=1)) / KERNEL_KM)


def _convert_to_sphere(positions: Tensor) -> Tensor:
    latitude, longitude = torch.deg2rad(positions.double()).T
    return torch.stack((latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()), dim=1)


def _silence_fine_scales(location: LocationEncoder) -> None:
    """Return the silence all capsules but the first until training changes their heads."""
    for capsule in list(location.capsules)[1:]:
        assert isinstance(capsule, Capsule)
        nn.init.zeros_(capsule.head.weight)
        nn.init.zeros_(capsule.head.bias)


def _standardise(layer: nn.Linear, x: Tensor) -> None:
    """Let a random layer see x (n, d) as if its mean were 0 and its spread 1; a new encoder's varies by thousandths."""
    mean, spread_of_x = x.mean(0), (x - x.mean(0)).std()
    layer.weight.div_(spread_of_x.clamp(min=1e-6))
    layer.bias.sub_(layer.weight @ mean)
