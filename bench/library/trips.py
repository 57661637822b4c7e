"""Measure what neighbours of a trip add to single answers, on recorded answers of photos in the photographer's order.

    python -m bench.library.trips im2gps3k-dev/recorded.jsonl.gz

Photographers with at least 8 photos, ordered by Flickr's number of the photo (no time is known). One half of the
photographers is what the prior of steps is measured on (``--half a``), the other what accuracy and calibration are
reported on (``--half b``). Verification is cross-fitted in neither: its shipped numbers are used on both.
"""

import argparse
import hashlib
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from sextant.agent.trips.calibration import JointEvidence
from sextant.agent.trips.evidence import PhotoEvidence, make_evidence
from sextant.agent.trips.joint import chain_trip, locate_trip
from sextant.agent.trips.travel import RINGS_KM
from sextant.agent.verification import verify
from sextant.eval.fitting.recorded import Record, read_records
from sextant.geo.sphere import compute_great_circle_km

LEAST = 8


def get_half(author: str) -> str:
    """Return the half that a photographer belongs to."""
    return "ab"[hashlib.sha256(f"trips {author}".encode()).digest()[0] % 2]


def read_trips(path: Path, half: str) -> list[list[Record]]:
    """Read the photographers of a half, each with the photos in Flickr's order."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in read_records(path):
        if record.author and get_half(record.author) == half:
            groups[record.author].append(record)
    order = [sorted(group, key=lambda one: int(one.image.split("_")[0])) for group in groups.values()]
    return [group for group in order if len(group) >= LEAST]


def make_photo_evidence(record: Record, anchored: bool) -> PhotoEvidence:
    """Verify a photo's candidates alone, and make its evidence."""
    verdict = verify(record.pool(), "calibrated", "balanced").to_json()
    best = None if verdict["latitude"] is None else verdict
    anchor = (record.latitude, record.longitude) if anchored else None
    return make_evidence(record.image, best, verdict["probability"], verdict["candidates"], None, anchor)


def measure(trips: list[list[Record]], anchors: int) -> None:
    """Print accuracy and stated probability of single and joint answers; every n-th photo is an anchor (0: none)."""
    single, joint = [], []
    for trip in trips:
        known = [bool(anchors) and number % anchors == 0 for number in range(len(trip))]
        photos = [make_photo_evidence(record, anchored) for record, anchored in zip(trip, known, strict=True)]
        places = {place.name: place for place in locate_trip(photos)}
        for record, photo, anchored in zip(trip, photos, known, strict=True):
            if anchored:
                continue
            truth = record.latitude, record.longitude
            km = np.inf if photo.best is None else float(compute_great_circle_km(photo.best, truth))
            single.append((km, photo.rings[0], photo.rings[0] + photo.rings[1]))
            place = places.get(record.image)
            far = np.inf if place is None else float(compute_great_circle_km((place.latitude, place.longitude), truth))
            joint.append((far, place.within_25_km if place else 0.0, place.within_200_km if place else 0.0))
    for name, rows in (("single", np.array(single)), ("joint", np.array(joint))):
        print(f"{name:>7}: {len(rows):,} photos", end="")
        for column, km in ((1, 25.0), (2, 200.0)):
            hit = rows[:, 0] < km
            print(
                f"; {km:.0f} km {hit.mean():.2%} (stated {rows[:, column].mean():.2%}, ece "
                f"{expected_calibration_error(rows[:, column], hit):.3f})",
                end="",
            )
        print(f"; 750 km {(rows[:, 0] < 750).mean():.2%}")


def fit(trips: list[list[Record]]) -> None:
    """Print the weights of `agent/trips/calibration.py`: least log loss with and without anchors, slightly damped."""
    chained, truths = [], []
    for trip in trips:
        alone = [make_photo_evidence(record, False) for record in trip]
        for anchors in (0, 5):
            places = [(record.latitude, record.longitude) for record in trip]
            photos = [
                replace(photo, anchor=place) if anchors and number % anchors == 0 else photo
                for number, (photo, place) in enumerate(zip(alone, places, strict=True))
            ]
            known = dict(zip([record.image for record in trip], places, strict=True))
            found = chain_trip(photos)
            chained += found
            truths += [known[one.place.name] for one in found]
    positions = np.array([(one.place.latitude, one.place.longitude) for one in chained])
    km = compute_great_circle_km(positions, np.array(truths))
    for column, radius in enumerate((25, 200)):
        joint = [(one.place.within_25_km, one.place.within_200_km)[column] for one in chained]
        evidence = JointEvidence(joint, [one.own[column] for one in chained], [one.anchored for one in chained])
        features, signs = evidence.make_features(), np.where(km < radius, 1.0, -1.0)

        def loss(weights: np.ndarray, features: np.ndarray = features, signs: np.ndarray = signs) -> float:
            return float(np.logaddexp(0.0, -signs * (features @ weights)).mean() + 1e-3 * weights @ weights)

        print(f"{radius} km:", minimize(loss, np.zeros(features.shape[1])).x.round(2).tolist())


def expected_calibration_error(stated: np.ndarray, hit: np.ndarray) -> float:
    """Return the mean distance of stated from happened over ten bins of equal count."""
    order = np.argsort(stated, kind="stable")
    parts = np.array_split(order, 10)
    return float(sum(len(part) * abs(stated[part].mean() - hit[part].mean()) for part in parts) / len(stated))


def main() -> None:
    """Print the share of steps in each ring, and single against joint."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recorded", type=Path)
    parser.add_argument("--half", choices=("a", "b"), default="b")
    parser.add_argument("--anchors", type=int, default=0, help="Every n-th photo states its place.")
    parser.add_argument("--fit", action="store_true", help="Fit the calibration of joint probabilities on half a.")
    options = parser.parse_args()
    if options.fit:
        fit(read_trips(options.recorded, "a"))
        return
    trips = read_trips(options.recorded, options.half)
    steps = [
        float(compute_great_circle_km((a.latitude, a.longitude), (b.latitude, b.longitude)))
        for trip in trips
        for a, b in pairwise(trip)
    ]
    shares = np.bincount(np.searchsorted(np.array(RINGS_KM), steps), minlength=5) / len(steps)
    print(f"half {options.half}: {len(trips)} photographers; steps by ring:", *(f"{share:.3f}" for share in shares))
    measure(trips, options.anchors)


if __name__ == "__main__":
    main()
