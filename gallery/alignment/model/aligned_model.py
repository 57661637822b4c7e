"""The aligned model: small networks over a frozen backbone that align images, place texts and positions.

G3 (Jia et al., NeurIPS 2024), phase 1. Two spaces share the image: image↔text and image↔GPS, each with its own
adapter and its own temperature.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from sextant.gallery.alignment.model.config import AlignmentConfig, Part
from sextant.gallery.alignment.model.location import LOCATION_DIMENSION, LocationEncoder

LOGIT_SCALE_START = 3.99  # exp ≈ 54, as published


def make_adapter(dimension: int, out: int) -> nn.Sequential:
    """Make Linear–ReLU–Linear, hidden as wide as its input (G3's shape)."""
    return nn.Sequential(nn.Linear(dimension, dimension), nn.ReLU(), nn.Linear(dimension, out))


class Aligned(NamedTuple):
    """One batch in the shared spaces; rows are unit vectors, scales already exponentiated."""

    image_gps: Tensor
    position: Tensor
    gps_scale: Tensor
    image_text: Tensor | None
    text: Tensor | None
    text_scale: Tensor | None


class Alignment(nn.Module):
    """Adapters, location encoder and temperatures of one ``AlignmentConfig``."""

    def __init__(self, config: AlignmentConfig) -> None:
        super().__init__()
        self.config = config
        self.image_to_gps = make_adapter(config.image_dimension, config.space)
        self.location = LocationEncoder(config.projection, config.sigmas)
        self.location_head = make_adapter(LOCATION_DIMENSION, config.space) if config.location_head else nn.Identity()
        self.gps_scale = nn.Parameter(torch.tensor(LOGIT_SCALE_START))
        if config.text_dimension:
            self.image_to_text = make_adapter(config.image_dimension, config.space)
            self.text_to_text = make_adapter(config.text_dimension, config.space)
            self.text_scale = nn.Parameter(torch.tensor(LOGIT_SCALE_START))

    def forward(self, images: Tensor, positions: Tensor, texts: Tensor | None = None) -> Aligned:
        """Bring a batch together.

        Args:
            images: (n, image_dimension) backbone features, as ``config.features`` says.
            positions: (m, 2) latitude and longitude in degrees; m may exceed n by extra negatives.
            texts: (n, text_dimension) backbone features of the place texts, or None to leave text out.
        """
        with_text = texts is not None and self.config.text_dimension is not None
        return Aligned(
            image_gps=self.image_part(images, "gps"),
            position=self.positions(positions),
            gps_scale=self.gps_scale.exp(),
            image_text=self.image_part(images, "text") if with_text else None,
            text=normalize(self.text_to_text(texts), dim=-1) if with_text else None,
            text_scale=self.text_scale.exp() if with_text else None,
        )

    def image_part(self, images: Tensor, part: Part) -> Tensor:
        """Return (n, image_dimension) features → unit vectors of one part of the embedding."""
        if part == "image":
            return normalize(images, dim=-1)
        adapted = self.image_to_text(images) if part == "text" else self.image_to_gps(images)
        return normalize(adapted, dim=-1)

    def positions(self, positions: Tensor) -> Tensor:
        """Return (n, 2) degrees → (n, space) unit vectors."""
        return normalize(self.location_head(self.location(positions)), dim=-1)

    def embed(self, images: Tensor, parts: tuple[Part, ...]) -> Tensor:
        """Embed (n, image_dimension) features as (n, …) unit vectors: the parts side by side, equally weighted."""
        return torch.cat([self.image_part(images, part) for part in parts], dim=-1) / math.sqrt(len(parts))


def make_alignment(config: AlignmentConfig, seed: int) -> Alignment:
    """Make an untrained alignment; the same seed gives the same weights, and the caller's generator is not used."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Alignment(config)
