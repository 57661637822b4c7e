"""Build a gallery of structured synthetic vectors, finished like any build: rows, index, outliers, check.

Its vectors lie beside it in ``vectors.npy``, for what else is to search them, and ``shape.json`` says how they were
drawn. Queries are of the same distribution and are not in it.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.memory import read_peak_megabytes, run_in_process
from bench.vectors import CHUNK, Shape
from sextant.gallery.build.commit import BuildTask, open_writer
from sextant.gallery.build.decode import DecodedPhoto
from sextant.gallery.build.finalize import finish_gallery
from sextant.gallery.search import index as indexing

SPEC = FINGERPRINT = "bench"  # no encoder gives these vectors
SEED = 3  # the constants of gallery/search were chosen on seeds 1 and 2: another surface, other clusters
_PIECE = 20_000  # rows written at once


@dataclass(frozen=True)
class Drawn:
    """How many vectors, how long, from which seed; ``as_large`` indexes them however few they are."""

    rows: int = 1_000_000
    dimension: int = 768
    seed: int = SEED
    as_large: bool = False

    def shape(self) -> Shape:
        return Shape(self.rows, self.dimension, self.seed)


def build(folder: Path, drawn: Drawn) -> dict[str, float]:
    """Make vectors and gallery under ``folder``, or take those that lie there; seconds by stage and peak memory.

    Raises:
        ValueError: others lie there.
    """
    note = folder / "shape.json"
    if note.exists():
        kept: dict[str, Any] = json.loads(note.read_text())
        if kept["drawn"] != asdict(drawn):
            raise ValueError(f"{str(folder)!r} holds other vectors: {kept['drawn']}; name another folder")
        return dict(kept["built"])
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    run_in_process(draw, folder / "vectors.npy", drawn)
    print(f"vectors drawn in {time.monotonic() - begun:.0f} s", file=sys.stderr)
    found = run_in_process(build_gallery, folder / "vectors.npy", folder / "gallery", drawn.as_large)
    note.write_text(json.dumps({"drawn": asdict(drawn), "built": found}))
    return found


def draw(path: Path, drawn: Drawn) -> None:
    """Write the vectors as a .npy of float32, (rows, dimension)."""
    stored = np.lib.format.open_memmap(path, "w+", np.float32, (drawn.rows, drawn.dimension))
    for number, chunk in enumerate(drawn.shape().chunks(drawn.rows)):
        stored[number * CHUNK : number * CHUNK + len(chunk)] = chunk
    stored.flush()


def build_gallery(vectors: Path, out: Path, as_large: bool) -> dict[str, float]:
    """Write vectors as a gallery and finish it; run it in a process of its own, whose peak memory is the build's."""
    if as_large:
        indexing.EXACT_BELOW = 0
    stages: list[tuple[str, float]] = []

    def tell(stage: str) -> None:
        stages.append((stage, time.monotonic()))
        print(f"{stage} … ({read_peak_megabytes():,} MB at most so far)", file=sys.stderr, flush=True)

    tell("writing")
    count, dimension = np.load(vectors, mmap_mode="r").shape
    with open_writer(str(out), dimension) as writer:
        writer.begin(BuildTask("build", "bench", FINGERPRINT, {}), None)
        for start in range(0, count, _PIECE):
            piece = np.load(vectors, mmap_mode="r")[start : start + _PIECE].copy()
            writer.append(make_rows(start, len(piece)), piece)
        finish_gallery(writer, spec=SPEC, fingerprint=FINGERPRINT, source="bench", settings={}, tell=tell)
    ends = [at for _, at in stages[1:]] + [time.monotonic()]
    seconds = {f"{name} s": round(end - start, 1) for (name, start), end in zip(stages, ends, strict=True)}
    return {**seconds, "build s": round(ends[-1] - stages[0][1], 1), "build peak MB": read_peak_megabytes()}


def make_rows(start: int, count: int) -> list[DecodedPhoto]:
    """Return rows whose id is their number, spread over the globe."""
    rng = np.random.default_rng(start)
    positions = np.column_stack([rng.uniform(-60, 70, count), rng.uniform(-180, 180, count)])
    return [_make_row(row, *place) for row, place in enumerate(positions.tolist(), start)]


def _make_row(row: int, latitude: float, longitude: float) -> DecodedPhoto:
    columns: dict[str, str | float | None] = {
        "id": str(row),
        "latitude": latitude,
        "longitude": longitude,
        "author": f"author {row % 50_000}",
        "source": "bench",
        "country_code": None,
        "captured_at": None,
        "sha256": f"{row * 2654435761 % 2**32:08x}{row:056x}",
        "phash": f"{row * 0x9E3779B97F4A7C15 % 2**64:016x}",
        "uri": f"/photos/{row}.jpg",
    }
    return DecodedPhoto(columns, np.empty(0))
