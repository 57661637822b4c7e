"""Measure how alike two photos of one scene are, in deviations from the first hits of a gallery's photos.

    python -m bench.street.scene_gate --scenes same-place --others im2gps3k-dev --encoder builtin

``--others`` stands for the gallery: its first hits by other photographers give mean and deviation, as a retrieval
profile does. Printed for each threshold: how many of the five nearest photos are compared, and which share of the pairs
of one scene that geometry proves are still compared.
"""

import argparse
import csv
import itertools
from pathlib import Path

import numpy as np

from sextant.base.arrays import Floats
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.encoders.spec import Encoder
from sextant.gallery.photos.open import open_photo
from sextant.gallery.scenes.compare import compare_scenes
from sextant.gallery.scenes.features import find_features

_COMPARED = 5
_BATCH = 32
_THRESHOLDS = (-9.0, -0.5, 0.0, 0.5, 1.0, 1.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--others", type=Path, required=True)
    parser.add_argument("--encoder", required=True)
    options = parser.parse_args()
    encoder = load_encoder(options.encoder)
    (table,) = options.others.glob("*.csv")
    with table.open(newline="", encoding="utf-8") as file:
        authors = {row["IMG_ID"]: row["AUTHOR"] for row in csv.DictReader(file)}
    photos = sorted(path for path in (options.others / "images").iterdir() if path.name in authors)
    vectors = _encode(photos, encoder)
    by = np.array([authors[path.name] for path in photos])
    alike = np.where(by[:, None] == by[None, :], -2.0, vectors @ vectors.T)
    top = -np.sort(-alike, axis=1)[:, :_COMPARED]
    mean, deviation = top[:, 0].mean(), top[:, 0].std()
    matched = [(_measure_matched(folder, encoder) - mean) / deviation for folder in sorted(options.scenes.iterdir())]
    pairs = np.concatenate(matched)
    print(f"{len(photos)} photos, {len(pairs)} matched pairs; first hits: mean {mean:.3f}, deviation {deviation:.3f}")
    for least in _THRESHOLDS:
        compared = ((top - mean) / deviation >= least).sum(1)
        print(
            f"at least {least:4.1f} deviations: {compared.mean():.2f} of {_COMPARED} photos compared, "
            f"none for {(compared == 0).mean():.0%} of queries; {(pairs >= least).mean():.0%} of matched pairs kept"
        )


def _encode(photos: list[Path], encoder: Encoder) -> Floats:
    parts = [photos[start : start + _BATCH] for start in range(0, len(photos), _BATCH)]
    return np.concatenate([encoder.encode([open_photo(photo).image for photo in part]) for part in parts]).astype(float)


def _measure_matched(folder: Path, encoder: Encoder) -> Floats:
    """Return the cosines of those pairs of a scene's photos that geometry takes for one scene."""
    photos = sorted(folder.glob("*.jpg"))
    vectors = _encode(photos, encoder)
    features = [find_features(open_photo(photo).image) for photo in photos]
    pairs = itertools.combinations(range(len(photos)), 2)
    return np.array(
        [vectors[a] @ vectors[b] for a, b in pairs if compare_scenes(features[a], features[b]).probability >= 0.5]
    )


if __name__ == "__main__":
    main()
