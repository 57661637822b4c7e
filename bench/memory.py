"""Measure the peak memory of a task, in its own process or since a moment."""

from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_in_process(task: Callable[..., Result], *arguments: Any) -> Result:
    """Return a task's result from a fresh process, whose memory is the task's alone."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(task, arguments)


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def read_megabytes() -> dict[str, int]:
    """Return this process's resident memory by kind: its own, and pages of files, which the system can take back."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: int(status[key].split()[0]) // 1024 for name, key in (("own", "RssAnon"), ("file", "RssFile"))}


def read_peak_megabytes() -> int:
    """Return the peak of this process's resident memory since its start or ``reset_peak``, mapped files included."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) // 1024
