"""Make the verification model that the package ships, agent/verification/models/default.json, from the data folder.

    python scripts/fit_default_model.py DATA --out model.json
    python scripts/fit_default_model.py DATA --out small.json --members 1 --sample 0.1     # minutes, to try it

DATA holds im2gps3k-dev/ (photos, table, recorded.jsonl.gz), lmm-answers-dev/ and encoder/ (an ONNX encoder). Made and
kept in --work, and not made again by the next run with the same --work:

- galleries of one half of the photographers of im2gps3k-dev (`half`), each half in turn: by the ONNX encoder, by
  `builtin`, of a tenth of the photos, and of the photos west of 30° W alone;
- what each retrieves for the other half's photos, with the gallery's own profile and the recorded answers, of 30 % of
  the photos by a hash, so that no kind of gallery outweighs the recorded retrieval of the large one;
- that recorded retrieval with 70 and 95 % of its places replaced by random ones of all lists, of 10 % of the photos;
- the recorded files themselves: retrieval with one answer, the street photos, thinking-with-map, privacy-prose.

All are fitted together. The figures stored in the model are those of five folds by photographer.
`strong-model.jsonl.gz` is measured with and never fitted. The same data, versions and seed give the same model.
"""

import argparse
import csv
import gzip
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sextant.base.json_types import Json
from sextant.eval.benchmarks import BenchmarkPhoto, load_benchmark
from sextant.eval.fitting.crossfit import FOLDS
from sextant.eval.fitting.fit import MEMBERS
from sextant.eval.fitting.jobs import fit_files, write_model
from sextant.eval.fitting.retrieving import drawn_by_hash, read_answers, retrieve, write_rows
from sextant.eval.reporting.figures_text import format_figures
from sextant.gallery.build.build import build
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.sources.recognise import SourceOptions, open_source
from sextant.gallery.store import Gallery

ANSWERS = ("street-view-16-models.jsonl.gz", "thinking-with-map.jsonl.gz", "privacy-prose.jsonl.gz")
NOISE = (70, 95)  # % of a list's places that are replaced
OF_EACH, OF_NOISED = 0.3, 0.1  # of the photos in each made file; real lists are to count for more than noise


