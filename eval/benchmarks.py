"""Load benchmarks: photos with known places, from a local folder and table. Nothing is downloaded."""

import csv
import hashlib
import random
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sextant.base.errors import WrongUse
from sextant.gallery.sources.folder import list_photo_files
from sextant.gallery.sources.names import FileNames
from sextant.gallery.sources.tables import PhotoTable
from sextant.gallery.sources.zips import list_zip_files, list_zip_members

SCENES = {"indoor": "Prob_indoor", "natural": "Prob_natural", "urban": "Prob_urban"}


@dataclass(frozen=True)
class PhotoFacts:
    """A published benchmark: its table's names and rows, and where its data is to be had; photos may lie in zips."""

    tables: tuple[str, ...]
    rows: int | None
    source: str
    folder: str = "images"
    zipped: bool = False


BENCHMARKS: Mapping[str, PhotoFacts] = {
    "im2gps": PhotoFacts(
        ("im2gps_places365.csv",), 237, "the photos of Hays & Efros 2008 (im2gps test set) and the table of ISNs 2018"
    ),
    "im2gps3k": PhotoFacts(
        ("im2gps3k_places365.csv",), 2997, "the photos of Vo et al. 2017 (im2gps3ktest) and the table of ISNs 2018"
    ),
    "yfcc4k": PhotoFacts(
        ("yfcc4k_places365.csv", "yfcc4k.csv"), 4536, "the photos and the table of Vo et al. 2017 (yfcc4k)"
    ),
    "yfcc26k": PhotoFacts(
        ("yfcc25600_places365.csv", "yfcc26k.csv"), 25600, "the table yfcc25600_places365.csv of Theiner et al. 2022"
    ),
    # 210,122 test images: Astruc et al., OpenStreetView-5M, CVPR 2024 (arXiv 2404.18873).
    "osv5m-test": PhotoFacts(
        ("test.csv",),
        210122,
        "the data set osv5m/osv5m, test.csv and the zips of images/test",
        "images/test",
        zipped=True,
    ),
    "folder": PhotoFacts(("metadata.csv",), None, "your own photos, with a table of image,latitude,longitude[,author]"),
}


@dataclass(frozen=True)
class BenchmarkPhoto:
    """One photo of a benchmark. Truth in degrees; ``path`` is None where the table's photo is not in the folder.

    A photo in a zip has the path ``ARCHIVE.zip#NAME``, as ``sextant.gallery.photos.open.read_photo`` takes it.
    """

    image: str
    latitude: float
    longitude: float
    path: str | None = None
    author: str | None = None
    scene: str | None = None

    @property
    def truth(self) -> tuple[float, float]:
        return self.latitude, self.longitude


@dataclass(frozen=True)
class Benchmark:
    """The photos in the table's order; ``manifest`` is what a run keeps of the data, ``notes`` what did not fit."""

    name: str
    photos: tuple[BenchmarkPhoto, ...]
    notes: tuple[str, ...] = ()
    manifest: dict[str, Any] = field(default_factory=dict)


def load_benchmark(name: str, data: Path) -> Benchmark:
    """Read and check a benchmark's folder.

    Args:
        name: a key of ``BENCHMARKS``.
        data: holds the table, and the photos under ``images/`` or beside it.

    Raises:
        WrongUse: no such benchmark or folder, no table, no photos, or a table that is another benchmark's. The
            message says where the data is to be had and how it must lie.
    """
    if name not in BENCHMARKS:
        raise WrongUse(f"unknown benchmark {name!r}; choose from: {', '.join(BENCHMARKS)}")
    table_path, folder = _find_table(name, data), _find_photos_folder(name, data)
    files = set(list_photo_files(folder))
    table = PhotoTable(table_path, photos=files)
    _refuse_other_benchmark(name, table_path, len(table))
    zipped, broken = _list_zipped(folder, files) if BENCHMARKS[name].zipped else (set(), [])
    files |= zipped
    photos, notes = _read_rows(table, files, folder, _read_scenes(table_path))
    if not photos:
        raise WrongUse(f"table {str(table_path)!r} has no row with a position; {describe_layout(name)}")
    notes = [*table.notes, *_count_notes(name, len(table)), *broken, *notes]
    manifest = {
        "benchmark": name,
        "table": table_path.name,
        "table_sha256": hashlib.sha256(table_path.read_bytes()).hexdigest(),
        "rows": len(table),
        "rows_published": BENCHMARKS[name].rows,
        "photos_in_folder": len(files),
        "photos_missing": sum(photo.path is None for photo in photos),
        "authors": len({photo.author for photo in photos if photo.author}),
    }
    return Benchmark(name, tuple(photos), tuple(notes), manifest)


def describe_layout(name: str) -> str:
    """Return where the data is to be had and how it must lie, in one line."""
    known = BENCHMARKS[name]
    where = f"DIR/{known.tables[0]} and DIR/{known.folder}/<photos>"
    return f"{name} needs {where}: {known.source}. Nothing is downloaded; see the guide Evaluation"


def choose_photos(
    benchmark: Benchmark, limit: int | None = None, seed: int = 0, shard: tuple[int, int] | None = None
) -> tuple[BenchmarkPhoto, ...]:
    """Draw a seeded sample of the benchmark's photos in its own order, then take one shard of it.

    Args:
        limit: maximum number of photos.
        shard: (number from 1, of how many).
    """
    photos = benchmark.photos
    if limit is not None and limit < len(photos):
        rows = sorted(random.Random(seed).sample(range(len(photos)), limit))
        photos = tuple(photos[row] for row in rows)
    if shard is not None:
        photos = photos[shard[0] - 1 :: shard[1]]
    return photos


