"""A planted world: features that know where they are, so that a few seconds of training must find it out."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from sextant.gallery.alignment.model.config import AlignmentConfig
from sextant.gallery.alignment.training.cache import IMAGES, About, Cache, finish_cache, open_cache, read_rows
from sextant.gallery.alignment.training.settings import TrainSettings

DIMENSION = 24
ROWS = 160
NARROW = 64  # width of the location encoder in tests of the training
CONFIG = AlignmentConfig(
    backbone="planted",
    backbone_fingerprint="planted-1",
    features="raw",
    image_dimension=DIMENSION,
    space=16,
    sigmas=(1.0,),
)
SETTINGS = TrainSettings(
    spaces="gps", epochs=3, batch=32, learning_rate=1e-3, validation=0.2, checkpoint_every=3, seed=5
)


def write_planted(folder: Path, rows: int = ROWS, seed: int = 0) -> Cache:
    """Rows whose features are a fixed mix of their position and of noise that says nothing, by 20 photographers."""
    rng = np.random.default_rng(seed)
    positions = np.stack((rng.uniform(-60, 60, rows), rng.uniform(-180, 180, rows)), axis=1).round(4)
    known = np.concatenate((np.sin(np.radians(positions)), np.cos(np.radians(positions))), axis=1)
    hidden = np.concatenate((known, 0.7 * rng.normal(size=(rows, DIMENSION - 4))), axis=1)
    mixed, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(DIMENSION, DIMENSION)))
    folder.mkdir(parents=True)
    (folder / IMAGES).write_bytes((hidden @ mixed).astype("<f2").tobytes())
    table = read_rows([f"{i}.jpg" for i in range(rows)], positions, [f"author {i % 20}" for i in range(rows)])
    about = About(
        source="planted", backbone="planted", fingerprint="planted-1", features="raw", dimension=DIMENSION, rows=rows
    )
    finish_cache(folder, table, about)
    return open_cache(folder)


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return write_planted(tmp_path_factory.mktemp("planted") / "cache")


@pytest.fixture(autouse=True)
def one_thread_and_a_fresh_accelerator() -> Iterator[None]:
    """One thread, so that sums are taken in one order everywhere; accelerate remembers its first precision."""
    from accelerate.state import AcceleratorState, GradientState, PartialState

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    for state in (AcceleratorState, PartialState, GradientState):
        state._reset_state()
