"""Compare one gallery with its shards: is what merged searches find as good, near and far?

    python -m bench.large.shards                     # 40,000 rows of 256 dimensions, whole and in 4 shards
    python -m bench.large.shards --rows 1000000 --dimension 768 --shards 8 --temp /big/disk

All are indexed as large galleries. Rows go to the shards by their first principal direction, so that each shard holds
another part of the space, as regions do. Each shard is asked for its best 16; the lists are merged by similarity.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.memory import run_in_process
from bench.synthetic import SEED, Drawn, build_gallery, draw
from bench.table import print_table
from sextant.gallery.search.search import Reference, find_farthest, find_nearest
from sextant.gallery.store import Gallery

COUNT = 16
QUERIES = 100
Search = Callable[[Gallery, Any, int], list[Reference]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--dimension", type=int, default=256)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--temp", help="where the vectors and the galleries are kept meanwhile")
    options = parser.parse_args()
    drawn = Drawn(options.rows, options.dimension, SEED, as_large=True)
    with tempfile.TemporaryDirectory(prefix="sextant-shards-", dir=options.temp) as folder:
        print(print_table(measure(Path(folder), drawn, options.shards)))


def measure(folder: Path, drawn: Drawn, shards: int) -> list[dict[str, Any]]:
    """Build the whole and its shards, search both, and return a line for each side."""
    draw(folder / "vectors.npy", drawn)
    vectors = np.load(folder / "vectors.npy")
    run_in_process(build_gallery, folder / "vectors.npy", folder / "whole", True)
    parts = split_rows(vectors, shards)
    for number, rows in enumerate(parts):
        np.save(folder / f"{number}.npy", vectors[rows])
        run_in_process(build_gallery, folder / f"{number}.npy", folder / f"shard-{number}", True)
    whole = [(Gallery.open(str(folder / "whole")), np.arange(len(vectors)))]
    split = [(Gallery.open(str(folder / f"shard-{number}")), rows) for number, rows in enumerate(parts)]
    queries = drawn.shape().queries(QUERIES)
    return [
        {
            "side": side,
            f"recall@{COUNT}, whole": measure_recall(whole, search, queries, vectors, sign),
            f"recall@{COUNT}, {shards} shards merged": measure_recall(split, search, queries, vectors, sign),
        }
        for side, search, sign in (("near", find_nearest, -1), ("far", find_farthest, 1))
    ]


def split_rows(vectors: Any, shards: int) -> list[Any]:
    """Split row numbers into parts of equal count along the first principal direction of a sample."""
    sample = vectors[:: max(1, len(vectors) // 2000)]
    direction = np.linalg.svd(sample - sample.mean(axis=0), full_matrices=False)[2][0]
    return [np.sort(part) for part in np.array_split(np.argsort(vectors @ direction), shards)]


def measure_recall(
    galleries: list[tuple[Gallery, Any]], search: Search, queries: Any, vectors: Any, sign: int
) -> float:
    """Return the share of the true best rows that the merged lists of the galleries hold."""
    hits = 0
    for query in queries:
        truth = set(np.argsort(sign * (vectors @ query), kind="stable")[:COUNT].tolist())
        found = [
            (sign * one.similarity, int(rows[int(one.id)]))
            for gallery, rows in galleries
            for one in search(gallery, query, COUNT)
        ]
        hits += len(truth & {row for _, row in sorted(found)[:COUNT]})
    return round(hits / (COUNT * len(queries)), 4)


if __name__ == "__main__":
    main()
