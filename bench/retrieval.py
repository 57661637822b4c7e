"""Near and far search against faiss: recall@16, latency, memory, disk and build time, in one run.

    python -m bench.retrieval                          # 1,000,000 × 768 structured synthetic vectors
    python -m bench.retrieval --rows 100000 --json
    python -m bench.retrieval --gallery G --as-large   # a real gallery's vectors, each row left out of its answer
    python -m bench.retrieval --keep FOLDER            # for another run, and for bench.locate_retrieval

Queries go to all contenders in turn, a block at a time, so that whatever else the machine does meets them alike;
read the ratios. (Query by query, faiss's scan of 3 GB would leave every other contender cold caches, and the threads
of a matrix product, which wait busily for the next one, a processor that is taken.) The gallery's files are in the
system's cache: of a file that is not, re-ranking reads a page a row from the disk.
"""

import argparse
import itertools
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.memory import read_megabytes, read_peak_megabytes, reset_peak, run_in_process
from bench.synthetic import SEED, Drawn, build, build_gallery
from bench.table import print_table
from bench.vectors import CHUNK
from sextant.base.arrays import SmallFloats
from sextant.graphs.batches.garbage import collect_rarely

COUNT = 16
BLOCK = 25  # queries


@dataclass
class Contender:
    """One way of searching, asked for row numbers."""

    name: str
    near: Callable[[SmallFloats], list[int]]
    far: Callable[[SmallFloats], list[int]]
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"near": [], "far": []})
    found: dict[str, list[list[int]]] = field(default_factory=lambda: {"near": [], "far": []})

    def ask(self, side: str, query: SmallFloats) -> None:
        search = self.near if side == "near" else self.far
        begun = time.perf_counter()
        rows = search(query)
        self.seconds[side].append(time.perf_counter() - begun)
        self.found[side].append(rows)


@dataclass(frozen=True)
class Data:
    """The vectors of a run: where they lie (a .npy of float32), the queries, and each query's own row or -1."""

    vectors: Path
    queries: SmallFloats
    own: NDArray[np.int64]


def main() -> None:
    options = parse_options()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="sextant-bench-", dir=options.temp))
    try:
        data, gallery = (make_real_data if options.gallery else make_synthetic_data)(options, folder)
        report = measure(data, folder / "gallery", gallery)
        print(json.dumps(report, indent=2) if options.json else print_report(report))
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=768)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--gallery", help="take this gallery's vectors instead of synthetic ones")
    parser.add_argument("--as-large", action="store_true", help="index and set outliers apart at any size")
    parser.add_argument("--keep", type=Path, help="keep the synthetic gallery here, and take it from here next time")
    parser.add_argument("--temp", help="where the vectors and the gallery are kept meanwhile")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def make_synthetic_data(options: argparse.Namespace, folder: Path) -> tuple[Data, dict[str, float]]:
    """Return vectors and gallery, and what the build of the gallery took."""
    drawn = Drawn(options.rows, options.dimension, options.seed, options.as_large)
    took = build(folder, drawn)
    queries = drawn.shape().queries(options.queries)
    return Data(folder / "vectors.npy", queries, np.full(options.queries, -1)), took


def make_real_data(options: argparse.Namespace, folder: Path) -> tuple[Data, dict[str, float]]:
    """Return a real gallery's vectors in a gallery of their own, and what its build took."""
    from sextant.gallery.statistics import read_vector_chunks
    from sextant.gallery.store import Gallery

    vectors = np.concatenate(list(read_vector_chunks(Gallery.open(options.gallery).photos)))
    np.save(folder / "vectors.npy", vectors)
    took = run_in_process(build_gallery, folder / "vectors.npy", folder / "gallery", options.as_large)
    chosen = np.random.default_rng(options.seed).permutation(len(vectors))[: options.queries]
    return Data(folder / "vectors.npy", vectors[chosen], chosen), took


def measure(data: Data, gallery: Path, built: dict[str, float], lists: bool = True) -> dict[str, Any]:
    """Compare the search with faiss; ``lists`` adds faiss's inverted lists, which need as much memory again."""
    collect_rarely()  # as commands and servers do
    sextant, memory = make_sextant_contender(gallery, data)
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import faiss

    faiss.omp_set_num_threads(os.cpu_count() or 1)
    vectors = np.load(data.vectors, mmap_mode="r")
    contenders = [sextant, *make_faiss_contenders(faiss, vectors, lists)]
    warm_page_cache(gallery)
    for start in range(0, len(data.queries), BLOCK):
        for contender, side in itertools.product(contenders, ("near", "far")):
            for query in data.queries[start : start + BLOCK]:
                contender.ask(side, query)
    flat = contenders[1]
    return {
        "rows": len(vectors),
        "dimension": vectors.shape[1],
        "queries": len(data.queries),
        "sextant": {**built, **memory, "disk MB": measure_megabytes_on_disk(gallery)},
        "searches": [line for contender in contenders for line in format_rows(contender, flat, data, vectors)],
    }


