"""Measure how long ``locate`` searches a gallery of a million photos, from the timings in its runs.

    python -m bench.locate_retrieval                        # builds 1,000,000 × 768 synthetic vectors: ten minutes
    python -m bench.locate_retrieval --keep FOLDER          # once; takes them from there the next time
    python -m bench.locate_retrieval --gallery G --photos 200 --folder PHOTOS

Runs are those of the command line with the offline model, in fresh processes one after the other: the first run of
each opens and warms the gallery, the others find it warm. ``search`` is the near and the far side together,
``references`` all that the run asked of the gallery, opening and warming included. The synthetic gallery's encoder
gives each picture a vector of the same distribution; a real gallery (``--gallery``) is asked with its own.
"""

import argparse
import json
import tempfile
import zlib
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.batches.noise_photos import write_photos
from bench.memory import run_in_process
from bench.synthetic import FINGERPRINT, SPEC, Drawn, build
from bench.table import print_table
from sextant.agent.recording.cassette import Cassette
from sextant.agent.settings import Settings
from sextant.gallery.photos.open import PHOTO_SUFFIXES
from sextant.graphs.runs.folder import get_runs_folder
from sextant.graphs.runs.run import locate

PROCESSES = 3
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "duplicates and an author out": {"exclude_duplicates": True, "without_authors": ("author 7",)},
}


class DrawnEncoder:
    """Gives a picture one of a thousand vectors of the gallery's distribution, by the checksum of its pixels."""

    spec, fingerprint = SPEC, FINGERPRINT

    def __init__(self, drawn: Drawn) -> None:
        self.dimension = drawn.dimension
        self._vectors = drawn.shape().queries(1000)

    @staticmethod
    def prepare(image: Image.Image) -> NDArray[np.uint32]:
        return np.array([zlib.crc32(image.tobytes())], dtype=np.uint32)

    def encode_prepared(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        chosen: NDArray[np.float32] = self._vectors[[int(checksum[0]) % len(self._vectors) for checksum in prepared]]
        return chosen

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        return self.encode_prepared([self.prepare(image) for image in images])


@dataclass(frozen=True)
class Taken:
    """Milliseconds of one run: near and far search, and everything that was asked of the gallery."""

    search: float
    references: float


def main() -> None:
    options = parse_options()
    with tempfile.TemporaryDirectory(prefix="sextant-bench-", dir=options.temp) as scratch:
        folder = options.keep or Path(scratch) / "synthetic"
        drawn = None if options.gallery else Drawn(options.rows, options.dimension, options.seed)
        if drawn:
            build(folder, drawn)
        gallery = options.gallery or str(folder / "gallery")
        photos = list_photos(options.folder, Path(scratch), options.photos)
        lines = []
        for name, filters in FILTERS.items():
            taken = [
                run_in_process(locate_photos, photos[number::PROCESSES], gallery, drawn, filters, f"{scratch}/home")
                for number in range(PROCESSES)
            ]
            lines.append(format_row(name, taken))
    print(json.dumps(lines, indent=2) if options.json else print_table(lines))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gallery", help="a gallery that is there; else a synthetic one of the sizes below")
    parser.add_argument("--rows", type=int, default=Drawn.rows)
    parser.add_argument("--dimension", type=int, default=Drawn.dimension)
    parser.add_argument("--seed", type=int, default=Drawn.seed)
    parser.add_argument("--keep", type=Path, help="keep the synthetic gallery here, and take it from here next time")
    parser.add_argument("--folder", type=Path, help="photos to locate; else drawn ones")
    parser.add_argument("--photos", type=int, default=90)
    parser.add_argument("--temp", help="where everything that is not kept lies meanwhile")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def list_photos(folder: Path | None, scratch: Path, count: int) -> list[str]:
    if folder is None:
        return write_photos(scratch, count)
    return [str(path) for path in sorted(folder.iterdir()) if path.suffix.lower() in PHOTO_SUFFIXES][:count]


def locate_photos(
    photos: list[str], gallery: str, drawn: Drawn | None, filters: dict[str, Any], home: str
) -> list[Taken]:
    """Locate each photo, and read from each run's record how long the gallery took."""
    settings = Settings(gallery=gallery, home=home, **filters)
    stub = patch("sextant.gallery.store.load_encoder", lambda spec: DrawnEncoder(drawn)) if drawn else nullcontext()
    with stub:
        return [read_times(get_runs_folder(home) / locate(photo, settings).name) for photo in photos]


def read_times(run: Path) -> Taken:
    cassette = Cassette.read(run / "cassette.jsonl")
    call = next(call for call in cassette.calls.values() if call.kind == "references")
    return Taken(cassette.read_reply(call)["timings"]["search"] * 1000, call.info["seconds"] * 1000)


def format_row(filters: str, processes: list[list[Taken]]) -> dict[str, Any]:
    """Return the first calls and warm ones apart; percentiles in milliseconds."""
    first = [runs[0] for runs in processes]
    warm = [run for runs in processes for run in runs[1:]]
    middle, high = np.percentile([run.search for run in warm], [50, 95])
    return {
        "filters": filters,
        "warm runs": len(warm),
        "search p50 ms": round(float(middle), 1),
        "search p95 ms": round(float(high), 1),
        "references p50 ms": round(float(np.median([run.references for run in warm])), 1),
        "first search ms": round(max(run.search for run in first), 1),
        "first references ms": round(max(run.references for run in first), 1),
    }


if __name__ == "__main__":
    main()
