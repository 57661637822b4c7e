"""Verification by similarity on recorded candidates, beside density and the learned scorer, on held-out photographers.

    python -m bench.alignment_similarity ../shared/data/im2gps3k-dev --backbone onnx:TOWER.onnx --cache CACHE

An alignment (image + GPS) is trained on one half of the photographers. On the other half, each photo's recorded
pool is judged: the first retrieved, density, the model's recorded answer, similarity (the candidate whose position
scores highest), and the scorer of `calibrated`, fitted across folds of those photographers once without and once
with the position score as a feature. Also: the paired change of the retrieval distance, with a bootstrap over
photographers.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from agent.verification import verify
from agent.verification.pool import Pool
from agent.verification.weighing import look_at
from eval.crossfit import folds_by_group, reliability_of
from eval.recorded import Record, read_records
from eval.training import Example, train_scorer
from gallery.alignment.backbone import load_backbone
from gallery.alignment.cache import Cache
from gallery.alignment.config import Part
from gallery.alignment.measure import embed_rows, encode_positions, nearest_rows
from gallery.alignment.model import Alignment
from gallery.alignment.recipe import prepare
from gallery.alignment.settings import TrainSettings
from gallery.alignment.train import Training
from gallery.sources.opening import SourceOptions, open_source
from geo.sphere import geodesic_km, great_circle_km

Floats = NDArray[np.float64]
RADII_KM = np.array((1, 25, 200, 750, 2500))
FOLDS, MEMBERS, RESAMPLED = 3, 1, 2000


def scores(alignment: Alignment, cache: Cache, row: int, positions: Floats) -> Floats:
    """The cosines of one cached photo and (n, 2) positions."""
    image = embed_rows(alignment, cache, np.array([row]), ("gps",))[0]
    return (encode_positions(alignment, positions) @ image).double().numpy()


def hits(position: tuple[float, float] | None, record: Record) -> NDArray[np.bool_]:
    if position is None:
        return np.zeros(5, dtype=bool)
    return np.asarray(great_circle_km(position, (record.latitude, record.longitude)) <= RADII_KM)


def judged(
    alignment: Alignment, cache: Cache, rows: list[int], records: list[Record]
) -> dict[str, list[NDArray[np.bool_]]]:
    """For each strategy, whether each photo's choice lies within each radius."""
    found: dict[str, list[NDArray[np.bool_]]] = {}
    for row, record in zip(rows, records, strict=True):
        pool = record.pool()
        places = np.array([(one.latitude, one.longitude) for one in pool.candidates])
        scored = scores(alignment, cache, row, places)
        carried = tuple(replace(one, similarity=float(s)) for one, s in zip(pool.candidates, scored, strict=True))
        aligned = Pool(carried, pool.farthest, pool.outcomes)
        answer = next((one for one in pool.candidates if one.origin == "answer"), None)
        choices = {
            "first retrieved": record.nearest[0],
            "recorded LMM answer": (answer.latitude, answer.longitude) if answer else None,
            "density": position_of(verify(pool, "density")),
            "similarity": position_of(verify(aligned, "similarity")),
        }
        for name, choice in choices.items():
            found.setdefault(name, []).append(hits(choice, record))
    return found


def position_of(verdict: object) -> tuple[float, float] | None:
    latitude, longitude = getattr(verdict, "latitude", None), getattr(verdict, "longitude", None)
    return (latitude, longitude) if latitude is not None and longitude is not None else None


