"""Galleries of random vectors for tests: rows without photos behind them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.gallery.build.commit import BuildTask, open_writer
from sextant.gallery.build.decode import DecodedPhoto
from sextant.gallery.build.finalize import finish_gallery
from sextant.gallery.encoders.spec import normalise
from sextant.gallery.store import Gallery

COUNTRIES = ("FR", "DE", "JP", None)


def unit_vectors(count: int, dimension: int, seed: int = 0) -> NDArray[np.float32]:
    return normalise(np.random.default_rng(seed).normal(size=(count, dimension)))


def made_rows(count: int, seed: int = 0) -> list[DecodedPhoto]:
    """Rows spread over the globe, with ten authors and four countries."""
    rng = np.random.default_rng(seed)
    positions = np.column_stack([rng.uniform(-80, 80, count), rng.uniform(-180, 180, count)])
    hashes = rng.integers(0, 2**63, count)
    return [
        DecodedPhoto(
            {
                "id": f"{index:06}.jpg",
                "latitude": float(latitude),
                "longitude": float(longitude),
                "author": "it's" if index % 10 == 0 else f"author {index % 10}",
                "source": "made",
                "country_code": COUNTRIES[index % 4],
                "captured_at": None,
                "sha256": f"{index:064x}",
                "phash": f"{phash:016x}",
                "uri": None,
            },
            np.empty(0),
        )
        for index, ((latitude, longitude), phash) in enumerate(zip(positions, hashes, strict=True))
    ]


def made_gallery(path: Path | str, count: int, dimension: int, vectors: NDArray[np.float32] | None = None) -> Gallery:
    """A finished gallery in a folder or at an object-store address."""
    chosen = unit_vectors(count, dimension) if vectors is None else vectors
    with open_writer(str(path), dimension) as writer:
        writer.begin(BuildTask("build", "made", "made-1", {}), None)
        writer.append(made_rows(count), chosen)
        finish_gallery(writer, spec="made", fingerprint="made-1", source="made", settings={}, notes=[])
    return Gallery.open(str(path))
