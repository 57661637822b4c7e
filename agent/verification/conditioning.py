"""Condition the posterior on where the photo can still be: p(x | allowed) = p(x) / P(allowed) there, else 0.

A point's probability lies in rings round it and grows with log r within a ring. Each ring is cut finer, and the share
of each fine ring that is allowed is counted on positions all round.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sextant.base.arrays import Floats
from sextant.base.scales import RADII_KM
from sextant.geo.caps import HALF_ROUND_KM
from sextant.geo.sphere import find_destination

Allows = Callable[[Floats], NDArray[np.bool_]]
"""Which of (n, 2) positions, latitude and longitude in degrees, are not ruled out."""

_FINER = 12  # rings made of one
_BEARINGS = 36
_INNER_KM = 0.1  # the first ring begins here: less than a doorstep


def condition_rings(
    positions: Floats, masses: Floats, edges_km: Floats, allows: Allows
) -> tuple[Floats, Floats, Floats]:
    """Condition the masses of rings round k points.

    Args:
        positions: (k, 2) degrees.
        masses: (k, rings).
        edges_km: (rings + 1,) of the rings.
        allows: which positions are possible.

    Returns:
        Masses (k, finer rings) as if each ring were allowed whole, those on allowed ground, which sum to 1, both
        divided by P(allowed); and the edges of the finer rings in km. Where nothing is allowed, both as they were.
    """
    rings = len(edges_km) - 1
    edges = np.exp(np.interp(np.arange(rings * _FINER + 1) / _FINER, np.arange(rings + 1), np.log(edges_km)))
    fine = np.repeat(masses / _FINER, _FINER, axis=1)
    kept = fine * np.stack([_share_allowed(place, edges, allows) for place in positions])
    whole = float(kept.sum())
    return (fine / whole, kept / whole, edges) if whole > 0 else (fine, fine, edges)


def condition_probabilities(position: Floats, probabilities: Floats, allows: Allows) -> Floats:
    """Condition P(the place lies within each of the five radii of a position), shape (5,), latitude first."""
    edges = np.array([_INNER_KM, *RADII_KM, HALF_ROUND_KM])
    masses = np.diff(probabilities, prepend=0.0, append=1.0)
    _, kept, _ = condition_rings(position[None], masses[None], edges, allows)
    return np.asarray(np.cumsum(kept[0].reshape(len(masses), _FINER).sum(1))[:-1]).clip(0.0, 1.0)


def _share_allowed(place: Floats, edges_km: Floats, allows: Allows) -> Floats:
    """Return the share, 0 to 1, of each ring round a place that is allowed."""
    middle_km = np.sqrt(edges_km[:-1] * edges_km[1:])
    bearings = np.arange(_BEARINGS) * 360.0 / _BEARINGS
    latitude, longitude = place.tolist()
    around = find_destination((latitude, longitude), np.tile(bearings, len(middle_km)), np.repeat(middle_km, _BEARINGS))
    return np.asarray(allows(np.asarray(around)).reshape(len(middle_km), _BEARINGS).mean(1))
