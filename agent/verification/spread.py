"""Where the place may lie, as nested unions of circles: the posterior behind the regions.

The scorer's mixture says how likely the place lies in each ring round each point; within a ring the probability
grows with log r, so density falls outwards. All positions where some point's density exceeds a level form circles;
lowering the level grows them together. What a level holds is the mixture's own estimate; conformal calibration
(Romano, Sesia, Candès 2020, adaptive prediction sets) says which estimate truly holds 50 % and 90 %.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.conditioning import Allows, condition_rings
from sextant.base.arrays import Floats
from sextant.geo.caps import HALF_ROUND_KM
from sextant.geo.sphere import compute_great_circle_km

RINGS_KM = np.array([0.1, 1.0, 25.0, 200.0, 750.0, 2500.0, HALF_ROUND_KM])
_LEADERS = 16  # heaviest points that get circles
_SAME_KM = 2.0  # nearer points are one
_LEVELS = np.exp(np.linspace(np.log(10.0), np.log(1e-12), 160))  # probability per km², from a doorstep to the globe


@dataclass(frozen=True)
class Spread:
    """Leading points, heaviest first, with their circles at every level, and what each level is estimated to hold.

    `positions` (k, 2) degrees; `masses` (k, rings) by ring; `radii_km` (levels, k), 0 where a point has no circle yet;
    `held` (levels,) rising; `log_edges` (rings + 1,) of the rings' edges in km.
    """

    positions: Floats
    masses: Floats
    radii_km: Floats
    held: Floats
    log_edges: Floats

    def caps(self, share: float) -> list[tuple[float, float, float]]:
        """Return circles (latitude, longitude, radius_km) of the last level that holds at most `share`, heaviest first.

        So a position lies in them if and only if `held_at` gives it at most `share`; there is always one circle at
        least. Circles that lie wholly in another are left out.
        """
        first = int(np.argmax((self.radii_km > 0).any(1)))
        level = max(int(np.searchsorted(self.held, share, side="right")) - 1, first)
        radii = self.radii_km[level]
        inside = (self._between_km + radii[:, None] <= radii[None] + 1e-9) & (radii[None] > 0)
        np.fill_diagonal(inside, False)
        earlier = np.tril(np.ones_like(inside), -1)
        swallowed = (inside & (~inside.T | earlier)).any(1)
        kept = np.flatnonzero((radii > 0) & ~swallowed)
        holds = _mass_within(self.masses, radii[None], self.log_edges)[0][kept]
        kept = kept[np.argsort(-holds, kind="stable")]
        places = self.positions.tolist()
        return [(places[row][0], places[row][1], float(radii[row])) for row in kept.tolist()]

    @cached_property
    def _between_km(self) -> Floats:
        return compute_great_circle_km(self.positions[:, None], self.positions[None])

    def held_at(self, latitude: float, longitude: float) -> float:
        """Return the estimated mass of the first level that contains a position: the conformal score of the truth."""
        away = compute_great_circle_km(self.positions, (latitude, longitude))
        reached = ((away[None] <= self.radii_km) & (self.radii_km > 0)).any(1)
        return float(self.held[int(np.argmax(reached))]) if reached.any() else 1.0


def spread_of(
    positions: Floats, mixture: Floats, apart_km: Floats | None = None, allows: Allows | None = None
) -> Spread:
    """Return the spread of a pool's points.

    Args:
        positions: (m, 2) degrees, m >= 1.
        mixture: (m, 6) probability of each ring round each point, summing to 1.
        apart_km: (m, m) among the points, where known.
        allows: which of (n, 2) positions are still possible; None for all.
    """
    if apart_km is None:
        apart_km = compute_great_circle_km(positions[:, None], positions[None])
    leaders, masses = _merged(apart_km, mixture)
    kept, edges_km = masses, RINGS_KM
    if allows is not None:
        masses, kept, edges_km = condition_rings(positions[leaders], masses, RINGS_KM, allows)
    edges = np.log(edges_km)
    radii = _radii(masses, edges_km, np.diff(edges))
    # Strictly rising, so that a level and what it holds are one to one.
    held = np.maximum.accumulate(_mass_within(kept, radii, edges).sum(1)) + 1e-9 * np.arange(len(_LEVELS))
    return Spread(positions[leaders], kept, radii, held, edges)


def _merged(apart_km: Floats, mixture: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return the heaviest points, each with the mass of those beside it."""
    left = np.argsort(-mixture.sum(1), kind="stable")
    leaders: list[int] = []
    masses: list[Floats] = []
    while len(left) and len(leaders) < _LEADERS:
        beside = apart_km[left[0], left] <= _SAME_KM
        leaders.append(int(left[0]))
        masses.append(mixture[left[beside]].sum(0))
        left = left[~beside]
    return np.array(leaders, dtype=np.intp), np.array(masses)


def _radii(masses: Floats, edges_km: Floats, widths: Floats) -> Floats:
    """Return how far each point's density exceeds each level: (levels, points); `widths` are the rings' Δlog r.

    In a ring of mass p over Δlog r the density at r is p / (Δlog r · 2πr²); the last ring that reaches a level counts.
    """
    slope = masses / widths
    reach = np.sqrt(slope[None] / (2 * np.pi * _LEVELS[:, None, None]))  # where the ring's density meets the level
    inner, outer = edges_km[:-1], edges_km[1:]
    return np.asarray(np.where(reach >= inner, np.minimum(reach, outer), 0.0).max(-1))


def _mass_within(masses: Floats, radii_km: Floats, log_edges: Floats) -> Floats:
    """Return what circles (levels, points) hold of their own point's mass: linear in log r between the rings' edges."""
    logs = np.log(np.clip(radii_km, RINGS_KM[0], RINGS_KM[-1]))[..., None]
    share = np.clip((logs - log_edges[:-1]) / np.diff(log_edges), 0.0, 1.0)
    return np.asarray((share * masses).sum(-1))
