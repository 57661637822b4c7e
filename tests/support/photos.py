"""Small photos with EXIF for tests, made on the spot."""

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

GPS_IFD = 0x8825


def picture(seed: int = 0, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A smooth picture that depends on the seed alone."""
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC)


def gps_exif(latitude: float, longitude: float) -> Image.Exif:
    """EXIF that states a position in degrees."""
    exif = Image.Exif()
    exif[GPS_IFD] = {
        1: "N" if latitude >= 0 else "S",
        2: _parts(abs(latitude)),
        3: "E" if longitude >= 0 else "W",
        4: _parts(abs(longitude)),
    }
    return exif


def _parts(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    return IFDRational(round(degrees * 10**6), 10**6), IFDRational(0, 1), IFDRational(0, 1)


def jpeg(seed: int = 0, exif: Image.Exif | None = None, size: tuple[int, int] = (64, 48)) -> bytes:
    buffer = io.BytesIO()
    picture(seed, size).save(buffer, "JPEG", exif=exif.tobytes() if exif else b"", quality=90)
    return buffer.getvalue()


def photo_folder(folder: Path, positions: list[tuple[float, float]], first_seed: int = 0) -> Path:
    """A folder of JPEGs 000.jpg, 001.jpg … with these positions in their EXIF."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, position in enumerate(positions):
        (folder / f"{index:03}.jpg").write_bytes(jpeg(first_seed + index, gps_exif(*position)))
    return folder


def stated_degrees(rationals: str, letter: str) -> float:
    """Degrees of ``[43, 28, 1407/500]`` and ``N``."""
    parts = [Fraction(part.strip()) for part in rationals.strip("[]").split(",")]
    total = sum(part / 60**power for power, part in enumerate(parts))
    return float(total if letter in "NE" else -total)
