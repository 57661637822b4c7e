"""A gallery of a few drawn pictures at known places, for tests that need a real one quickly."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

# Colour, place: photos of one place share a colour, so that the builtin encoder finds them alike.
PLACES = {
    "lisbon": ((200, 60, 40), 38.7139, -9.1394, "ana"),
    "porto": ((190, 70, 60), 41.1496, -8.6110, "bruno"),
    "nairobi": ((40, 140, 60), -1.2833, 36.8167, "chao"),
    "oslo": ((60, 80, 200), 59.9127, 10.7461, "dag"),
}
PHOTOS_EACH = 6


def picture(colour: tuple[int, int, int], seed: int) -> Image.Image:
    """A noisy picture of one colour with a bright block whose place varies with the seed."""
    chance = np.random.default_rng(seed)
    pixels = np.full((96, 128, 3), colour, dtype=float) + chance.normal(0, 12, (96, 128, 3))
    top, left = chance.integers(0, 60), chance.integers(0, 90)
    pixels[top : top + 24, left : left + 30] += 60
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def write_photos(folder: Path) -> Path:
    """The photos and their metadata.csv; returns the CSV."""
    folder.mkdir(parents=True)
    table = folder.parent / "metadata.csv"
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "latitude", "longitude", "author"])
        for place, (colour, latitude, longitude, author) in PLACES.items():
            for number in range(PHOTOS_EACH):
                name = f"{place}-{number}.jpg"
                picture(colour, seed=hash_of(name)).save(folder / name, quality=90)
                rows.writerow([name, latitude + number * 0.001, longitude, author])
    return table


def hash_of(name: str) -> int:
    """A seed of the name that is the same in every process."""
    return sum(ord(letter) * 31**number for number, letter in enumerate(name)) % 2**32


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the photos; metadata.csv lies beside it."""
    folder = tmp_path_factory.mktemp("small") / "photos"
    write_photos(folder)
    return folder


@pytest.fixture(scope="session")
def gallery(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery built from them with the builtin encoder."""
    from sextant.gallery.build.build import build
    from sextant.gallery.encoders.load import load_encoder
    from sextant.gallery.sources.recognise import SourceOptions, open_source

    out = tmp_path_factory.mktemp("galleries") / "small"
    source = open_source(str(photos), SourceOptions(metadata=photos.parent / "metadata.csv"))
    build(source, str(out), load_encoder("builtin"), workers=0)
    return out


@pytest.fixture(scope="session")
def query(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of Lisbon that the gallery does not hold."""
    file = tmp_path_factory.mktemp("query") / "query.jpg"
    picture(PLACES["lisbon"][0], seed=4711).save(file, quality=90)
    return file
