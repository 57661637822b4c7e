"""Measure the drawing of the demo world, and how well the builtin descriptor finds its held-out scenes.

OMP_NUM_THREADS=1 python bench/encoder/drawn_world.py [SEED]
"""

import csv
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.gallery.encoders.builtin import describe_image
from sextant.gallery.synthetic.world import write_world
from sextant.geo.sphere import compute_great_circle_km

RADII_KM = (1, 25, 200, 750, 2500)
NEIGHBOURS = 20
KERNEL_KM = 200.0  # of the simple density: each neighbour's similarity spread around it
SHARPNESS = 30.0  # weight of a neighbour is exp(SHARPNESS × (similarity − best))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        world = write_world(Path(folder) / "world", seed=int(sys.argv[1]) if len(sys.argv) > 1 else 0)
        drawn = time.process_time()
        gallery, gallery_positions, codes = _describe(world.gallery_folder, world.gallery_csv)
        described = time.process_time()
        queries, truth, query_codes = _describe(world.queries_folder, world.queries_csv)
    total = len(gallery) + len(queries)
    print(f"{total} scenes drawn in {drawn - start:.1f} s; {len(gallery)} described in {described - drawn:.1f} s")
    similarity = queries @ gallery.T
    order = np.argsort(-similarity, axis=1, kind="stable")
    first = gallery_positions[order[:, 0]]
    dense = np.array(
        [
            _find_densest(gallery_positions[row[:NEIGHBOURS]], similarity[i, row[:NEIGHBOURS]])
            for i, row in enumerate(order)
        ]
    )
    _print("top 1", compute_great_circle_km(first, truth))
    _print("density", compute_great_circle_km(dense, truth))
    rng = np.random.default_rng(0)
    _print(
        "chance",
        compute_great_circle_km(gallery_positions[rng.integers(len(gallery), size=(200, len(truth)))], truth).ravel(),
    )
    print(f"country of the first: {100 * np.mean(codes[order[:, 0]] == query_codes):.1f} %")


def _find_densest(positions: NDArray[np.float64], similarity: NDArray[np.float32]) -> NDArray[np.float64]:
    weights = np.exp(SHARPNESS * (similarity - similarity.max()))
    reach = np.exp(-compute_great_circle_km(positions[:, None], positions[None]) / KERNEL_KM)
    best: NDArray[np.float64] = positions[int(np.argmax(reach @ weights))]
    return best


def _describe(folder: Path, table: Path) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.str_]]:
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    vectors = np.array([describe_image(Image.open(folder / row["image"])) for row in rows])
    positions = np.array([(float(row["latitude"]), float(row["longitude"])) for row in rows])
    return vectors, positions, np.array([row["country_code"] for row in rows])


def _print(name: str, distances: NDArray[np.float64]) -> None:
    shares = "  ".join(f"{radius} km {100 * np.mean(distances <= radius):.1f} %" for radius in RADII_KM)
    print(f"{name:8} {shares}")


if __name__ == "__main__":
    main()
