"""How much of an encoder's own rate a build keeps: photos a second end to end, against the encoder alone.

    python bench/build.py PHOTOS [--encoder builtin --encoder onnx:PATH …] [--photos 4000] [--json]

PHOTOS is a folder of photos; copies that differ in their last bytes make up the number asked for, each at a place of
its own. The encoder alone gets pictures that are decoded already, in batches as a build makes them, and is timed
before and after the build, since a machine is rarely alone. The build's rate counts from its first photo to its last.
"""

import argparse
import csv
import json
import os
import shutil
import statistics
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from gallery.build import build
from gallery.encoders import Encoder, load_encoder
from gallery.filling import BATCH, Progress
from gallery.photos import open_photo
from gallery.sources.folder import photo_files
from gallery.sources.opening import SourceOptions, open_source

ALONE = 512  # photos the encoder alone is timed on


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--encoder", action="append")
    parser.add_argument("--photos", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    temporary = Path(tempfile.mkdtemp(prefix="sextant-bench-"))
    try:
        photos = copies(options.folder, temporary / "photos", options.photos)
        specs = options.encoder or ["builtin"]
        lines = [measured(load_encoder(spec), photos, temporary, options.workers) for spec in specs]
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    print(json.dumps(lines, indent=2) if options.json else table(lines))


def copies(folder: Path, out: Path, count: int) -> Path:
    """``count`` photos with a table of positions beside them."""
    out.mkdir()
    with (out / "positions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "latitude", "longitude"])
        for number, name in enumerate(islice(cycle(photo_files(folder)), count)):
            content = (folder / name).read_bytes()
            (out / f"{number:06}.jpg").write_bytes(content + number.to_bytes(4, "big"))
            writer.writerow([f"{number:06}.jpg", (number * 7) % 120 - 55, (number * 13) % 340 - 170])
    return out


def measured(encoder: Encoder, photos: Path, temporary: Path, workers: int) -> dict[str, Any]:
    before = alone(encoder, photos)
    marks: list[tuple[float, int]] = []

    def mark(progress: Progress) -> None:
        if progress.stage == "encoding":
            marks.append((time.perf_counter(), progress.done))

    begun = time.perf_counter()
    out = temporary / f"gallery-{encoder.fingerprint}"
    report = build(open_source(str(photos), SourceOptions()), str(out), encoder, progress=mark, workers=workers)
    whole = report.count / (time.perf_counter() - begun)
    (first, first_done), (last, last_done) = marks[0], marks[-1]
    own = statistics.mean([before, alone(encoder, photos)])
    rate = (last_done - first_done) / (last - first)
    return {
        "encoder": encoder.spec.split("/")[-1],
        "alone/s": round(own, 1),
        "build/s": round(rate, 1),
        "kept": round(rate / own, 2),
        "with start and finish/s": round(whole, 1),
    }


def alone(encoder: Encoder, photos: Path) -> float:
    """Photos a second of the encoder by itself, pictures decoded beforehand."""
    images = [open_photo(photos / name).image for name in photo_files(photos)[:ALONE]]
    encoder.encode(images[:BATCH])
    begun = time.perf_counter()
    for start in range(0, len(images), BATCH):
        encoder.encode(images[start : start + BATCH])
    return len(images) / (time.perf_counter() - begun)


def table(lines: list[dict[str, Any]]) -> str:
    names = list(lines[0])
    rows = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    return "\n".join(rows + ["| " + " | ".join(str(value) for value in line.values()) + " |" for line in lines])


if __name__ == "__main__":
    main()
