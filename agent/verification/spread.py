"""Where the place may lie, as nested unions of circles: the posterior behind the regions.

Each leading point has P(within r) at five radii, which is a radial density falling outwards: within a ring the
probability grows with log r. All positions whose density exceeds a level form circles round the leading points;
lowering the level grows them together. What a level holds is estimated from the same P, and conformal calibration
(Romano, Sesia, Candès 2020, adaptive prediction sets) says which estimate truly holds 50 % and 90 %.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.caps import HALF_ROUND_KM
from geo.sphere import great_circle_km

Floats = NDArray[np.float64]

RINGS_KM = np.array([0.1, 1.0, 25.0, 200.0, 750.0, 2500.0, HALF_ROUND_KM])
_LOG_RINGS = np.log(RINGS_KM)
_LEADERS = 12
_APART_KM = 25.0  # nearer points are one camp
_LEVELS = np.exp(np.linspace(np.log(10.0), np.log(1e-12), 160))  # probability per km², from a doorstep to the globe


@dataclass(frozen=True)
class Spread:
    """Leading points, best first, with their circles at every level, and what each level is estimated to hold.

    `positions` (k, 2) degrees; `radii_km` (levels, k), 0 where a point has no circle yet; `held` (levels,) rising.
    """

    positions: Floats
    cumulative: Floats
    radii_km: Floats
    held: Floats

    def caps(self, share: float) -> list[tuple[float, float, float]]:
        """Circles (latitude, longitude, radius_km) of the first level estimated to hold `share`, largest share first.

        Circles that lie wholly in another are left out. A share that no level reaches gives the whole globe.
        """
        level = int(np.searchsorted(self.held, share))
        if level >= len(self.held):
            return [(float(self.positions[0][0]), float(self.positions[0][1]), HALF_ROUND_KM)]
        radii = self.radii_km[level]
        between = great_circle_km(self.positions[:, None], self.positions[None])
        inside = (between + radii[:, None] <= radii[None] + 1e-9) & (radii[None] > 0)
        np.fill_diagonal(inside, False)
        earlier = np.tril(np.ones_like(inside), -1)
        swallowed = (inside & (~inside.T | earlier)).any(1)
        kept = np.flatnonzero((radii > 0) & ~swallowed)
        shares = mass_within(self.cumulative[kept], radii[kept])
        kept = kept[np.argsort(-shares, kind="stable")]
        places = self.positions.tolist()
        return [(places[row][0], places[row][1], float(radii[row])) for row in kept.tolist()]

    def held_at(self, latitude: float, longitude: float) -> float:
        """What the first level that contains a position is estimated to hold: the conformal score of a true place."""
        away = great_circle_km(self.positions, (latitude, longitude))
        reached = (away[None] <= self.radii_km).any(1)
        return float(self.held[int(np.argmax(reached))]) if reached.any() else 1.0


def spread_of(positions: Floats, probabilities: Floats, utility: Floats) -> Spread:
    """The spread of a pool's points.

    Args:
        positions: (m, 2) degrees, m >= 1.
        probabilities: (m, 5) calibrated P(within r), not falling with r.
        utility: (m,) what a point is worth as an answer; leaders are taken in this order.
    """
    chosen = _leaders(positions, utility)
    cumulative = np.column_stack(
        [np.zeros(len(chosen)), probabilities[chosen], np.ones(len(chosen))]
    )  # P at the rings' edges
    radii = _radii(cumulative)
    return Spread(positions[chosen], cumulative, radii, _held(positions[chosen], cumulative, radii))


def mass_within(cumulative: Floats, radii_km: Floats) -> Floats:
    """P(within a radius) of each point, (k,) from (k, 7) and (k,): linear in log r between the rings' edges."""
    logs = np.log(np.clip(radii_km, RINGS_KM[0], RINGS_KM[-1]))
    return np.array([np.interp(log, _LOG_RINGS, row) for log, row in zip(logs, cumulative, strict=True)])


def _leaders(positions: Floats, utility: Floats) -> NDArray[np.intp]:
    left = np.argsort(-utility, kind="stable")
    chosen: list[int] = []
    while len(left) and len(chosen) < _LEADERS:
        chosen.append(int(left[0]))
        left = left[great_circle_km(positions[left], positions[left[0]]) > _APART_KM]
    return np.array(chosen, dtype=np.intp)


def _radii(cumulative: Floats) -> Floats:
    """How far each point's density exceeds each level: (levels, points).

    In a ring with ΔP over Δlog r the density at r is ΔP / (Δlog r · 2πr²); the last ring that reaches a level counts.
    """
    slope = np.diff(cumulative, axis=1) / np.diff(_LOG_RINGS)  # (k, 6)
    reach = np.sqrt(slope[None] / (2 * np.pi * _LEVELS[:, None, None]))  # where the ring's density meets the level
    inner, outer = RINGS_KM[:-1], RINGS_KM[1:]
    return np.asarray(np.where(reach >= inner, np.minimum(reach, outer), 0.0).max(-1))


def _held(positions: Floats, cumulative: Floats, radii: Floats) -> Floats:
    """What each level holds: circles in the leaders' order, each counted unless it touches one counted before."""
    between = great_circle_km(positions[:, None], positions[None])
    logs = np.log(np.clip(radii, RINGS_KM[0], None))
    mass = np.stack([np.interp(logs[:, k], _LOG_RINGS, cumulative[k]) for k in range(len(positions))], 1)
    mass = np.where(radii > 0, mass, 0.0)
    touching = (between[None] < radii[:, :, None] + radii[:, None, :]) & (radii[:, :, None] > 0) & (radii[:, None] > 0)
    counted = np.zeros(mass.shape, dtype=bool)
    for k in range(len(positions)):
        counted[:, k] = (radii[:, k] > 0) & ~(touching[:, k, :k] & counted[:, :k]).any(1)
    alone = np.where(counted, mass, 0.0).sum(1)
    return np.maximum.accumulate(np.minimum(np.maximum(alone, mass.max(1)), 1.0))
