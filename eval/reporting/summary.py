"""Compute all figures of an evaluation from its lines. The denominator is every photo with a line."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sextant.agent.answers.outcome import OUTCOMES
from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.base.arrays import Floats
from sextant.base.documents.record import EvaluationRecord
from sextant.base.json_types import Json
from sextant.base.printable import pluralise
from sextant.eval.drift import find_drift
from sextant.eval.metrics import (
    bootstrap_interval,
    compute_accuracy,
    compute_calibration_error,
    compute_chance_calibration_error,
    compute_geoguessr_score,
    compute_mean_km,
    compute_median_km,
)
from sextant.eval.results import Results, read_results

# Photos of the gallery within 25 km of the truth: what a breakdown by density tells apart.
DENSITIES = ((0, "none"), (10, "1 to 9"), (100, "10 to 99"), (float("inf"), "100 or more"))


def summarise(path: Path) -> Json:
    """Summarise the evaluation in a folder."""
    return compute_figures(read_results(path))


def compute_figures(results: Results) -> Json:
    """Return accuracy with 95 % intervals over photographers, errors, outcomes, calibration, coverage and cost."""
    header, configuration = results.header, results.header["configuration"]
    return {
        "run": results.name,
        "benchmark": configuration["benchmark"],
        "model": configuration["settings"].get("model"),
        "preset": configuration["recipe"].get("id"),
        "verify": configuration["recipe"].get("verify"),
        "protocol": header["protocol"],
        "photos": configuration["photos"],
        "done": len(results.lines),
        "photographers": len({line["author"] for line in results.lines if line["author"]}),
        "photos_without_author": sum(not line["author"] for line in results.lines),
        "accuracy": {name: _compute_share(results.within[:, row], results) for row, name in enumerate(RADIUS_NAMES)},
        "median_km": _keep_finite(compute_median_km(results.distances_km)),
        "mean_km": _keep_finite(compute_mean_km(results.distances_km)),
        "score": _keep_finite(compute_geoguessr_score(results.distances_km)),
        "outcomes": count_outcomes(results),
        "answers": count_answers(results),
        "errors": dict(Counter(line["error"]["kind"] for line in results.lines if line["error"])),
        "calibration": {name: measure_calibration(results, name) for name in RADIUS_NAMES},
        "drift": find_drift(results).to_json(),
        "coverage": {share: measure_coverage(results, share) for share in ("50", "90")},
        "per_photo": average_per_photo(results),
        "total": {name: _add_up(results.spent(name)) for name in ("calls", "tokens", "usd")},
        "excluded": count_excluded(results),
        "by": {title: break_down(results, key) for title, key in BREAKDOWNS.items()},
    }


def count_outcomes(results: Results) -> Json:
    """Count photos by outcome; everything but answered is a miss."""
    counts: Counter[str] = Counter(line["outcome"] for line in results.lines)
    return {kind: counts[kind] for kind in OUTCOMES}


def count_answers(results: Results) -> Json:
    """Count the model's answers, several per photo, by outcome."""
    counts: Counter[str] = Counter()
    for line in results.lines:
        counts.update(dict(line["answer"]["outcomes"]) if line["answer"] else {})
    return {kind: counts[kind] for kind in OUTCOMES}


def measure_calibration(results: Results, radius: str) -> Json | None:
    """Return the calibration error at a radius, what chance alone would show, and whether the numbers were fitted."""
    stated = results.stated(radius)
    known = ~np.isnan(stated)
    if not known.any():
        return None
    happened = results.within[known, RADIUS_NAMES.index(radius)]
    return {
        "photos": int(known.sum()),
        "error": compute_calibration_error(stated[known], happened),
        "by_chance": compute_chance_calibration_error(stated[known]),
        "mean_stated": float(stated[known].mean()),
        "happened": float(happened.mean()),
    }


def measure_coverage(results: Results, share: str) -> Json | None:
    """Return how often the region of probability ``share`` percent contains the place."""
    inside = results.inside(share)
    known = ~np.isnan(inside)
    if not known.any():
        return None
    groups = [group for group, there in zip(results.groups, known, strict=True) if there]
    interval = bootstrap_interval(inside[known], groups)
    return {
        "photos": int(known.sum()),
        "share": float(inside[known].mean()),
        "low": interval.low,
        "high": interval.high,
        "median_area_km2": _compute_median(results.areas_km2(share)),
    }