def scorer_choices(
    alignment: Alignment, cache: Cache, rows: list[int], records: list[Record], with_score: bool
) -> list[NDArray[np.bool_]]:
    """The scorer of `calibrated`, each photo judged by one fitted on other photographers."""
    fold_of = folds_by_group([record.group for record in records], FOLDS)
    known: dict[tuple[int, float, float], float] = {}
    found: dict[int, NDArray[np.bool_]] = {}
    for fold in range(FOLDS):
        reliability = reliability_of([record for record, own in zip(records, fold_of, strict=True) if own != fold])
        tables, names = {}, []
        for number, (row, record) in enumerate(zip(rows, records, strict=True)):
            seen = look_at(record.pool(), reliability)
            table, names = seen.table, list(seen.names)
            if with_score:
                own = _remembered(known, alignment, cache, row, seen.points.positions)
                columns = np.stack((own, own - own.max(), (own - own.mean()) / (own.std() + 1e-6)), axis=1)
                table, names = np.concatenate((table, columns), axis=1), [*names, "s.cosine", "s.below", "s.relative"]
            away = great_circle_km(seen.points.positions, (record.latitude, record.longitude))
            tables[number] = (table, np.asarray(away))
        examples = [Example(table, away, 1.0) for number, (table, away) in tables.items() if fold_of[number] != fold]
        scorer = train_scorer(examples, names, MEMBERS, seed=0)
        for number, (table, away) in tables.items():
            if fold_of[number] == fold:
                best = int(np.argmax(scorer(table).preference))
                found[number] = away[best] <= RADII_KM
    return [found[number] for number in range(len(records))]


def _remembered(
    known: dict[tuple[int, float, float], float], alignment: Alignment, cache: Cache, row: int, positions: Floats
) -> Floats:
    """Scores, each position of a photo encoded once for all folds."""
    places = [(row, latitude, longitude) for latitude, longitude in positions.tolist()]
    new = [place for place in places if place not in known]
    if new:
        scored = scores(alignment, cache, row, np.array([place[1:] for place in new]))
        known.update(zip(new, scored.tolist(), strict=True))
    return np.array([known[place] for place in places])


def retrieval_change(alignment: Alignment, cache: Cache, training: Training) -> str:
    """Median top-10 distance before and after, and a bootstrap interval of the change over photographers."""
    asked, answering = training.held_out, training.plan.rows

    def distances(parts: tuple[Part, ...]) -> Floats:
        query, reference = (embed_rows(alignment, cache, rows, parts) for rows in (asked, answering))
        found = nearest_rows(query, reference, 10)
        return geodesic_km(cache.positions[asked][:, None, :], cache.positions[answering][found])

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with images/, the metadata CSV and recorded.jsonl.gz")
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--seeds", default="0,1")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    recorded = {record.image: record for record in read_records(asked.data / "recorded.jsonl.gz")}
    totals: dict[str, list[NDArray[np.bool_]]] = {}
    for seed in [int(seed) for seed in asked.seeds.split(",")]:
        settings = TrainSettings(
            spaces="gps", epochs=asked.epochs, learning_rate=3e-4, decay=0.97, validation=0.5, seed=seed
        )
        source = open_source(str(asked.data / "images"), SourceOptions(asked.data / "im2gps3k_places365.csv"))
        prepared = prepare(source, load_backbone(asked.backbone), settings, asked.cache)
        with tempfile.TemporaryDirectory() as out:
            training = Training(prepared.cache, None, prepared.config, settings, Path(out))
            training.run(lambda look: None)
        alignment, cache = training.alignment.eval(), prepared.cache
        print(f"seed {seed}: top 10 {retrieval_change(alignment, cache, training)}", flush=True)
        ids = cache.ids()
        rows = [row for row in training.held_out.tolist() if ids[row] in recorded]
        records = [recorded[ids[row]] for row in rows]
        found = judged(alignment, cache, rows, records)
        _print_table(found)
        found["scorer of calibrated"] = scorer_choices(alignment, cache, rows, records, with_score=False)
        found["scorer + position score"] = scorer_choices(alignment, cache, rows, records, with_score=True)
        for name, own in found.items():
            totals.setdefault(name, []).extend(own)
    _print_table(totals)


def _print_table(found: dict[str, list[NDArray[np.bool_]]]) -> None:
    print(f"\n{len(found['density'])} judgements on photographers the alignment has not seen")
    print("| strategy | 1 km | 25 km | 200 km | 750 km | 2500 km |\n| --- | --- | --- | --- | --- | --- |")
    for name, own in found.items():
        print(f"| {name} | {' | '.join(f'{share:.1%}' for share in np.mean(own, axis=0))} |", flush=True)


if __name__ == "__main__":
    main()
