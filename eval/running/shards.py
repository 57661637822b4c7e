"""Merge shards of one evaluation that were made on several machines."""

import os
from collections.abc import Sequence
from pathlib import Path

from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.eval.benchmarks import BenchmarkPhoto, hash_selection
from sextant.eval.running.folder import (
    EvaluationFolder,
    create_evaluation,
    read_evaluation,
    write_lines,
)
from sextant.graphs.batches.configuration import digest, list_differences
from sextant.graphs.batches.failures import has_model_failed

# What shards of one evaluation differ in.
OWN = ("photos", "photos_sha256", "chosen")


def merge(sources: Sequence[Path], out: Path) -> list[str]:
    """Write the union of the shards' lines as a new evaluation; the lines' records stay where they are.

    Where two shards hold one photo, an answer counts more than a failure, and the earlier shard more than the later.

    Returns:
        What is odd: shards that are missing or unfinished, photos in two shards.

    Raises:
        WrongUse: the shards are of different evaluations, or ``out`` holds an evaluation.
        EvaluationError: a folder holds none.
    """
    loaded = [(EvaluationFolder(source), *read_evaluation(source)) for source in sources]
    first = _strip_shard(loaded[0][1]["configuration"])
    for folder, header, _ in loaded[1:]:
        changed = list_differences(first, _strip_shard(header["configuration"]))
        if changed:
            raise WrongUse(
                f"{folder.name!r} is not a shard of the same evaluation as {loaded[0][0].name!r}: "
                f"{'; '.join(changed[:5])}"
            )
    lines: dict[str, Json] = {}
    twice = 0
    for folder, _, found in loaded:
        for image, line in found.items():
            known = lines.get(image)
            twice += known is not None
            if known is None or (has_model_failed(known) and not has_model_failed(line)):
                lines[image] = {**line, "record": _make_record(folder, line, out)}
    notes = _list_notes(loaded, twice)
    with create_evaluation(out) as new:
        write_lines(new.lines_file, lines.values())
        new.begin(_make_header(loaded, lines, notes))
    return notes


def _strip_shard(configuration: Json) -> Json:
    """Return the configuration without what belongs to one shard."""
    chosen = {name: value for name, value in configuration["chosen"].items() if name != "shard"}
    return {**{name: value for name, value in configuration.items() if name not in OWN}, "chosen": chosen}


def _make_record(folder: EvaluationFolder, line: Json, out: Path) -> str | None:
    if not line.get("record"):
        return None
    return Path(os.path.relpath(folder.path.resolve() / line["record"], out.resolve())).as_posix()


def _list_notes(loaded: list[tuple[EvaluationFolder, Json, dict[str, Json]]], twice: int) -> list[str]:
    notes = []
    shards = [header["configuration"]["chosen"].get("shard") for _, header, _ in loaded]
    counts = {shard.partition("/")[2] for shard in shards if shard}
    if len(counts) == 1:
        count = int(counts.pop())
        missing = [f"{number}/{count}" for number in range(1, count + 1) if f"{number}/{count}" not in shards]
        if missing:
            notes.append(f"shards {', '.join(missing)} are missing")
    for folder, header, lines in loaded:
        photos = header["configuration"]["photos"]
        if len(lines) < photos:
            notes.append(f"{folder.name} is unfinished: {len(lines):,} of {photos:,} photos")
    if twice:
        notes.append(f"{twice:,} photos were in two shards and are counted once")
    return notes


def _make_header(
    loaded: list[tuple[EvaluationFolder, Json, dict[str, Json]]], lines: dict[str, Json], notes: list[str]
) -> Json:
    """Make the first shard's header over the photos of all."""
    first = loaded[0][1]
    # The photos that were asked for: of shards that overlap wholly or in part, each counts once.
    unfinished = sum(max(0, header["configuration"]["photos"] - len(found)) for _, header, found in loaded)
    plan = {
        **_strip_shard(first["configuration"]),
        "photos": len(lines) + unfinished,
        "photos_sha256": _hash_selection(lines),
        "merged": [header["hash"] for _, header, _ in loaded],
    }
    kept = {name: value for name, value in first.items() if name not in ("format", "configuration", "hash", "notes")}
    all_notes = dict.fromkeys([*(note for _, header, _ in loaded for note in header["notes"]), *notes])
    return {**kept, "notes": list(all_notes), "configuration": plan, "hash": digest(plan)}


def _hash_selection(lines: dict[str, Json]) -> str:
    return hash_selection(tuple(BenchmarkPhoto(x["image"], x["latitude"], x["longitude"]) for x in lines.values()))
