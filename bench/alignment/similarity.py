"""Measure the worth of an alignment's position score for verification, on held-out photographers.

    python -m bench.alignment.similarity ../shared/data/im2gps3k-dev --backbone onnx:TOWER.onnx --cache CACHE \
        --scored scored.jsonl.gz

Alignments (image + GPS) are trained on halves of the photographers, one for each seed. Each photo's recorded places
are scored by the first of them that has not seen its photographer; of three seeds one photo in eight is seen by all and
stays without scores. The records with their scores are written to --scored, in the form `sextant eval fit` reads; where
that file exists, nothing is trained.

Then all of it is judged: the first retrieved, the model's recorded answer, density, similarity, and `calibrated`,
cross-fitted by photographer, without the score and with it. Also printed: each alignment's change of the retrieval
distance, with a bootstrap over photographers.
"""

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sextant.agent.verification import verify
from sextant.agent.verification.pool import Pool
from sextant.base.arrays import Floats
from sextant.eval.fitting.crossfit import cross_fit
from sextant.eval.fitting.jobs import held_out_verifier
from sextant.eval.fitting.judging import judge_all
from sextant.eval.fitting.recorded import Record, read_records
from sextant.eval.metrics import compute_accuracy, compute_calibration_error
from sextant.gallery.alignment.measure import embed_rows, encode_positions, find_nearest_rows
from sextant.gallery.alignment.model.aligned_model import Alignment
from sextant.gallery.alignment.model.backbone import load_backbone
from sextant.gallery.alignment.model.config import Part
from sextant.gallery.alignment.recipe import prepare
from sextant.gallery.alignment.training.cache import Cache
from sextant.gallery.alignment.training.settings import TrainSettings
from sextant.gallery.alignment.training.train import Training
from sextant.gallery.sources.recognise import SourceOptions, open_source
from sextant.geo.sphere import compute_geodesic_km, compute_great_circle_km

Scores = list[list[float]]  # [latitude, longitude, cosine]
RESAMPLED = 2000
NAMES = ("1", "25", "200", "750", "2500")


def score_positions(alignment: Alignment, cache: Cache, row: int, pool: Pool) -> Scores:
    """Return the cosine of a cached photo with every place of its pool."""
    places = np.unique(pool.positions, axis=0)
    image = embed_rows(alignment, cache, np.array([row]), ("gps",))[0]
    cosines = (encode_positions(alignment, places) @ image).double().tolist()
    return [[*place, round(cosine, 6)] for place, cosine in zip(places.tolist(), cosines, strict=True)]


def train_half(asked: argparse.Namespace, seed: int) -> Training:
    """Return an alignment of one half of the photographers; the other half is held out."""
    settings = TrainSettings(
        spaces="gps", epochs=asked.epochs, learning_rate=3e-4, decay=0.97, validation=0.5, seed=seed
    )
    source = open_source(str(asked.data / "images"), SourceOptions(asked.data / "im2gps3k_places365.csv"))
    prepared = prepare(source, load_backbone(asked.backbone), settings, asked.cache)
    with tempfile.TemporaryDirectory() as out:
        training = Training(prepared.cache, None, prepared.config, settings, Path(out))
        training.run(lambda look: None)
    return training


def score_records(asked: argparse.Namespace, recorded: Path) -> list[Record]:
    """Write the records with scores and read them back."""
    pools = {record.image: record.pool() for record in read_records(recorded)}
    found: dict[str, Scores] = {}
    for seed in asked.seeds:
        training = train_half(asked, seed)
        alignment, cache = training.alignment.eval(), training.cache
        print(f"seed {seed}: top 10 {measure_retrieval_change(alignment, cache, training)}", flush=True)
        ids = cache.ids()
        for row in training.held_out.tolist():
            if ids[row] in pools and ids[row] not in found:
                found[ids[row]] = score_positions(alignment, cache, row, pools[ids[row]])
    with gzip.open(recorded, "rt", encoding="utf-8") as lines, gzip.open(asked.scored, "wt", encoding="utf-8") as out:
        for line in lines:
            photo: dict[str, Any] = json.loads(line)
            out.write(json.dumps({**photo, "position_scores": found.get(photo["image"], [])}) + "\n")
    return read_records(asked.scored)