def make_sextant_contender(path: Path, data: Data) -> tuple[Contender, dict[str, float]]:
    """Return the sextant's search as tools call it, and the memory it takes before anything else is loaded."""
    from sextant.gallery.search.search import find_farthest, find_nearest
    from sextant.gallery.store import Gallery

    reset_peak()
    begun = time.perf_counter()
    gallery = Gallery.open(str(path))
    gallery.warm()
    ready = time.perf_counter() - begun
    for query in data.queries[:50]:
        find_nearest(gallery, query, COUNT + 1), find_farthest(gallery, query, COUNT + 1)
    return (
        Contender(
            "Sextant",
            lambda query: [int(item.id) for item in find_nearest(gallery, query, COUNT + 1)],
            lambda query: [int(item.id) for item in find_farthest(gallery, query, COUNT + 1)],
        ),
        {
            "open and warm s": round(ready, 2),
            "search peak MB": read_peak_megabytes(),
            **{f"search {kind} MB": size for kind, size in read_megabytes().items()},
            "probes": gallery.manifest.index.probes,
            "outliers": gallery.manifest.outliers,
        },
    )


def warm_page_cache(folder: Path) -> None:
    """Have the system hold the gallery's files, as it does once enough was searched; faiss holds its own all along."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                while opened.read(1 << 24):
                    pass


def make_faiss_contenders(faiss: Any, vectors: SmallFloats, lists: bool) -> Iterator[Contender]:
    """Yield IndexFlatIP, searched with the negated query for the far side as G3 and Img2Loc do, and inverted lists."""
    flat = faiss.IndexFlatIP(vectors.shape[1])
    _fill(flat, vectors)
    yield Contender("faiss IndexFlatIP", make_asker(flat, 1), make_asker(flat, -1))
    if not lists:
        return
    partitions = max(1, round(len(vectors) ** 0.5))
    inverted = faiss.IndexIVFFlat(faiss.IndexFlatIP(vectors.shape[1]), vectors.shape[1], partitions)
    inverted.metric_type = faiss.METRIC_INNER_PRODUCT
    inverted.train(np.ascontiguousarray(vectors[:: max(1, len(vectors) // (64 * partitions))]))
    _fill(inverted, vectors)
    inverted.nprobe = max(1, partitions // 10)
    yield Contender(f"faiss IVFFlat, {inverted.nprobe} probes", make_asker(inverted, 1), make_asker(inverted, -1))


def _fill(index: Any, vectors: SmallFloats) -> None:
    for start in range(0, len(vectors), CHUNK):
        index.add(np.ascontiguousarray(vectors[start : start + CHUNK]))


def make_asker(index: Any, sign: int) -> Callable[[SmallFloats], list[int]]:
    return lambda query: [int(row) for row in index.search(sign * query[None], COUNT + 1)[1][0]]


def format_rows(contender: Contender, flat: Contender, data: Data, vectors: SmallFloats) -> Iterator[dict[str, Any]]:
    """Yield one line a side; ``flat`` is exact, and so the truth."""
    for side in ("near", "far"):
        hits, gaps = [], []
        for query, own, found, exact in zip(
            data.queries, data.own, contender.found[side], flat.found[side], strict=True
        ):
            kept, wanted = ([row for row in given if row != own][:COUNT] for given in (found, exact))
            hits.append(len(set(kept) & set(wanted)) / len(wanted))
            gaps.append(float((vectors[kept] @ query).mean() - (vectors[wanted] @ query).mean()))
        p50, p95 = (float(np.percentile(contender.seconds[side], p)) * 1000 for p in (50, 95))
        times = float(np.median(flat.seconds[side])) * 1000 / p50
        yield {
            "search": contender.name,
            "side": side,
            "recall@16": round(float(np.mean(hits)), 4),
            "cosine off": round(abs(float(np.mean(gaps))), 5),
            "p50 ms": round(p50, 2),
            "p95 ms": round(p95, 2),
            "times flat": round(times, 1),
        }


def print_report(report: dict[str, Any]) -> str:
    words = [f"{report['rows']:,} × {report['dimension']}, {report['queries']} queries"]
    words += [", ".join(f"{name} {value:,}" for name, value in report["sextant"].items()), ""]
    return "\n".join([*words, print_table(report["searches"])])


def measure_megabytes_on_disk(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) // 1024**2


if __name__ == "__main__":
    main()
