"""Find positions near the sea. The map's lakes count as land, the Caspian as sea."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.geo.borders import find_countries
from sextant.geo.sphere import find_destination

_BEARINGS = np.arange(0.0, 360.0, 22.5)
_RINGS = (0.25, 0.5, 0.75, 1.0)


def is_near_sea(positions: ArrayLike, within_km: float) -> NDArray[np.bool_]:
    """Return for each of (n, 2) positions in degrees whether the sea is within ``within_km`` of it.

    Looked for at 64 points round each position, on four rings: a bay narrower than their spacing (a tenth of the
    distance, near the position) can be missed. A position at sea is near it.
    """
    given = np.asarray(positions, dtype=float).reshape(-1, 2)
    around = [given] + [
        find_destination(given, np.full(len(given), bearing), np.full(len(given), ring * within_km))
        for ring in _RINGS
        for bearing in _BEARINGS
    ]
    at_sea = np.array([country is None for country in find_countries(np.concatenate(around))])
    return np.asarray(at_sea.reshape(len(around), len(given)).any(axis=0), dtype=bool)