def hash_selection(photos: tuple[BenchmarkPhoto, ...]) -> str:
    """Hash the names and places of the chosen photos: equal digests mean the same photos were measured."""
    digest = hashlib.sha256()
    for photo in sorted(photos, key=lambda photo: photo.image):
        digest.update(f"{photo.image}\t{photo.latitude!r}\t{photo.longitude!r}\n".encode())
    return digest.hexdigest()


def _find_table(name: str, data: Path) -> Path:
    if not data.is_dir():
        raise WrongUse(f"--data {str(data)!r} is not a folder; {describe_layout(name)}")
    for known in BENCHMARKS[name].tables:
        if (data / known).is_file():
            return data / known
    found = sorted(data.glob("*.csv"))
    if len(found) == 1:
        return found[0]
    shown = ", ".join(path.name for path in found[:5]) or "none"
    raise WrongUse(f"folder {str(data)!r} has no table of {name!r} (tables there: {shown}); {describe_layout(name)}")


def _find_photos_folder(name: str, data: Path) -> Path:
    known = BENCHMARKS[name]
    for folder in (data / known.folder, data / "images", data / "photos", data):
        if folder.is_dir() and (
            folder != data or list_photo_files(folder) or (known.zipped and list_zip_files(folder))
        ):
            return folder
    raise WrongUse(f"--data {str(data)!r} holds no photos; {describe_layout(name)}")


def _list_zipped(folder: Path, unpacked: set[str]) -> tuple[set[str], list[str]]:
    """List the photos in the folder's zips that are not unpacked beside them, and what is wrong with a zip."""
    there = {Path(file).name for file in unpacked}
    found: set[str] = set()
    notes = []
    for archive in list_zip_files(folder):
        short = archive.relative_to(folder).as_posix()
        try:
            members = [name for name, _ in list_zip_members(archive)]
        except (zipfile.BadZipFile, OSError) as error:
            notes.append(f"{short!r} is truncated or not a zip file ({error}); its photos are missing")
            continue
        found |= {f"{short}#{name}" for name in members if Path(name).name not in there}
    return found, notes


def _refuse_other_benchmark(name: str, table: Path, rows: int) -> None:
    """Refuse the table of another benchmark: a published README links YFCC26k's as YFCC4K's."""
    for other, known in BENCHMARKS.items():
        if other != name and known.rows == rows and BENCHMARKS[name].rows is not None:
            raise WrongUse(
                f"table {str(table)!r} has {rows:,} rows: it is {other!r}, not {name!r}; name that benchmark"
            )


def _count_notes(name: str, rows: int) -> list[str]:
    published = BENCHMARKS[name].rows
    if published is None or rows == published:
        return []
    if rows > published:
        return [f"the table has {rows:,} rows, {rows - published:,} more than {name} as published ({published:,})"]
    return [
        f"the table has {rows:,} of the {published:,} rows of {name} as published: the figures cover only this part"
    ]


def _read_rows(
    table: PhotoTable, files: set[str], folder: Path, scenes: Mapping[str, str]
) -> tuple[list[BenchmarkPhoto], list[str]]:
    """Return the rows that state a position, once each, and what is odd about the others."""
    photos: dict[str, BenchmarkPhoto] = {}
    placeless, twice = [], []
    names = FileNames(files)
    nested = {Path(file).name: file for file in sorted(files, reverse=True)}  # osv5m: images/test/NN.zip#NN/ID.jpg
    for number in range(len(table)):
        row = table.row(number)
        if row.image in photos:
            twice.append(row.image)
        elif row.problem:
            placeless.append(row.image)
        else:
            file = names.find(row.image) or nested.get(row.image) or nested.get(f"{row.image}.jpg")
            path = str(folder / file) if file else None
            scene = scenes.get(row.image)
            photos[row.image] = BenchmarkPhoto(row.image, row.latitude, row.longitude, path, row.author, scene)
    missing = [photo.image for photo in photos.values() if photo.path is None]
    used = {photo.path for photo in photos.values()}
    spare = sum(str(folder / file) not in used for file in files)
    notes = [
        _make_note(placeless, "state no usable position and cannot be scored"),
        _make_note(twice, "are listed twice; the first row is used"),
        _make_note(missing, "are not in the folder; they count as failed"),
        f"{spare:,} photos of the folder have no row and are skipped" if spare else "",
    ]
    return list(photos.values()), [note for note in notes if note]


def _make_note(images: list[str], what: str) -> str:
    return f"{len(images):,} rows {what} ({images[0]!r}{', …' if len(images) > 1 else ''})" if images else ""


def _read_scenes(table: Path) -> dict[str, str]:
    """Return the likeliest of indoor, natural, urban by image, where the table has Places365's three columns."""
    with table.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        reader = csv.DictReader(line.replace("\0", "") for line in lines)
        if not set(SCENES.values()) <= set(reader.fieldnames or ()):
            return {}
        found = {}
        for row in reader:
            try:
                share = {scene: float(row[column]) for scene, column in SCENES.items()}
            except (TypeError, ValueError):
                continue
            found[(row.get("IMG_ID") or "").strip()] = max(share, key=lambda scene: share[scene])
    return found
