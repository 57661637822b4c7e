"""Score positions for a photo: the cosine in the image↔GPS space (G3's geo-verification)."""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.measure import encode_positions
from sextant.gallery.alignment.model.encoder import AlignedEncoder


def compute_position_scores(
    aligned: AlignedEncoder, image_embedding: ArrayLike, positions: ArrayLike
) -> NDArray[np.float64]:
    """Score positions for one photo.

    Args:
        aligned: the encoder the photo was embedded with.
        image_embedding: (dimension,) as ``aligned.encode([image])[0]`` gives it.
        positions: (n, 2) latitude and longitude in degrees.

    Returns:
        (n,) cosines in [-1, 1]; the position with the highest goes best with the photo.

    Raises:
        WrongUse: an embedding of another encoder or without a GPS part, or a position out of range.
    """
    encoded = encode_positions(aligned.alignment, check_positions(positions))
    return score_encoded(aligned, image_embedding, encoded)


def score_encoded(aligned: AlignedEncoder, image_embedding: ArrayLike, encoded: Tensor) -> NDArray[np.float64]:
    """Score encoded positions: (n, space) unit vectors to (n,) cosines."""
    image = aligned.gps_part(np.asarray(image_embedding, dtype=np.float32))
    cosines = encoded @ torch.from_numpy(np.ascontiguousarray(image)).to(encoded.device)
    return np.asarray(cosines.double().clamp(-1, 1).cpu().numpy(), dtype=np.float64)


def check_positions(positions: ArrayLike) -> NDArray[np.float64]:
    """Return (n, 2) positions, every one on the globe.

    Raises:
        WrongUse: one that is not, named with its row.
    """
    checked = np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    fine = (np.abs(checked) <= (90.0, 180.0)).all(axis=1)
    if not fine.all():
        row = int(np.argmin(fine))
        latitude, longitude = checked[row].tolist()
        raise WrongUse(
            f"position {row} ({latitude!r}, {longitude!r}) is not on the globe; give latitude, longitude in degrees"
        )
    return checked
