"""Evaluations made by hand, for tests of what reads them; and the small gallery's photos as a benchmark."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sextant.base.json_types import Json
from sextant.eval.benchmarks import BenchmarkPhoto, hash_selection
from sextant.eval.results import Results, read_results
from sextant.eval.running.configuration import list_versions
from sextant.eval.running.folder import EvaluationFolder, write_lines
from sextant.eval.running.records import compute_distance_km, describe_photo, make_error_record
from sextant.graphs.batches.configuration import digest

OUTCOMES = {"answered": 1, "refused": 0, "unparsable": 0, "filtered": 0, "failed": 0}


def made_line(
    photo: BenchmarkPhoto,
    answer: tuple[float, float] | None,
    outcome: str = "refused",
    probability: float | None = None,
    region_km: float | None = None,
    calls: int = 1,
) -> Json:
    """A line whose photo was answered with a position, or came to ``outcome``."""
    best = None
    if answer is not None:
        best = {"latitude": answer[0], "longitude": answer[1], "country": "Somewhere", "place": "A <b>place</b>"}
    region = None
    if region_km is not None and answer is not None:
        part = {"latitude": answer[0], "longitude": answer[1], "radius_km": region_km}
        region = {"probability": 0.5, **part, "parts": [part]}
    counts = OUTCOMES if answer is not None else {**OUTCOMES, "answered": 0, outcome: 1}
    return {
        **describe_photo(photo),
        "outcome": "answered" if answer is not None else outcome,
        "distance_km": compute_distance_km(photo, best),
        "error": None,
        "answer": {
            "best": best,
            "probability": dict.fromkeys(("1", "25", "200", "750", "2500"), probability),
            "region": {"50": region, "90": region},
            "outcomes": counts,
            "stop": "exhausted",
            "spent": {"calls": calls, "tokens": 100 * calls, "seconds": 0.1, "usd": 0.001 * calls},
            "warnings": [],
        },
        "candidates": [{"latitude": best["latitude"], "longitude": best["longitude"], "origin": "answer"}]
        if best
        else [],
        "farthest": [],
        "excluded": {"author": 3, "near_duplicate": None},
        "density": {"within_25_km": 5, "within_200_km": 50},
        "timings": {"seconds": 0.1},
        "record": None,
    }


def failed_line(photo: BenchmarkPhoto) -> Json:
    """A line of a photo that could not be opened."""
    return {**make_error_record(photo, "unreadable", "photo is broken"), "record": None}


def made_evaluation(
    path: Path, lines: Sequence[Json], benchmark: str = "folder", photos: int | None = None, **settings: Any
) -> Results:
    """An evaluation folder with these lines."""
    path.mkdir(parents=True)
    chosen = tuple(BenchmarkPhoto(line["image"], line["latitude"], line["longitude"]) for line in lines)
    plan = {
        "benchmark": benchmark,
        "table_sha256": "t" * 64,
        "photos": len(lines) if photos is None else photos,
        "photos_sha256": hash_selection(chosen),
        "chosen": {"limit": None, "seed": None, "shard": None},
        "settings": {"model": "made", **settings},
        "recipe": {"id": "made", "verify": "top1"},
        "gallery": None,
    }
    write_lines(path / "lines.jsonl", lines)
    EvaluationFolder(path).begin(
        {
            "configuration": plan,
            "hash": digest(plan),
            "data": {},
            "notes": [],
            "protocol": "whole gallery",
            "gallery": None,
            "base_url": None,
            "versions": list_versions(),
            "commit": None,
            "created": "2026-01-31T09:00:00Z",
        }
    )
    return read_results(path)


def benchmark_folder(photos: Path, folder: Path) -> Path:
    """A benchmark ``folder`` of the small gallery's photos: images/ and metadata.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(photos, folder / "images")
    shutil.copy(photos.parent / "metadata.csv", folder / "metadata.csv")
    return folder


def without_timings(path: Path) -> list[Json]:
    """An evaluation's lines by image, without what differs from run to run: clocks."""
    kept = []
    for line in EvaluationFolder(path).lines().values():
        answer = line["answer"]
        if answer:
            answer = {**answer, "spent": {**answer["spent"], "seconds": 0}}
        kept.append({**line, "answer": answer, "timings": {}})
    return sorted(kept, key=lambda line: str(line["image"]))
