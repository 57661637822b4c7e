"""Measure how surely two photos of one scene are told from photos of different places, and fit the calibration.

    python -m bench.street.same_scene --scenes same-place --others im2gps3k-dev [--fit calibration.json]

``--scenes`` holds a folder of photos for each scene; ``--others`` a folder ``images`` and a table of positions. Pairs
of one scene are all pairs of a folder; other pairs are of photographers who differ and places more than 50 km apart,
and of each scene's photos with others, which have as many features. Everything is split by photo: a hash of the name
puts it into the part that is fitted on or the part that is reported. Printed: the curve and milliseconds a pair.
"""

import argparse
import csv
import hashlib
import itertools
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sextant.base.arrays import Floats
from sextant.gallery.photos.open import open_photo
from sextant.gallery.scenes.compare import SceneMatch, compare_scenes
from sextant.gallery.scenes.features import LocalFeatures, find_features
from sextant.gallery.scenes.probability import load_fit
from sextant.geo.sphere import compute_great_circle_km

_APART_KM = 50.0
_OTHER_PAIRS = 2000  # in each part
_MIXED_PAIRS = 1000  # of scene photos with others, in each part
_PRIOR = 0.02  # of a retrieved photo: most of one's neighbours in a gallery show another scene
_LEAST_SPREAD = 0.01
_TAIL = 6  # inliers from which on the tails are fitted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--others", type=Path, required=True)
    parser.add_argument("--fit", type=Path, help="write the calibration here")
    options = parser.parse_args()
    folders = sorted(path for path in options.scenes.iterdir() if path.is_dir())
    scenes = {folder.name: sorted(folder.glob("*.jpg")) for folder in folders}
    known: dict[Path, LocalFeatures] = {}
    took: list[float] = []
    compared: dict[tuple[str, int], list[SceneMatch]] = {}
    for part in (0, 1):
        named: dict[str, list[tuple[Path, Path]]] = {
            name: list(itertools.combinations([photo for photo in photos if _find_part(photo) == part], 2))
            for name, photos in scenes.items()
        }
        named["other"], named["mixed"] = _draw_pairs(options.others, scenes, part)
        for name, pairs in named.items():
            compared[name, part] = [_compare(pair, known, took) for pair in pairs]
    for name, photos in scenes.items():  # every pair, as the goal is worded
        compared[f"all of {name}", 1] = [_compare(pair, known, []) for pair in itertools.combinations(photos, 2)]
    fitted = _fit(compared, list(scenes)) if options.fit else load_fit()
    if options.fit:
        options.fit.write_text(json.dumps(fitted) + "\n", encoding="utf-8")
    print(f"milliseconds: features of a photo {_time_features(list(known)[:60]):.0f}, a pair {np.median(took):.0f}")
    _print_curve(compared, list(scenes))
    _print_calibration(compared, list(scenes), fitted)


def _find_part(photo: Path) -> int:
    return hashlib.sha256(f"{photo.parent.name}/{photo.name}".encode()).digest()[0] % 2


def _draw_pairs(
    others: Path, scenes: dict[str, list[Path]], part: int
) -> tuple[list[tuple[Path, Path]], list[tuple[Path, Path]]]:
    (table,) = others.glob("*.csv")
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (others / "images" / row["IMG_ID"]).exists()]
    rows = [row for row in rows if _find_part(others / "images" / row["IMG_ID"]) == part]
    chance = random.Random(part)
    pairs: list[tuple[Path, Path]] = []
    while len(pairs) < _OTHER_PAIRS:
        a, b = chance.sample(rows, 2)
        km = float(compute_great_circle_km((float(a["LAT"]), float(a["LON"])), (float(b["LAT"]), float(b["LON"]))))
        if a["AUTHOR"] != b["AUTHOR"] and km > _APART_KM:
            pairs.append((others / "images" / a["IMG_ID"], others / "images" / b["IMG_ID"]))
    mine = [photo for photos in scenes.values() for photo in photos if _find_part(photo) == part]
    mixed = [(chance.choice(mine), others / "images" / chance.choice(rows)["IMG_ID"]) for _ in range(_MIXED_PAIRS)]
    return pairs, mixed


