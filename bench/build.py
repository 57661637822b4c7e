"""Measure the photos per second of a gallery build against those of the encoder alone.

    python -m bench.build PHOTOS [--encoder builtin --encoder onnx:PATH …] [--photos 3000] [--rounds 3] [--json]

PHOTOS is a folder of photos; copies that differ in their last bytes make up the number asked for, each at a place of
its own. The encoder alone gets pictures that are decoded already, and prepares and encodes them in batches of the size
that a build makes: it prepares in one thread, while other cores idle, and encodes on all of them. "On every core" is
the most that a build could come to if decoding, hashing and storing cost nothing: each core prepares and encodes
batches of its own, in threads of one process (which Python holds back where an encoder is written in it). Rates are
taken in turn, each build between two of the encoder alone, since a machine is rarely quiet for long; printed are
medians over the rounds. A build's rate counts from its 512th photo to its last: what its processes load at first is a
second, once, of hours (the last column holds all of it).
"""

import argparse
import csv
import json
import os
import shutil
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from PIL.Image import Image

from bench.table import print_table
from sextant.gallery.build.build import build
from sextant.gallery.build.pipeline import BuildState
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.encoders.spec import BATCH, Encoder
from sextant.gallery.photos.open import open_photo
from sextant.gallery.sources.folder import list_photo_files
from sextant.gallery.sources.recognise import SourceOptions, open_source

ALONE = 512  # photos the encoder alone is timed on
WARM = 512  # photos of a build before its rate counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--encoder", action="append")
    parser.add_argument("--photos", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    temporary = Path(tempfile.mkdtemp(prefix="sextant-bench-"))
    try:
        photos = make_copies(options.folder, temporary / "photos", options.photos)
        specs = options.encoder or ["builtin"]
        lines = [measure(load_encoder(spec), photos, options.workers, options.rounds) for spec in specs]
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    print(json.dumps(lines, indent=2) if options.json else print_table(lines))


def make_copies(folder: Path, out: Path, count: int) -> Path:
    """``count`` photos with a table of positions beside them."""
    out.mkdir()
    with (out / "positions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "latitude", "longitude"])
        for number, name in enumerate(islice(cycle(list_photo_files(folder)), count)):
            content = (folder / name).read_bytes()
            (out / f"{number:06}.jpg").write_bytes(content + number.to_bytes(4, "big"))
            writer.writerow([f"{number:06}.jpg", (number * 7) % 120 - 55, (number * 13) % 340 - 170])
    return out


def measure(encoder: Encoder, photos: Path, workers: int, rounds: int) -> dict[str, Any]:
    """Return medians over rounds of: the encoder alone, a build, the encoder alone and on every core."""
    images = [open_photo(photos / name).image for name in list_photo_files(photos)[:ALONE]]
    own, everywhere, kept, of_all, building, whole = [time_encoder(encoder, images)], [], [], [], [], []
    for _ in range(rounds):
        rate, with_ends = time_build(encoder, photos, workers)
        own.append(time_encoder(encoder, images))
        everywhere.append(time_encoder_on_every_core(encoder, images))
        kept.append(rate / statistics.mean(own[-2:]))
        of_all.append(rate / everywhere[-1])
        building.append(rate)
        whole.append(with_ends)
    return {
        "encoder": encoder.spec.split("/")[-1],
        "alone/s": round(statistics.median(own), 1),
        "on every core/s": round(statistics.median(everywhere), 1),
        "build/s": round(statistics.median(building), 1),
        "kept of alone": round(statistics.median(kept), 2),
        "each round": ", ".join(f"{share:.2f}" for share in kept),
        "of every core": round(statistics.median(of_all), 2),
        "with start and finish/s": round(statistics.median(whole), 1),
    }


def time_encoder(encoder: Encoder, images: list[Image]) -> float:
    """Return photos a second of the encoder by itself."""
    encoder.encode(images[:BATCH])
    begun = time.perf_counter()
    for start in range(0, len(images), BATCH):
        encoder.encode(images[start : start + BATCH])
    return len(images) / (time.perf_counter() - begun)


def time_encoder_on_every_core(encoder: Encoder, images: list[Image]) -> float:
    """Return photos a second of the encoder when as many threads as there are cores each take a batch at a time."""
    batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]

    def encode(batch: list[Image]) -> None:
        encoder.encode_prepared([encoder.prepare(image) for image in batch])

    encode(batches[0])
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        begun = time.perf_counter()
        list(threads.map(encode, batches))
        return len(images) / (time.perf_counter() - begun)


def time_build(encoder: Encoder, photos: Path, workers: int) -> tuple[float, float]:
    """Return photos a second of a build: from its ``WARM``th photo to its last, and from its start to its end."""
    marks: list[tuple[float, int]] = []

    def mark(progress: BuildState) -> None:
        if progress.stage == "encoding" and progress.done >= WARM:
            marks.append((time.perf_counter(), progress.done))

    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="sextant-bench-") as folder:
        source = open_source(str(photos), SourceOptions())
        report = build(source, f"{folder}/gallery", encoder, progress=mark, workers=workers)
    (first, first_done), (last, last_done) = marks[0], marks[-1]
    return (last_done - first_done) / (last - first), report.count / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