@dataclass(frozen=True)
class Made:
    """A kind of gallery: its encoder, and which photos are in it."""

    name: str
    encoder: str
    tenth: bool = False
    america: bool = False

    def holds(self, photo: BenchmarkPhoto) -> bool:
        """Return whether a photo of the half is in the gallery."""
        if self.america and photo.longitude >= -30:
            return False
        return not self.tenth or int(hashlib.sha1(photo.image.encode()).hexdigest(), 16) % 10 == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--members", type=int, default=MEMBERS, help="networks of the learned scorer")
    parser.add_argument("--sample", type=float, default=1.0, help="share of the photos of every file, to try it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="folds fitted at once")
    parser.add_argument("--work", type=Path, help="folder of what is made; a temporary one by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sextant-fit-") as temporary:
        work = options.work or Path(temporary)
        refuse_other(work, {"data": str(options.data.resolve()), "sample": options.sample, "seed": options.seed})
        files = make_files(options.data, work, options.sample, options.seed)
        model, found = fit_files(files, (), FOLDS, options.members, tell, options.jobs)
        write_model(model, options.out)
    for name, figures in found.items():
        print("\n".join(format_figures(f"{name}, held out", figures)))
    print(f"wrote {options.out}")


def refuse_other(work: Path, made_of: Json) -> None:
    """End where the folder holds what was made of other data, or with another sample or seed."""
    work.mkdir(parents=True, exist_ok=True)
    note = work / "made-of.json"
    if note.exists() and json.loads(note.read_text(encoding="utf-8")) != made_of:
        sys.exit(f"{str(work)!r} holds files of other data, sample or seed ({note.name}); give another --work")
    note.write_text(json.dumps(made_of), encoding="utf-8")


def make_files(data: Path, work: Path, sample: float, seed: int) -> list[Path]:
    """Return the files to fit on: the recorded ones, or a sample of them, and those made of own galleries and noise."""
    dev = data / "im2gps3k-dev"
    sources = [dev / "recorded.jsonl.gz", *(data / "lmm-answers-dev" / name for name in ANSWERS)]
    recorded = [sampled(path, work, sample, seed) for path in sources]
    photos = [photo for photo in load_benchmark("folder", dev).photos if photo.author and photo.path]
    onnx = f"onnx:{next(iter(sorted((data / 'encoder').glob('*.onnx'))))}"
    kinds = (
        Made("onnx", onnx),
        Made("builtin", "builtin"),
        Made("tenth", onnx, tenth=True),
        Made("america", onnx, america=True),
    )
    own = [own_galleries(kind, photos, dev, work, sample, seed) for kind in kinds]
    return [*recorded, *own, *(noised(dev / "recorded.jsonl.gz", work, share, sample, seed) for share in NOISE)]


def half(author: str) -> int:
    """Return the half of the photographers, 0 or 1, that a photographer is of."""
    return int(hashlib.sha1(f"half{author}".encode()).hexdigest(), 16) % 2


def sampled(path: Path, work: Path, sample: float, seed: int) -> Path:
    """Return the file itself, or a share of its photos in a file of the same name."""
    if sample >= 1:
        return path
    made = work / path.name
    if not made.exists():
        rows = list(read_rows(path))
        kept = drawn_by_hash((str(row["image"]) for row in rows), sample, seed)
        write_rows(made, (row for row in rows if str(row["image"]) in kept))
    return made


def own_galleries(kind: Made, photos: list[BenchmarkPhoto], dev: Path, work: Path, sample: float, seed: int) -> Path:
    """Return what galleries of one kind retrieve for the photos of the other half."""
    made = work / f"{kind.name}.jsonl.gz"
    if made.exists():
        return made
    answers = read_answers(dev / "recorded.jsonl.gz")
    drawn = drawn_by_hash((photo.image for photo in photos), OF_EACH * sample, seed + len(kind.name))
    rows: list[Json] = []
    for own in (0, 1):
        known = [photo for photo in photos if half(photo.author or "") == own and kind.holds(photo)]
        asking = [photo for photo in photos if half(photo.author or "") != own and photo.image in drawn]
        gallery = built(kind, known, dev, work / f"{kind.name}-{own}")
        rows += retrieve([photo for photo in asking if answers.get(photo.image)], gallery, answers, exclude_author=True)
    write_rows(made, rows)
    tell(f"{made.name}: {len(rows):,} photos")
    return made


def built(kind: Made, known: list[BenchmarkPhoto], dev: Path, folder: Path) -> Gallery:
    """Return the gallery of these photos, with its profile."""
    table = folder.with_suffix(".csv")
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "latitude", "longitude", "author"])
        writer.writerows(
            [Path(photo.path or "").name, photo.latitude, photo.longitude, photo.author] for photo in known
        )
    source = open_source(str(dev / "images"), SourceOptions(metadata=table))
    report = build(source, str(folder), load_encoder(kind.encoder))
    tell(f"gallery {folder.name}: {report.count:,} photos in {report.seconds:.0f} s")
    return Gallery.open(str(folder))


def noised(path: Path, work: Path, percent: int, sample: float, seed: int) -> Path:
    """Return the recorded retrieval in which a share of the places is replaced by random ones of all lists."""
    made = work / f"noised{percent}.jsonl.gz"
    if not made.exists():
        rows = list(read_rows(path))
        places = [place for row in rows for place in row["nearest"]]
        drawn = drawn_by_hash((str(row["image"]) for row in rows), OF_NOISED * sample, seed + percent)
        chance = np.random.default_rng([seed, percent])
        write_rows(made, (mix(row, places, percent / 100, chance) for row in rows if str(row["image"]) in drawn))
    return made


def mix(row: Json, places: list[list[float]], share: float, chance: np.random.Generator) -> Json:
    """Return the row with some of its retrieved places replaced; its far side would give them away and is left out."""
    nearest = [places[chance.integers(len(places))] if chance.random() < share else place for place in row["nearest"]]
    return {**row, "nearest": nearest, "farthest": []}


def read_rows(path: Path) -> Iterator[Json]:
    """Yield the objects of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, filter(str.strip, lines))


BEGUN = time.monotonic()


def tell(line: str) -> None:
    print(f"{time.monotonic() - BEGUN:6.0f} s  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
