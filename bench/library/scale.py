"""Measure how joint inference and the outputs of a library grow with its photos.

    python -m bench.library.scale LIBRARY                               # 500, 5,000 and 100,000 photos
    python -m bench.library.scale LIBRARY --photos 500 5000 --keep DIR  # leave the outputs in DIR to open them

LIBRARY is the ``--out`` folder of a library that was located; its lines are repeated, each time at another place and
time, as the photos of one camera for every 2,500: a photo every half hour of ten days, then four days of rest, so that
the camera's photos are one long trip. Nine of ten photos have a time and one of twenty a position of its own. Each size
is measured in a process of its own. The last line compares the processor time of a photo at the largest with the
smallest size: 1.0 is linear.
"""

import argparse
import json
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.memory import read_peak_megabytes, reset_peak, run_in_process
from bench.table import print_table
from sextant.app.library.finishing import Finishing, finish_library, read_placed
from sextant.app.library.folder import LibraryFolder
from sextant.app.library.outputs.write import FILES
from sextant.base.json_types import Json

SIZES = (500, 5_000, 100_000)
CAMERA = 2_500  # photos of one camera
_BEGIN = datetime(2019, 3, 1, 6, tzinfo=UTC)
_A_DAY, _ON, _OFF = 25, 10, 4  # photos a day; days of taking photos and of rest


def main() -> None:
    """Measure every size and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--photos", type=int, nargs="+", default=SIZES)
    parser.add_argument("--keep", type=Path, help="leave the outputs of each size in this folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = given.keep or Path(scratch)
        lines = []
        for photos in sorted(given.photos):
            out = root / str(photos)
            run_in_process(write_library, given.library, out, photos)
            lines.append(run_in_process(measure_size, out, photos))
            if not given.keep:
                shutil.rmtree(out)
    print(print_table(lines))
    for name in ("joint", "outputs"):
        least, most = (float(lines[at][f"{name} CPU s"]) / lines[at]["photos"] for at in (0, -1))
        print(
            f"{name}: a photo at {lines[-1]['photos']:,} takes {most / least:.2f} times one at {lines[0]['photos']:,}"
        )


def write_library(library: Path, out: Path, photos: int) -> None:
    """Write a library of so many photos from the lines of a real one."""
    source = LibraryFolder(library)
    known = [line for _, line in source.read_all(source.read_index()) if line["answer"] and line["answer"]["best"]]
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(source.header_file, out)
    with (out / "answers.jsonl").open("w", encoding="utf-8") as file:
        for line in repeat_lines(known, photos):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    if (library / "thumbnails").is_dir() and not (out / "thumbnails").exists():
        shutil.copytree(library / "thumbnails", out / "thumbnails")


def repeat_lines(known: list[Json], photos: int) -> Iterator[Json]:
    """Yield so many lines with names, cameras, times and places of their own."""
    chance = random.Random(0)
    for number in range(photos):
        line = json.loads(json.dumps(known[number % len(known)]))
        camera, taken = divmod(number, CAMERA)
        day, slot = divmod(taken, _A_DAY)
        at = _BEGIN + timedelta(days=day + day // _ON * _OFF, minutes=30 * slot)
        timed, placed = chance.random() < 0.9, chance.random() < 0.05
        answer, north = line["answer"], chance.uniform(-2, 2)
        for place in (answer["best"], *answer["candidates"]):
            place["latitude"] = max(-89.0, min(89.0, place["latitude"] + north))
        answer["metadata"] |= {"taken_at": at.isoformat() if timed else None}
        if placed:
            answer["metadata"] |= {"verdict": "agrees", "source": "exif", "distance_km": 0.0}
            answer["metadata"] |= {name: answer["best"][name] for name in ("latitude", "longitude")}
        yield {**line, "photo": f"{camera:03d}/{taken:06d}.jpg", "camera": f"Bench {camera}", "same_as": None}


def measure_size(out: Path, photos: int) -> dict[str, Any]:
    """Measure the joint step alone, and all of what a library is finished with."""
    folder = LibraryFolder(out)
    index = folder.read_index()
    reset_peak()
    alone = _measure_cpu(lambda: sum(1 for _ in read_placed(folder, index, Finishing(neighbours=False))))
    both = _measure_cpu(lambda: sum(1 for _ in read_placed(folder, index, Finishing())))
    joint_megabytes = read_peak_megabytes()
    reset_peak()
    outputs = _measure_cpu(lambda: finish_library(folder, Finishing(neighbours=False)))
    sizes = {f"{name} MB": round((out / name).stat().st_size / 1e6, 1) for name in ("answers.jsonl", *FILES)}
    line: dict[str, Any] = {
        "photos": photos,
        "joint CPU s": round(both - 2 * alone, 2),
        "joint peak MB": joint_megabytes,
    }
    return line | {"outputs CPU s": round(outputs, 2), "outputs peak MB": read_peak_megabytes(), **sizes}


def _measure_cpu(work: Any) -> float:
    """Return the seconds of processor time that some work takes."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
