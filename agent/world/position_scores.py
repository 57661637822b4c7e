"""What an encoder with a sense of places says of a photo; other encoders say nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sextant.agent.state import Json
from sextant.base.errors import WrongUse
from sextant.gallery.encoders.spec import Encoder

if TYPE_CHECKING:
    from sextant.gallery.alignment.model.encoder import AlignedEncoder


def as_aligned(encoder: Encoder) -> "AlignedEncoder | None":
    """The encoder, when it is a geo-aligned one whose vectors hold the part that compares with positions."""
    if not encoder.spec.startswith("aligned:"):
        return None
    from sextant.gallery.alignment.model.encoder import AlignedEncoder

    return encoder if isinstance(encoder, AlignedEncoder) and "gps" in encoder.parts else None


def find_heatmap_peaks(encoder: Encoder, vector: NDArray[np.float32]) -> list[Json] | None:
    """The places the photo fits best, the best first; None where the encoder knows nothing of places.

    Args:
        vector: (dimension,) the photo's embedding by this encoder.
    """
    aligned = as_aligned(encoder)
    if aligned is None:
        return None
    from sextant.gallery.alignment.heatmap.grid import heat_map

    return [
        {
            "latitude": round(peak.latitude, 6),
            "longitude": round(peak.longitude, 6),
            "score": round(peak.score, 4),
            "probability": round(peak.probability, 4),
        }
        for peak in heat_map(aligned, vector).peaks
    ]


def score_positions(encoder: Encoder, vector: NDArray[np.float32], positions: Sequence[Sequence[float]]) -> list[float]:
    """The cosine of the photo with each place (latitude, longitude), rounded to six digits.

    Raises:
        WrongUse: the encoder knows nothing of places.
    """
    from sextant.gallery.alignment.heatmap.score import position_scores

    scores = position_scores(require_aligned(encoder), vector, np.asarray(positions, dtype=float))
    return [round(float(score), 6) for score in scores]


def write_photo_heatmap(encoder: Encoder, vector: NDArray[np.float32], path: Path) -> None:
    """Write the photo's heat map, as a picture or as GeoJSON by the file's ending.

    Raises:
        WrongUse: the encoder knows nothing of places, or the ending says no format.
    """
    from sextant.gallery.alignment.heatmap.files import write_heatmap
    from sextant.gallery.alignment.heatmap.grid import heat_map

    write_heatmap(path, heat_map(require_aligned(encoder), vector))


def require_aligned(encoder: Encoder) -> "AlignedEncoder":
    """The encoder, which is to compare photos with places.

    Raises:
        WrongUse: it cannot.
    """
    aligned = as_aligned(encoder)
    if aligned is None:
        raise WrongUse(
            f"encoder {encoder.spec!r} cannot compare a photo with a place; build the gallery with an aligned: encoder "
            "(sextant align train)"
        )
    return aligned
