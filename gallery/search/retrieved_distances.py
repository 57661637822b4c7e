"""How far from a photo the photos lie that are found for it: G3's table of retrieved distances."""

import numpy as np
from numpy.typing import NDArray

from sextant.base.json_types import Json

COUNTS = (5, 10, 15)  # the paper's
STATISTICS = ("average", "median", "max", "min")


def summarise_retrieved(distances_km: NDArray[np.float64]) -> Json:
    """Summarise the distances of each photo's nearest photos, then average over the photos.

    Args:
        distances_km: (n, k) kilometres between a photo and the photos found for it, the most similar first.

    Returns:
        for each count of ``COUNTS``: the average, median, largest and smallest of the first COUNT distances of a
        photo, each averaged over the photos; None where fewer photos were found.
    """
    found: Json = {}
    for count in COUNTS:
        if not len(distances_km) or distances_km.shape[1] < count:
            found[str(count)] = None
            continue
        first = distances_km[:, :count]
        values = (first.mean(axis=1), np.median(first, axis=1), first.max(axis=1), first.min(axis=1))
        found[str(count)] = {
            name: round(float(value.mean()), 1) for name, value in zip(STATISTICS, values, strict=True)
        }
    return found
