"""Train the scorer's networks: torch on the CPU, seeded, single-threaded, reproducible to the byte."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.scoring.scorer import CLIP, OUTPUTS, Scorer
from sextant.agent.verification.spread import RINGS_KM
from sextant.base.arrays import Floats
from sextant.base.packages import require_package

# Chosen by cross-fitting on the development data; docs/verification.md says what else was tried.
HIDDEN = 32
DROPOUT, INPUT_DROPOUT = 0.3, 0.05
EPOCHS, BATCH_POOLS = 40, 64
LEARNING_RATE, WEIGHT_DECAY = 3e-3, 1e-2
MIXTURE_SHARE = 0.1  # of the mixture's log density in the loss
_CONSTANT = 1e-6  # a feature that varied by less in the fit is left out: it must not speak later


@dataclass(frozen=True)
class TrainingPool:
    """One pool to learn from: its feature table, how far each point lies from the true place (km), its weight."""

    table: Floats
    distance_km: Floats
    weight: float


def train_scorer(
    examples: Sequence[TrainingPool], names: Sequence[str], members: int, seed: int = 0, without: Sequence[str] = ()
) -> Scorer:
    """Return an ensemble of `members` networks that differ in their seed, without the feature groups `without`.

    A feature that never varied is left out.

    Three things are learned at once: P(within r) of every point (cross-entropy), a preference among the points of a
    pool whose softmax maximises the expected utility of the choice, and a mixture of rings round the points whose
    density at the true place is maximised.
    """
    require_package("torch", "fitting a verification model", "st")
    import torch

    table = np.concatenate([example.table for example in examples])
    varied = table.std(0) >= _CONSTANT
    kept = np.flatnonzero(varied & ~np.isin([name.split(".")[0] for name in names], list(without)))
    table = table[:, kept]
    mean, deviation = table.mean(0), table.std(0) + _CONSTANT
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        batchable = _Packed(torch, examples, np.clip((table - mean) / deviation, -CLIP, CLIP))
        layers = [_train_one(torch, batchable, seed + member) for member in range(members)]
    finally:
        torch.set_num_threads(threads)
    stacked = [np.stack(part) for part in zip(*layers, strict=True)]
    return Scorer(tuple(names[column] for column in kept.tolist()), mean[None], deviation[None], *stacked)


class _Packed:
    """All pools' rows in one tensor; `rows` of a batch are gathered pool by pool."""

    def __init__(self, torch: Any, examples: Sequence[TrainingPool], table: Floats) -> None:
        within = np.concatenate([example.distance_km[:, None] <= np.array(RADII_KM) for example in examples])
        self.features = torch.as_tensor(table.astype(np.float32))
        away = np.concatenate([example.distance_km for example in examples])
        ring = np.searchsorted(RINGS_KM[1:-1], away, side="left")
        # Over a ring of width Δlog r the density at r is p / (Δlog r · 2πr²); 2π is the same for all.
        log_area = 2 * np.log(np.clip(away, RINGS_KM[0], None)) + np.log(np.diff(np.log(RINGS_KM)))[ring]
        self.ring = torch.as_tensor(ring)
        self.log_area = torch.as_tensor(log_area.astype(np.float32))
        self.within = torch.as_tensor(within.astype(np.float32))
        self.weight = np.array([example.weight for example in examples], dtype=np.float32)
        self.size = np.array([len(example.table) for example in examples])
        self.start = np.concatenate([[0], np.cumsum(self.size)])

    def rows(self, pools: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the row numbers of some pools, and for each row which of these pools it belongs to."""
        rows = np.concatenate([np.arange(self.start[pool], self.start[pool + 1]) for pool in pools])
        return rows, np.repeat(np.arange(len(pools)), self.size[pools])


def _train_one(torch: Any, packed: _Packed, seed: int) -> list[Floats]:
    """Return weights and biases of one network, layer by layer."""
    torch.manual_seed(seed)
    shuffle = np.random.default_rng(seed)
    nn = torch.nn
    linear = [
        nn.Linear(packed.features.shape[1], HIDDEN),
        nn.Linear(HIDDEN, HIDDEN),
        nn.Linear(HIDDEN, OUTPUTS),
    ]

    def network(rows: Any) -> Any:
        hidden = nn.functional.silu(linear[0](_dropped(torch, rows, INPUT_DROPOUT, shuffle)))
        hidden = nn.functional.silu(linear[1](_dropped(torch, hidden, DROPOUT, shuffle)))
        return linear[2](_dropped(torch, hidden, DROPOUT, shuffle))

    parameters = [parameter for layer in linear for parameter in layer.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    batch = min(BATCH_POOLS, len(packed.size))
    batches = len(packed.size) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=EPOCHS * batches)
    for _ in range(EPOCHS):
        order = shuffle.permutation(len(packed.size))
        for number in range(batches):
            loss = _loss(torch, network, packed, order[number * batch : (number + 1) * batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    parts = [(layer.weight.detach().T, layer.bias.detach()) for layer in linear]
    return [part.numpy().astype(float) for pair in parts for part in pair]


def _dropped(torch: Any, values: Any, share: float, chance: np.random.Generator) -> Any:
    """Apply dropout with numpy's random bytes: several times faster on a CPU than torch's own."""
    least = round(256 * share)
    kept = np.frombuffer(chance.bytes(values.numel()), dtype=np.uint8).reshape(values.shape) >= least
    return values * torch.as_tensor(kept.astype(np.float32) * np.float32(256 / (256 - least)))


def _loss(torch: Any, network: Any, packed: _Packed, pools: NDArray[np.intp]) -> Any:
    """Compute the weighted cross-entropy of P(within r) less the expected utility of the softmax choice."""
    rows, owner = packed.rows(pools)
    row, pool = torch.as_tensor(rows), torch.as_tensor(owner)
    out, within = network(packed.features[row]), packed.within[row]
    weight = torch.as_tensor(packed.weight[pools])[pool]
    size = torch.as_tensor(packed.size[pools])[pool]
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(out[:, :5], within, reduction="none").mean(-1)
    preference = out[:, 5]
    top = torch.full((len(pools),), -1e9).scatter_reduce(0, pool, preference, "amax").detach()
    chance = torch.exp(preference - top[pool])
    chance = chance / torch.zeros(len(pools)).index_add(0, pool, chance)[pool]
    gain = chance * within.mean(-1)
    share = torch.log_softmax(out[:, 7:], -1).gather(1, packed.ring[row][:, None])[:, 0] - packed.log_area[row]
    density = _log_sum_exp(torch, out[:, 6] + share, pool, len(pools)) - _log_sum_exp(
        torch, out[:, 6], pool, len(pools)
    )
    each = torch.as_tensor(packed.weight[pools])
    return (((entropy / size - gain) * weight).sum() - MIXTURE_SHARE * (density * each).sum()) / len(pools)


def _log_sum_exp(torch: Any, values: Any, pool: Any, pools: int) -> Any:
    """Compute the log of the summed exponentials over the rows of each pool."""
    top = torch.full((pools,), -1e9).scatter_reduce(0, pool, values, "amax").detach()
    return top + torch.log(torch.zeros(pools).index_add(0, pool, torch.exp(values - top[pool])))
