"""The strategies by name, behind one call."""

from collections.abc import Callable

from agent.verification.decision import UTILITIES, Optimise, Verdict
from agent.verification.density import density
from agent.verification.pool import Pool
from agent.verification.top1 import top1
from geo.errors import WrongUse

DEFAULT_STRATEGY = "density"
STRATEGIES: dict[str, Callable[[Pool, Optimise, float], Verdict]] = {"top1": top1, "density": density}


class UnknownStrategy(WrongUse):
    """A strategy or an aim of that name does not exist."""


def verify(
    pool: Pool,
    strategy: str = DEFAULT_STRATEGY,
    optimise: Optimise = "balanced",
    *,
    target_radius_km: float = 25.0,
) -> Verdict:
    """Weigh a pool and say where the photo was taken, how surely, and what speaks for another place.

    Args:
        pool: the candidates; empty is fine and gives a verdict without a place.
        strategy: a name of `STRATEGIES`.
        optimise: which radii the answer should be right at; see `UTILITIES`.
        target_radius_km: the radius agreement is asked for.

    Raises:
        UnknownStrategy: no strategy or aim of that name.
    """
    if strategy not in STRATEGIES:
        raise UnknownStrategy(f"no verification strategy {strategy!r}; there are {', '.join(STRATEGIES)}")
    if optimise not in UTILITIES:
        raise UnknownStrategy(f"no aim {optimise!r}; there are {', '.join(UTILITIES)}")
    return STRATEGIES[strategy](pool, optimise, target_radius_km)