def list_plain_choices(record: Record) -> dict[str, tuple[float, float] | None]:
    """Return what needs no fit."""
    pool = record.pool()
    answer = next(iter(pool.answers), None)
    return {
        "first retrieved": record.nearest[0],
        "recorded LMM answer": (answer.latitude, answer.longitude) if answer else None,
        "density": choose(pool, "density"),
        "similarity": choose(pool, "similarity"),
    }


def choose(pool: Pool, strategy: str) -> tuple[float, float] | None:
    verdict = verify(pool, strategy)
    return None if verdict.latitude is None or verdict.longitude is None else (verdict.latitude, verdict.longitude)


def measure_plain(records: Sequence[Record]) -> Iterable[tuple[str, Floats]]:
    """Return the strategy and the distance of its choice from the truth for each photo; infinite without one."""
    rows: dict[str, list[float]] = {}
    for record in records:
        for name, place in list_plain_choices(record).items():
            truth = (record.latitude, record.longitude)
            rows.setdefault(name, []).append(float(compute_great_circle_km(place, truth)) if place else float("inf"))
    return ((name, np.array(distances)) for name, distances in rows.items())


def print_fitted(
    name: str, records: Sequence[Record], own: Sequence[int], without: tuple[str, ...], members: int
) -> None:
    """Cross-fit on all records; the figures of those numbered by `own`."""
    fitted = cross_fit(records, members=members, without=without)
    judged = judge_all([fitted.records[number] for number in own], held_out_verifier(fitted, "balanced"), None, False)
    away = np.array([one.distance_km for one in judged])
    errors = [
        compute_calibration_error([one.verdict.probability[radius] or 0.0 for one in judged], away <= float(radius))
        for radius in NAMES
    ]
    print_row(name, away, " / ".join(f"{error:.3f}" for error in errors))


def print_row(name: str, away_km: Floats, errors: str = "-") -> None:
    cells = " | ".join(f"{100 * share:.1f}" for share in compute_accuracy(away_km))
    print(f"| {name} | {cells} | {100 * np.mean(compute_accuracy(away_km)):.2f} | {errors} |", flush=True)


def measure_retrieval_change(alignment: Alignment, cache: Cache, training: Training) -> str:
    """Return the median top-10 distance before and after, and a bootstrap interval of the change over photographers."""
    asked, answering = training.held_out, training.plan.rows

    def distances(parts: tuple[Part, ...]) -> Floats:
        query, reference = (embed_rows(alignment, cache, rows, parts) for rows in (asked, answering))
        found = find_nearest_rows(query, reference, 10)
        return compute_geodesic_km(cache.positions[asked][:, None, :], cache.positions[answering][found])

    before, after = distances(("image",)), distances(alignment.config.parts)
    authors = cache.authors.codes[asked]
    by_author = [np.flatnonzero(authors == author) for author in np.unique(authors)]
    rng = np.random.default_rng(0)
    changes = []
    for _ in range(RESAMPLED):
        rows = np.concatenate([by_author[pick] for pick in rng.integers(0, len(by_author), len(by_author))])
        changes.append(np.median(after[rows]) - np.median(before[rows]))
    low, high = np.percentile(changes, [2.5, 97.5])
    first, last = np.median(before), np.median(after)
    return f"{first:,.0f} → {last:,.0f} km, change {last - first:+,.0f} (95 % {low:+,.0f} to {high:+,.0f})"


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with images/, the metadata CSV and recorded.jsonl.gz")
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--scored", type=Path, required=True, help="the records with scores; read where it exists")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--members", type=int, default=4, help="networks of a fold")
    parser.add_argument("--seeds", default=[0, 1, 2], type=lambda text: [int(seed) for seed in text.split(",")])
    return parser.parse_args()


def main() -> None:
    asked = parse_options()
    torch.set_num_threads(1)
    recorded = asked.data / "recorded.jsonl.gz"
    records = read_records(asked.scored) if asked.scored.exists() else score_records(asked, recorded)
    own = [number for number, record in enumerate(records) if record.position_scores]
    print(f"\n{len(own)} of {len(records)} photos with scores, by alignments that have not seen their photographers")
    print("| strategy | 1 km | 25 km | 200 km | 750 km | 2500 km | mean | calibration error |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, away_km in measure_plain([records[number] for number in own]):
        print_row(name, away_km)
    print_fitted("calibrated, without the score", records, own, ("aligned",), asked.members)
    print_fitted("calibrated, with the score", records, own, (), asked.members)


if __name__ == "__main__":
    main()
