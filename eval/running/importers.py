"""Import result files of other programs as evaluations: G3's, recorded candidates, CSVs of predictions."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sextant.agent.answers.outcome import OUTCOMES
from sextant.agent.nodes.answer import name_best_place, name_rival, note_calibration
from sextant.agent.nodes.verify import round_numbers
from sextant.agent.verification import Pool, verify
from sextant.agent.verification.baselines.stand_in import judging
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.eval.benchmarks import BenchmarkPhoto, hash_selection, load_benchmark
from sextant.eval.fitting.profiles import with_profiles
from sextant.eval.fitting.recorded import Record, read_records
from sextant.eval.running.configuration import list_versions
from sextant.eval.running.folder import create_evaluation, write_lines
from sextant.eval.running.prediction_files import read_predictions
from sextant.eval.running.records import (
    classify_outcome,
    compute_distance_km,
    describe_photo,
    pool_to_json,
    slim_down_answer,
)
from sextant.eval.running.rescore import list_verdict_warnings
from sextant.graphs.batches.configuration import digest
from sextant.graphs.runs.folder import format_now

KINDS = ("g3", "recorded", "predictions", "inspect")


def import_results(
    kind: str,
    file: Path,
    out: Path,
    *,
    benchmark: str = "im2gps3k",
    strategy: str = "top1",
    data: Path | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """Write a result file as an evaluation that can be reported, compared and rescored.

    Args:
        kind: ``g3`` (its two run files), ``recorded`` (candidates), ``predictions`` (image, truth, prediction),
            ``inspect`` (a log of Inspect; one that Sextant exported becomes the same evaluation again).
        benchmark: what the photos belong to, for the published rows beside them.
        data: the benchmark's folder, whose table says who took each photo where the file does not.
        strategy: what chooses among recorded candidates; ``top1`` takes the recorded answer.

    Returns:
        What was odd about the file.

    Raises:
        SextantError: the file cannot be read.
        WrongUse: ``out`` holds an evaluation already.
    """
    notes: list[str] = []
    if kind == "inspect":
        from sextant.eval.exchange.inspect_import import list_predictions, list_records, read_log  # takes a second

        log = read_log(file)
        if exported := list_records(log):
            _restore(out, *exported)
            return ["the log was exported by sextant; the evaluation is as it was there, without its run records"]
    if kind in ("predictions", "inspect"):
        rows, notes = read_predictions(file) if kind == "predictions" else (list_predictions(log), [])
        records = [Record(row.photo.image, row.photo.author, *row.photo.truth) for row in rows]
        pools = [row.pool for row in rows]
    else:
        records = read_records(file)
    if data is not None:
        records = add_authors(records, benchmark, data)
    if kind in ("g3", "recorded"):
        records = with_profiles(records)  # by photographer, so after the table named them
        pools = [record.pool() for record in records]
    lines = []
    for done, (record, pool) in enumerate(zip(records, pools, strict=True), 1):
        lines.append(_make_line(record, pool, strategy))
        tell(done, len(records))
    with create_evaluation(out) as new:
        write_lines(new.lines_file, lines)
        new.begin(_make_header(kind, file, benchmark, strategy, records, notes))
    return notes


def _restore(out: Path, header: Json, records: Sequence[Json]) -> None:
    """Write an exported evaluation as it was; run records did not travel with it."""
    with create_evaluation(out) as new:
        write_lines(new.lines_file, [{**record, "record": None} for record in records])
        new.begin({name: value for name, value in header.items() if name != "format"})


def add_authors(records: Sequence[Record], benchmark: str, data: Path) -> list[Record]:
    """Return the records with their photographers by the benchmark's table.

    Raises:
        SextantError: the benchmark's table cannot be read.
        WrongUse: no photo of the file is in it.
    """
    known = {Path(photo.image).stem: photo.author for photo in load_benchmark(benchmark, data).photos}
    found = [known.get(Path(record.image).stem) for record in records]
    if not any(Path(record.image).stem in known for record in records):
        raise WrongUse(
            f"none of the file's photos is in the table of {benchmark!r} in {str(data)!r}; check --benchmark"
        )
    return [replace(one, author=one.author or author) for one, author in zip(records, found, strict=True)]


def _make_line(record: Record, pool: Pool, strategy: str) -> Json:
    photo = BenchmarkPhoto(record.image, record.latitude, record.longitude, author=record.author)
    judge = judging(strategy, pool.candidates)
    verdict = round_numbers(verify(pool, judge).to_json())
    best = name_best_place(verdict["latitude"], verdict["longitude"])
    counts = Counter(pool.outcomes) or Counter(answered=1 if best else 0, failed=0 if best else 1)
    answer = slim_down_answer(
        {
            "best": best,
            "probability": verdict["probability"],
            "calibration": note_calibration(verdict),
            "region": verdict["region"],
            "rival": name_rival(verdict["rival"]),
            "outcomes": {kind: counts[kind] for kind in OUTCOMES},
            "stop": "exhausted",
            "spent": {"calls": sum(counts.values()), "tokens": 0, "seconds": 0.0, "usd": None},
            "warnings": list_verdict_warnings(verdict, stood_in=judge != strategy),
        }
    )
    return {
        **describe_photo(photo),
        "outcome": classify_outcome(answer),
        "distance_km": compute_distance_km(photo, best),
        "error": None,
        "answer": answer,
        **pool_to_json(pool),
        "excluded": None,
        "timings": {},
    }


def _make_header(
    kind: str, file: Path, benchmark: str, strategy: str, records: Sequence[Record], notes: Sequence[str]
) -> Json:
    photos = tuple(BenchmarkPhoto(record.image, record.latitude, record.longitude) for record in records)
    models = sorted({answer.model for record in records for answer in record.answers}) or [kind]
    plan = {
        "benchmark": benchmark,
        "table_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "photos": len(photos),
        "photos_sha256": hash_selection(photos),
        "chosen": {"limit": None, "seed": None, "shard": None},
        "settings": {"model": ", ".join(models)},
        "recipe": {"id": f"imported {kind}", "verify": strategy},
        "gallery": None,
    }
    return {
        "configuration": plan,
        "hash": digest(plan),
        "data": {"benchmark": benchmark, "table": file.name, "table_sha256": plan["table_sha256"], "rows": len(photos)},
        "notes": [f"imported from {file.name}", *notes],
        "protocol": "as recorded elsewhere",
        "gallery": None,
        "base_url": None,
        "versions": list_versions(),
        "commit": None,
        "created": format_now(),
    }
