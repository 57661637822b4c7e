"""Make batches that depend only on the seed and the step, so that a resumed training repeats them."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sextant.gallery.alignment.training.cache import Cache
from sextant.geo.sphere import find_destination

# Extra negatives lie this far from the true position: from a neighbouring town to a neighbouring continent,
# evenly in the logarithm.
HARD_NEGATIVE_KM = (25.0, 2500.0)


@dataclass(frozen=True)
class Texts:
    """Distinct place texts: (m, dimension) float16 features, and (n,) the text of each row, -1 for none."""

    features: NDArray[np.float16]
    ids: NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """One batch on its way to the model; features stay in half precision until they are on the device.

    ``positions`` holds the rows' own positions first, then each row's extra negatives in turn.
    """

    rows: NDArray[np.int64]
    images: Tensor
    positions: Tensor
    places: Tensor
    texts: Tensor | None
    text_ids: Tensor | None

    def pinned(self) -> "Batch":
        """Copy the batch to page-locked memory, from which a GPU copies while it computes."""
        return self._each(lambda tensor: tensor.pin_memory())

    def to(self, device: torch.device) -> "Batch":
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        return replace(
            self,
            images=change(self.images),
            positions=change(self.positions),
            places=change(self.places),
            texts=change(self.texts) if self.texts is not None else None,
            text_ids=change(self.text_ids) if self.text_ids is not None else None,
        )


@dataclass(frozen=True)
class BatchPlan:
    """How the rows of one training are dealt out: ``accumulate`` batches of ``batch`` rows make one step."""

    rows: NDArray[np.int64]
    batch: int
    accumulate: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Full steps only: the few rows left over by an epoch's shuffle come in another one's."""
        return len(self.rows) // (self.batch * self.accumulate)

    def batches(self, start: int, end: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield the number and rows of every batch of the steps start (inclusive) to end (exclusive)."""
        for step in range(start, end):
            epoch, within = divmod(step, self.steps_per_epoch)
            if within == 0 or step == start:
                order = np.random.default_rng((self.seed, epoch)).permutation(self.rows)
            for i in range(self.accumulate):
                first = (within * self.accumulate + i) * self.batch
                yield step * self.accumulate + i, order[first : first + self.batch]


def load_batch(
    cache: Cache, texts: Texts | None, rows: NDArray[np.int64], negatives: NDArray[np.float64] | None = None
) -> Batch:
    """Read one batch; the rows' features are fetched in file order, which spares a disk.

    Args:
        negatives: (n, k, 2) extra wrong positions of each row, in degrees.
    """
    order = np.argsort(rows)
    images = np.empty((len(rows), cache.images.shape[1]), dtype=np.float16)
    images[order] = cache.images[rows[order]]
    positions = cache.positions[rows]
    if negatives is not None:
        positions = np.concatenate((positions, negatives.reshape(-1, 2)))
    ids = texts.ids[rows] if texts is not None else None
    features = texts.features[np.maximum(ids, 0)] if texts is not None and ids is not None else None
    return Batch(
        rows=rows,
        images=torch.from_numpy(images),
        positions=torch.from_numpy(positions),
        places=torch.from_numpy(cache.places[rows]),
        texts=torch.from_numpy(np.asarray(features)) if features is not None else None,
        text_ids=torch.from_numpy(ids) if ids is not None else None,
    )


def draw_near_positions(positions: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw (n, count, 2) wrong positions around (n, 2) degrees, in any direction, ``HARD_NEGATIVE_KM`` away."""
    shape = (len(positions), count)
    nearest, farthest = HARD_NEGATIVE_KM
    distance_km = np.exp(rng.uniform(np.log(nearest), np.log(farthest), size=shape))
    return np.asarray(find_destination(positions[:, None, :], rng.uniform(0, 360, size=shape), distance_km))


class Prefetcher:
    """Batches read by a thread ahead of their use; ``waited_seconds`` is the time the trainer stood still for them."""

    def __init__(self, batches: Iterator[Batch], depth: int = 8) -> None:
        self.waited_seconds = 0.0
        self._queue: queue.Queue[Batch | BaseException | None] = queue.Queue(maxsize=depth)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(batches,), daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Batch]:
        while True:
            asked = time.perf_counter()
            item = self._queue.get()
            self.waited_seconds += time.perf_counter() - asked
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    def close(self) -> None:
        """Let the thread end; batches already read are thrown away."""
        self._stop.set()
        while self._thread.is_alive():
            try:
                self._queue.get(timeout=0.05)
            except queue.Empty:
                continue

    def _read(self, batches: Iterator[Batch]) -> None:
        last: BaseException | None = None
        try:
            for batch in batches:
                self._queue.put(batch)
                if self._stop.is_set():
                    return
        except BaseException as error:  # handed to the thread that trains, which raises it
            last = error
        self._queue.put(last)
