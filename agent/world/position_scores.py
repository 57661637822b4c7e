"""Position scores of a photo by a geo-aligned encoder: heat map peaks and cosines with places."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.gallery.encoders.spec import Encoder

if TYPE_CHECKING:
    from sextant.gallery.alignment.model.encoder import AlignedEncoder


def as_aligned(encoder: Encoder) -> "AlignedEncoder | None":
    """Return the alignment that compares photos with positions; None when the encoder is not geo-aligned.

    It is the encoder itself, or the whole alignment where the encoder is a part without positions.
    """
    if not encoder.spec.startswith("aligned:"):
        return None
    from sextant.gallery.alignment.model.encoder import AlignedEncoder

    if not isinstance(encoder, AlignedEncoder):
        return None
    return encoder if "gps" in encoder.parts else encoder.whole


def find_heatmap_peaks(aligned: "AlignedEncoder", vector: NDArray[np.float32]) -> list[Json]:
    """Find the places that fit the photo best, best first.

    Args:
        vector: (dimension,) the photo's embedding by this alignment.
    """
    from sextant.gallery.alignment.heatmap.grid import compute_heat_map

    return [
        {
            "latitude": round(peak.latitude, 6),
            "longitude": round(peak.longitude, 6),
            "score": round(peak.score, 4),
            "probability": round(peak.probability, 4),
        }
        for peak in compute_heat_map(aligned, vector).peaks
    ]


def score_positions(
    aligned: "AlignedEncoder", vector: NDArray[np.float32], positions: Sequence[Sequence[float]]
) -> list[float]:
    """Compute the cosine of the photo with each place (latitude, longitude), rounded to six digits."""
    from sextant.gallery.alignment.heatmap.score import compute_position_scores

    scores = compute_position_scores(aligned, vector, np.asarray(positions, dtype=float))
    return [round(float(score), 6) for score in scores]


def write_photo_heatmap(aligned: "AlignedEncoder", vector: NDArray[np.float32], path: Path) -> None:
    """Write the photo's heat map as a picture or as GeoJSON, depending on the file's suffix.

    Raises:
        WrongUse: the suffix is unknown.
    """
    from sextant.gallery.alignment.heatmap.files import write_heatmap
    from sextant.gallery.alignment.heatmap.grid import compute_heat_map

    write_heatmap(path, compute_heat_map(aligned, vector))


def require_aligned(encoder: Encoder) -> "AlignedEncoder":
    """Return the encoder as a geo-aligned one.

    Raises:
        WrongUse: it is not geo-aligned.
    """
    aligned = as_aligned(encoder)
    if aligned is None:
        raise WrongUse(
            f"encoder {encoder.spec!r} cannot compare a photo with a place; build the gallery with an aligned: encoder "
            "(see: sextant align train --help)"
        )
    return aligned
