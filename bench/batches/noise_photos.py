"""Photos of noise, no two alike, and a small gallery of some of them."""

from pathlib import Path

import numpy as np
from PIL import Image

IN_GALLERY = 100


def write_photos(folder: Path, count: int) -> list[str]:
    """Write photos of 384 pixels, no two alike."""
    paths = []
    for number in range(count):
        noise = np.random.default_rng(number).integers(0, 255, (18, 24, 3), dtype=np.uint8)
        path = folder / f"{number}.jpg"
        Image.fromarray(noise).resize((384, 288), Image.Resampling.BICUBIC).save(path, quality=85)
        paths.append(str(path))
    return paths


def build_gallery(photos: list[str], folder: Path) -> str:
    """Build a small gallery of some of the photos."""
    from sextant.gallery.build.build import build
    from sextant.gallery.encoders.load import load_encoder
    from sextant.gallery.sources.recognise import SourceOptions, open_source

    table = folder / "table.csv"
    lines = [f"{Path(path).name},{number % 60},{number % 170}" for number, path in enumerate(photos[:IN_GALLERY])]
    table.write_text("image,latitude,longitude\n" + "\n".join(lines))
    source = open_source(str(Path(photos[0]).parent), SourceOptions(metadata=table))
    build(source, str(folder / "gallery"), load_encoder("builtin"), workers=0)
    return str(folder / "gallery")