def _compare(pair: tuple[Path, Path], known: dict[Path, LocalFeatures], took: list[float]) -> SceneMatch:
    for photo in pair:
        if photo not in known:
            known[photo] = find_features(open_photo(photo).image)
    began = time.perf_counter()
    match = compare_scenes(known[pair[0]], known[pair[1]])
    took.append(1000 * (time.perf_counter() - began))
    return match


def _time_features(photos: Sequence[Path]) -> float:
    took = []
    for photo in photos:
        image = open_photo(photo).image
        began = time.perf_counter()
        find_features(image)
        took.append(1000 * (time.perf_counter() - began))
    return float(np.median(took))


def _count(matches: Sequence[SceneMatch]) -> Floats:
    return np.array([match.inliers if match.spread >= _LEAST_SPREAD else 0 for match in matches], dtype=float)


def _fit(compared: dict[tuple[str, int], list[SceneMatch]], scenes: list[str]) -> dict[str, float]:
    """Fit log odds at equal priors on part 0, from geometric tails: of one scene, and of chance by its upper bound."""
    same = np.concatenate([_count(compared[name, 0]) for name in scenes])
    chance = _count(compared["mixed", 0])  # the harder of the two: both photos have many features
    above, excess = chance[chance >= _TAIL], chance[chance >= _TAIL] - _TAIL
    share = (len(above) + 2 * np.sqrt(len(above)) + 2) / len(chance)
    stays = (excess.sum() + 2 * np.sqrt(excess.sum()) + 2) / (excess.sum() + len(above))  # from n to n + 1 inliers
    stays = min(0.7, float(stays))
    mean = float((same[same >= _TAIL] - _TAIL).mean())
    kept = mean / (1 + mean)
    slope = float(np.log(kept) - np.log(stays))
    intercept = float(np.log((same >= _TAIL).mean() * (1 - kept)) - np.log(share * (1 - stays))) - slope * _TAIL
    return {"intercept": round(intercept, 3), "slope": round(slope, 3), "prior": _PRIOR, "least_spread": _LEAST_SPREAD}


def _print_curve(compared: dict[tuple[str, int], list[SceneMatch]], scenes: list[str]) -> None:
    names = [*scenes, *(f"all of {name}" for name in scenes), "other", "mixed"]
    print(f"{'inliers':>8} " + " ".join(f"{name:>14}" for name in names))
    for least in (6, 8, 10, 12, 15, 20, 30, 40):
        shares = [float((_count(compared[name, 1]) >= least).mean()) if compared[name, 1] else 0.0 for name in names]
        print(f"{least:>8} " + " ".join(f"{100 * share:>12.2f} %" for share in shares))
    print(f"{'pairs':>8} " + " ".join(f"{len(compared[name, 1]):>14}" for name in names))


def _print_calibration(
    compared: dict[tuple[str, int], list[SceneMatch]], scenes: list[str], fitted: dict[str, float]
) -> None:
    def predict(matches: Sequence[SceneMatch]) -> Floats:
        odds = fitted["intercept"] + fitted["slope"] * _count(matches)
        return np.asarray(1 / (1 + np.exp(-odds)))

    same = np.concatenate([predict(compared[name, 1]) for name in scenes])
    different = np.concatenate([predict(compared[name, 1]) for name in ("other", "mixed")])
    brier = 0.5 * float(((1 - same) ** 2).mean()) + 0.5 * float((different**2).mean())
    print(f"fitted {fitted}")
    print(f"at equal priors, on the part not fitted on: Brier score {brier:.4f} (knowing nothing: 0.25)")
    for level in (0.5, 0.9, 0.99):
        held, false = float((same >= level).mean()), float((different >= level).mean())
        print(f"P >= {level}: {100 * held:.1f} % of one scene, {100 * false:.2f} % of {len(different)} others")


if __name__ == "__main__":
    main()
