"""When to stop asking: enough probability at the radius that matters, or no call worth its price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sextant.agent.verification.decision import RADII_KM
from sextant.base.arrays import Floats

ENOUGH_AT_TARGET = 0.75  # P(within the target radius) that ends a run
PLATEAU_KM, ENOUGH_AT_PLATEAU = 200.0, 0.95  # or this much at region scale: more calls then only move the street
UNANIMOUS = 3  # answers that all agree end a run by agreement, however little each proves
CALL_COST = 0.0042  # utility (mean of the five P) a call must be expected to add; see the curve in docs/verification.md


@dataclass(frozen=True)
class Gain:
    """Expected gain in utility from one more call: a share `rate` of what is missing at region scale.

    Calls help most where the answer is probably wrong: a sure answer has nothing to win, and one that is even odds
    less than one that is lost.
    """

    rate: float

    def __call__(self, probabilities: Floats) -> float:
        return self.rate * missing(probabilities)

    def to_json(self) -> dict[str, Any]:
        return {"rate": round(self.rate, 5)}


def missing(probabilities: Floats) -> float:
    """Return the probability that the place lies outside the region of the answer."""
    return 1.0 - float(probabilities[RADII_KM.index(PLATEAU_KM)])


def gain_of(plain: dict[str, Any]) -> Gain:
    """Return the gain of a model file.

    Raises:
        KeyError, ValueError: it is missing or no number.
    """
    return Gain(float(plain["rate"]))


@dataclass(frozen=True)
class Stop:
    """Whether the run is settled, what another call would be expected to add, and why."""

    agreement: bool
    unanimous: bool
    expected_gain: float
    reasons: tuple[str, ...]


def stopping(
    probabilities: Floats,
    agreeing: int,
    answered: bool,
    target_radius_km: float,
    gain: Gain,
    cost: float = CALL_COST,
) -> Stop:
    """Settle when the answer is sure enough, when all answers agree, or when asking on is too dear.

    Args:
        probabilities: (5,) calibrated P(within r) of the answer.
        agreeing: number of answers near the answer, 0 where one lies elsewhere.
        answered: whether any model answered; before the first answer, asking is always worth it.
        target_radius_km: one of the five radii; another takes the next larger.
        cost: utility one call must be expected to add.
    """
    radius = min((r for r in RADII_KM if r >= target_radius_km), default=RADII_KM[-1])
    at_target = float(probabilities[RADII_KM.index(radius)])
    at_plateau = float(probabilities[RADII_KM.index(PLATEAU_KM)])
    expected = gain(probabilities)
    reasons = [f"{at_target:.0%} sure within {radius:g} km"]
    if at_target < ENOUGH_AT_TARGET and at_plateau >= ENOUGH_AT_PLATEAU:
        reasons.append(f"{at_plateau:.0%} sure within {PLATEAU_KM:g} km")
    all_agree = agreeing >= UNANIMOUS
    if all_agree:
        reasons.append(f"all {agreeing} answers agree within {radius:g} km")
    elif answered and expected < cost:
        reasons.append(f"another call is expected to add {expected:.3f}, below its cost of {cost:g}")
    settled = settled_at(probabilities.tolist(), expected if answered else float("inf"), cost, radius)
    return Stop(settled or all_agree, all_agree, round(expected, 6), tuple(reasons))


def sure_enough(probability: Mapping[str, float | None]) -> bool:
    """Return whether P at the city or at the region radius is by itself enough to stop; keys are kilometres."""
    city, wide = probability.get("25") or 0.0, probability.get("200") or 0.0
    return city >= ENOUGH_AT_TARGET or wide >= ENOUGH_AT_PLATEAU


def settled_at(probabilities: Sequence[float], expected: float, cost: float, target_radius_km: float = 25.0) -> bool:
    """Return whether P(within r) of the answer, or the expected gain against its cost, ends the run."""
    enough = probabilities[RADII_KM.index(target_radius_km)] >= ENOUGH_AT_TARGET
    plateau = probabilities[RADII_KM.index(PLATEAU_KM)] >= ENOUGH_AT_PLATEAU
    return bool(enough or plateau or expected < cost)