def average_per_photo(results: Results) -> Json:
    """Return means over all photos; money is None while the price of any call is unknown."""
    found: Json = {name: _compute_mean(results.spent(name)) for name in ("calls", "tokens", "usd")}
    seconds = [line["timings"].get("seconds") for line in results.lines]
    known = [value for value in seconds if value is not None]
    return {**found, "seconds": float(np.mean(known)) if known else None}


def count_excluded(results: Results) -> Json:
    """Count what the protocol excluded: photos with any exclusion, and how many gallery photos in all."""
    found: Json = {}
    for reason in ("author", "near_duplicate"):
        counts = [line["excluded"].get(reason) for line in results.lines if line["excluded"]]
        known = [count for count in counts if count is not None]
        if known:
            found[reason] = {"photos": sum(count > 0 for count in known), "references": sum(known)}
    return found


def break_down(results: Results, key: Callable[[EvaluationRecord], str | None]) -> list[Json]:
    """Return accuracy by a property of the photos, most photos first, without photos that lack the property."""
    rows: dict[str, list[int]] = {}
    for row, line in enumerate(results.lines):
        name = key(line)
        if name is not None:
            rows.setdefault(name, []).append(row)
    return [
        {
            "name": name,
            "photos": len(chosen),
            "accuracy": dict(zip(RADIUS_NAMES, compute_accuracy(results.distances_km[chosen]), strict=True)),
            "median_km": _keep_finite(compute_median_km(results.distances_km[chosen])),
        }
        for name, chosen in sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def classify_density(line: EvaluationRecord) -> str | None:
    """Return how many gallery photos lie within 25 km of the truth, in four classes."""
    density = line.get("density")
    if not density:
        return None
    count = density["within_25_km"]
    return next(words for below, words in DENSITIES if count < below or count == below == 0)


BREAKDOWNS: dict[str, Callable[[EvaluationRecord], str | None]] = {
    "continent": lambda line: line["continent"],
    "country": lambda line: line["country"],
    "scene": lambda line: line["scene"],
    "stop reason": lambda line: line["answer"]["stop"] if line["answer"] else "error",
    "gallery photos within 25 km": classify_density,
}


def _compute_share(hits: Any, results: Results) -> Json:
    """Return a share of all photos with its 95 % interval."""
    if not len(hits):
        return {"share": None, "low": None, "high": None}
    interval = bootstrap_interval(hits, results.groups)
    return {"share": float(np.mean(hits)), "low": interval.low, "high": interval.high}


def _keep_finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _compute_median(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else None


def _compute_mean(values: Floats) -> float | None:
    return None if not len(values) or np.isnan(values).any() else float(values.mean())


def _add_up(values: Floats) -> float | None:
    return None if np.isnan(values).any() else float(values.sum())


def _describe_photographers(found: Json) -> str:
    """Say how many photographers there are, and of how many photos none is known."""
    count, unknown = found["photographers"], found["photos_without_author"]
    known = pluralise(count, "photographer")
    if not unknown:
        return known
    return "unknown photographers" if not count else f"{known} ({pluralise(unknown, 'photo')} without a name)"


def format_summary(found: Json) -> str:
    """Write the figures in a few lines, for a terminal."""
    rows = [f"{found['run']}: {found['benchmark']}, {found['model']}, preset {found['preset']}, {found['protocol']}"]
    unfinished = f" (of {found['photos']:,}: unfinished)" if found["done"] != found["photos"] else ""
    rows.append(f"{pluralise(found['done'], 'photo')}{unfinished} of {_describe_photographers(found)}")
    for name, cell in found["accuracy"].items():
        if cell["share"] is not None:
            rows.append(f"  < {name:>4} km  {cell['share']:6.2%}  ({cell['low']:.2%} to {cell['high']:.2%})")
    counted = ", ".join(f"{count:,} {kind}" for kind, count in found["outcomes"].items())
    median = "none" if found["median_km"] is None else f"{found['median_km']:,.0f} km"
    rows.append(f"  median error {median}; {counted}")
    if found["drift"]["worst"]:
        rows.append(f"  warning: its probabilities do not hold on these photos: {found['drift']['worst']['words']}")
    return "\n".join(rows)
