"""The strategies by name, behind one call."""

from collections.abc import Callable
from dataclasses import replace

from shapely.geometry.base import BaseGeometry

from sextant.agent.verification.baselines.density import density
from sextant.agent.verification.baselines.random_draw import random_draw
from sextant.agent.verification.baselines.similarity import similarity
from sextant.agent.verification.baselines.top1 import top1
from sextant.agent.verification.calibrated import calibrated
from sextant.agent.verification.decision import UTILITIES, Verdict
from sextant.agent.verification.model_file import Model
from sextant.agent.verification.pool import Pool
from sextant.agent.verification.stopping_rule import CALL_COST
from sextant.base.errors import WrongUse
from sextant.base.settings import Optimise

DEFAULT_STRATEGY = "calibrated"
STRATEGIES: dict[str, Callable[[Pool, Optimise, float], Verdict]] = {
    "calibrated": calibrated,
    "density": density,
    "random": random_draw,
    "similarity": similarity,
    "top1": top1,
}


class UnknownStrategyError(WrongUse):
    """A strategy or an aim of that name does not exist."""


def verify(
    pool: Pool,
    strategy: str = DEFAULT_STRATEGY,
    optimise: Optimise = "balanced",
    *,
    target_radius_km: float = 25.0,
    model: Model | None = None,
    call_cost: float = CALL_COST,
    within: BaseGeometry | None = None,
) -> Verdict:
    """Weigh a pool and say where the photo was taken, how surely, and what speaks for another place.

    Args:
        pool: the candidates; empty is fine and gives a verdict without a place.
        strategy: a name of `STRATEGIES`.
        optimise: which radii the answer should be right at; see `UTILITIES`.
        target_radius_km: the radius agreement is asked for.
        model: the fitted model of `calibrated`; the shipped one when None.
        call_cost: for `calibrated`, the utility another call must be expected to add.
        within: where the photo can have been taken (x longitude, y latitude). `calibrated` conditions its posterior on
            it; regions of the others are cut by it. The candidates must lie there already.

    Raises:
        UnknownStrategyError: no strategy or aim of that name.
        ModelFileError: the shipped model cannot be read.
    """
    if strategy not in STRATEGIES:
        raise UnknownStrategyError(f"unknown verification strategy {strategy!r}; choose from: {', '.join(STRATEGIES)}")
    if optimise not in UTILITIES:
        raise UnknownStrategyError(f"unknown objective {optimise!r}; choose from: {', '.join(UTILITIES)}")
    if strategy == "calibrated":
        return calibrated(pool, optimise, target_radius_km, model, call_cost, within)
    verdict = STRATEGIES[strategy](pool.without_looked_up(), optimise, target_radius_km)
    return verdict if within is None else bound_regions(verdict, within)


def bound_regions(verdict: Verdict, within: BaseGeometry) -> Verdict:
    """Return a verdict whose regions end where the photo cannot have been taken."""
    regions = {name: getattr(verdict, name) for name in ("region_50", "region_90")}
    return replace(verdict, **{name: replace(one, within=within) for name, one in regions.items() if one is not None})
