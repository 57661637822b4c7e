"""Cluster positions on the globe."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.base.arrays import Floats
from sextant.base.errors import WrongUse
from sextant.geo.sphere import EARTH_RADIUS_KM, convert_to_vectors

# Cosines of equal positions differ in the last bits; this is 0.3 m.
_ROUNDING = 1e-15


def cluster(positions: ArrayLike, radius_km: float, weights: ArrayLike | None = None) -> NDArray[np.intp]:
    """Return labels of positions by leaders: groups no wider than a circle of the radius round one of their own.

    The rule: the position with the most free weight within ``radius_km`` leads, and takes all free
    positions within; again, until none is free. Of equal leaders the more southern, then western, one
    wins, so that the order of the positions does not matter.

    Args:
        positions: (n, 2) degrees.
        radius_km: great-circle distance to the leader, inclusive, not negative.
        weights: (n,) not negative; all 1 when absent.

    Returns:
        (n,) labels from 0, in falling order of their weight.

    Raises:
        WrongUse: a negative radius, or weights that do not go with the positions.
    """
    points = np.asarray(positions, dtype=float).reshape(-1, 2)
    shares = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=float)
    if not radius_km >= 0:
        raise WrongUse(f"cluster radius {radius_km!r} is not a distance; give kilometres from 0 up")
    if shares.shape != (len(points),) or not (shares >= 0).all():
        raise WrongUse(f"{shares.shape} weights for {len(points)} positions; give one non-negative weight per position")
    order = np.lexsort((shares, points[:, 1], points[:, 0]))
    labels = np.empty(len(points), dtype=np.intp)
    labels[order] = _cluster_by_leaders(points[order], radius_km, shares[order])
    return labels


def _cluster_by_leaders(points: Floats, radius_km: float, shares: Floats) -> NDArray[np.intp]:
    vectors = convert_to_vectors(points)
    # An angle of more than 180 degrees reaches everything.
    together = vectors @ vectors.T >= np.cos(min(radius_km / EARTH_RADIUS_KM, np.pi)) - _ROUNDING
    labels = np.full(len(points), -1, dtype=np.intp)
    alone = np.flatnonzero(together.sum(axis=1) <= 1)
    labels[alone] = alone
    free = labels < 0
    while free.any():
        held = np.where(free, together @ np.where(free, shares, 0.0), -1.0)
        leader = int(np.argmax(held))
        taken = together[leader] & free
        taken[leader] = True
        labels[taken] = leader
        free &= ~taken
    leaders = np.unique(labels)
    mass = np.bincount(labels, weights=shares, minlength=len(points))[leaders]
    rank = np.empty(len(points), dtype=np.intp)
    rank[leaders[np.argsort(-mass, kind="stable")]] = np.arange(len(leaders))
    return rank[labels]
