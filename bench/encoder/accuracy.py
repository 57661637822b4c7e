"""Measure the builtin descriptor and its parts: nearest neighbour over real photos, one photographer left out.

python bench/encoder/accuracy.py IMAGES CSV
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.gallery.encoders.builtin import WEIGHTS, describe_parts
from sextant.geo.sphere import compute_great_circle_km

RADII_KM = (1, 25, 200, 750, 2500)
FIRST = 20  # neighbours in the smoother figure: a share weighted by 1 / rank


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("images", type=Path, help="folder of the photos")
    parser.add_argument("table", type=Path, help="CSV with the columns IMG_ID, AUTHOR, LAT, LON")
    given = parser.parse_args()
    measure(given.images, given.table)


def measure(images: Path, table: Path) -> None:
    """Print the accuracy of each part and of the whole."""
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (images / row["IMG_ID"]).exists()]
    described = [describe_parts(Image.open(images / row["IMG_ID"])) for row in rows]
    positions = np.array([(float(row["LAT"]), float(row["LON"])) for row in rows])
    distances = compute_great_circle_km(positions[:, None], positions[None])
    authors = np.array([row["AUTHOR"] for row in rows])
    barred = authors[:, None] == authors[None]
    similarity = {name: _compute_products(np.array([parts[name] for parts in described])) for name in WEIGHTS}
    print(f"{len(rows)} photos, top 1 within {RADII_KM} km | weighted first {FIRST}")
    for name in WEIGHTS:
        _print(name, similarity[name], distances, barred)
    _print("builtin", sum(WEIGHTS[name] * similarity[name] for name in WEIGHTS), distances, barred)
    chance = [100 * np.mean(distances[~barred] <= radius) for radius in RADII_KM]
    print("chance  ", *(f"{value:5.1f}" for value in chance), sep=" ")


def _compute_products(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    return vectors.astype(np.float64) @ vectors.T.astype(np.float64)


def _print(
    name: str, similarity: NDArray[np.float64], distances: NDArray[np.float64], barred: NDArray[np.bool_]
) -> None:
    order = np.argsort(np.where(barred, np.inf, -similarity), axis=1, kind="stable")[:, :FIRST]
    found = np.take_along_axis(distances, order, axis=1)
    rank_weights = 1 / np.arange(1, FIRST + 1)
    first = [100 * np.mean(found[:, 0] <= radius) for radius in RADII_KM]
    smooth = [100 * np.average((found <= radius).mean(axis=0), weights=rank_weights) for radius in RADII_KM]
    print(f"{name:8}", *(f"{value:5.1f}" for value in first), "|", *(f"{value:5.2f}" for value in smooth), sep=" ")


if __name__ == "__main__":
    main()
