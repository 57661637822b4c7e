"""The full configuration of an evaluation; runs with equal configurations are the same run."""

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from sextant.agent.llm.spec import split_login
from sextant.agent.settings import Settings
from sextant.base.json_types import Json
from sextant.eval.benchmarks import Benchmark, BenchmarkPhoto, hash_selection
from sextant.graphs.batches.configuration import describe_settings, digest


def make_configuration(
    benchmark: Benchmark, photos: tuple[BenchmarkPhoto, ...], chosen: Json, settings: Settings
) -> Json:
    """Return everything that determines the lines of an evaluation.

    Args:
        chosen: limit, seed and shard of the photos.

    Raises:
        SextantError: the gallery cannot be opened, or the preset is unknown.
    """
    return {
        "benchmark": benchmark.name,
        "table_sha256": benchmark.manifest["table_sha256"],
        "photos": len(photos),
        "photos_sha256": hash_selection(photos),
        "chosen": chosen,
        **describe_settings(settings),
    }


def make_header(plan: Json, benchmark: Benchmark, settings: Settings) -> Json:
    """Make the header of a new evaluation: configuration and hash, data manifest, versions, time and machine."""
    return {
        "configuration": plan,
        "hash": digest(plan),
        "data": benchmark.manifest,
        "notes": list(benchmark.notes),
        "protocol": describe_protocol(settings),
        "gallery": settings.gallery,
        "base_url": split_login(settings.base_url)[1] if settings.base_url else None,
        "versions": list_versions(),
        "commit": read_commit(),
        "created": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


def describe_protocol(settings: Settings) -> str:
    """Describe in words what is excluded from the gallery."""
    kept_out = []
    if settings.exclude_author:
        kept_out.append("the photographer's own photos")
    if settings.without_authors:
        kept_out.append(f"the photos of {len(settings.without_authors)} named photographers")
    if settings.exclude_duplicates:
        kept_out.append("near-duplicates")
    if not settings.gallery:
        return "no gallery"
    return f"without {' and '.join(kept_out)}" if kept_out else "whole gallery"


def list_versions() -> Json:
    """Return the versions of the software that ran."""
    names = ("sextant-geo", "langgraph", "langchain-core", "lancedb", "numpy")
    return {**{name: version(name) for name in names}, "python": platform.python_version()}


def read_commit() -> str | None:
    """Return the git commit of this program's checkout, with a + if files were changed; None for an installed one."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    try:
        asked = [
            ["git", "-C", str(root), *words] for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "-uno"))
        ]
        head, changed = (
            subprocess.run(words, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
            for words in asked
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{head}+" if changed else head
