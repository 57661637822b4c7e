"""Measure how fast an alignment trains on cached features, and how long the trainer waits for data.

    python -m bench.alignment.training --rows 4000000 --batches 256,1024,4096 --precision bf16     (a GPU)
    python -m bench.alignment.training --rows 200000 --batches 256 --steps 60                      (a CPU)

The features are synthetic and lie in a file like real ones (768 dimensions: 6.1 GB for 4 M rows), written once
into --cache. Printed for each batch: photos a second, the share of time without data, the peak memory.
"""

import argparse
import contextlib
import resource
import tempfile
import time
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from sextant.gallery.alignment.model.config import AlignmentConfig
from sextant.gallery.alignment.training.batches import Texts, load_batch
from sextant.gallery.alignment.training.cache import (
    IMAGES,
    About,
    Cache,
    finish_cache,
    open_cache,
    read_about,
    read_rows,
)
from sextant.gallery.alignment.training.progress import LOOK_EVERY, TrainingReport
from sextant.gallery.alignment.training.settings import TrainSettings
from sextant.gallery.alignment.training.train import Training

DIMENSION = 768  # CLIP ViT-L/14
DISTINCT_TEXTS = 50_000
WARM_UP_STEPS = LOOK_EVERY
_CHUNK = 100_000


class EnoughError(Exception):
    """The steps asked for are done."""


def make_cache(folder: Path, rows: int) -> Cache:
    """Return a cache of random features, written in chunks; one already there with as many rows is opened."""
    about = read_about(folder)
    if about is None or about.rows != rows:
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(0)
        chunk = rng.standard_normal((_CHUNK, DIMENSION), dtype=np.float32).astype("<f2")
        with (folder / IMAGES).open("wb") as images:
            for number, start in enumerate(range(0, rows, _CHUNK)):  # rolled: no two rows alike, and quickly made
                images.write(np.roll(chunk[: rows - start], number, axis=1).tobytes())
        positions = np.stack((rng.uniform(-60, 70, rows), rng.uniform(-180, 180, rows)), axis=1)
        table = read_rows([str(row) for row in range(rows)], positions, [str(row % 9973) for row in range(rows)])
        finish_cache(
            folder,
            table,
            About(
                source="synthetic",
                backbone="synthetic",
                fingerprint="0",
                features="raw",
                dimension=DIMENSION,
                rows=rows,
            ),
        )
    return open_cache(folder)


def make_texts(rows: int) -> Texts:
    rng = np.random.default_rng(1)
    features = rng.standard_normal((DISTINCT_TEXTS, DIMENSION), dtype=np.float32).astype(np.float16)
    return Texts(features, rng.integers(0, DISTINCT_TEXTS, rows))


def read_alone(cache: Cache, texts: Texts | None, batch: int) -> float:
    """Return rows a second that the reading thread could deliver, were nobody training."""
    rng = np.random.default_rng(2)
    started, count = time.perf_counter(), 200
    for _ in range(count):
        load_batch(cache, texts, rng.integers(0, len(cache), batch))
    return count * batch / (time.perf_counter() - started)


def time_training(
    cache: Cache, texts: Texts | None, batch: int, steps: int, precision: Literal["no", "bf16", "fp16"]
) -> str:
    """Make one row of the table: a training of a number of steps, without its warm-up."""
    config = AlignmentConfig(
        backbone="synthetic",
        backbone_fingerprint="0",
        features="raw",
        image_dimension=DIMENSION,
        text_dimension=DIMENSION if texts else None,
        space=DIMENSION,
    )
    settings = TrainSettings(
        spaces="gps+text" if texts else "gps",
        batch=batch,
        precision=precision,
        validation=0.0,
        checkpoint_every=10**9,
        epochs=10**6,
    )
    looks: list[tuple[float, TrainingReport]] = []

    def watch(look: TrainingReport) -> None:
        looks.append((time.perf_counter(), look))
        if look.step >= WARM_UP_STEPS + steps:
            raise EnoughError

    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as out:
        training = Training(cache, texts, config, settings, Path(out))
        with contextlib.suppress(EnoughError):
            training.run(watch)
    warm = next(i for i, (_, look) in enumerate(looks) if look.step >= WARM_UP_STEPS)
    (first, start), (last, end) = looks[warm], looks[-1]
    seconds = last - first
    waited = sum(
        look.waited * (at - before) for (before, _), (at, look) in zip(looks[warm:], looks[warm + 1 :], strict=False)
    )
    rate = (end.step - start.step) * batch / seconds
    memory = f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GB host"
    if torch.cuda.is_available():
        memory += f", {torch.cuda.max_memory_allocated() / 2**30:.1f} GB device"
    alone, minutes = read_alone(cache, texts, batch), len(cache) / rate / 60
    return (
        f"| {batch} | {precision} | {rate:,.0f} | {waited / seconds:.1%} | {alone:,.0f} | {memory} | {minutes:,.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "sextant-bench-alignment")
    parser.add_argument("--batches", default="256")
    parser.add_argument("--steps", type=int, default=60, help="timed, after the warm-up")
    parser.add_argument("--precision", choices=["no", "bf16", "fp16"], default="no")
    parser.add_argument("--without-text", action="store_true")
    asked = parser.parse_args()
    started = time.perf_counter()
    cache = make_cache(asked.cache / str(asked.rows), asked.rows)
    texts = None if asked.without_text else make_texts(asked.rows)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"
    print(f"{asked.rows:,} rows × {DIMENSION} on {device}; cache ready in {time.perf_counter() - started:.0f} s")
    print("| batch | precision | photos/s | waited | read alone, rows/s | memory | minutes an epoch |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for batch in asked.batches.split(","):
        print(time_training(cache, texts, int(batch), asked.steps, asked.precision), flush=True)


if __name__ == "__main__":
    main()
