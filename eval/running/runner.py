"""Run a benchmark: the photos of an evaluation through the engine of batches, a line with the truth for each."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sextant.agent.llm.call import restore_address
from sextant.agent.recording.fitted_models import resolve_fitted
from sextant.agent.settings import Settings
from sextant.agent.world.deps import Deps, Port
from sextant.agent.world.live import LiveBackend
from sextant.base.json_types import Json
from sextant.eval.benchmarks import Benchmark, BenchmarkPhoto
from sextant.eval.running.configuration import make_configuration, make_header
from sextant.eval.running.folder import EvaluationFolder, refuse_changed
from sextant.eval.running.progress import Counts
from sextant.eval.running.records import make_answered_record, make_error_record
from sextant.gallery.photos.open import read_photo
from sextant.graphs.batches.failures import has_model_failed
from sextant.graphs.batches.lines import lock_writer, open_writer
from sextant.graphs.batches.metered_calls import sum_unfinished_costs
from sextant.graphs.batches.order import BatchOrder, leave_world
from sextant.graphs.batches.session import BatchSession, End, SessionEnd, read_usd
from sextant.graphs.batches.spread.idle import bound_processes, start_idle
from sextant.graphs.runs.batch import make_record_name

Tell = Callable[[Counts], None]


@dataclass(frozen=True)
class EvalTask:
    """What ``eval run`` was asked for.

    Attributes:
        photos: the chosen photos of ``benchmark``.
        chosen: how they were chosen (limit, seed, shard), for the record.
        max_usd: the money of the whole evaluation.
        workers: spreads the photos over the workers of a Ray cluster.
        processes: of this machine, this one among them; None means one per core where it is faster, up to 4.
    """

    benchmark: Benchmark
    photos: tuple[BenchmarkPhoto, ...]
    chosen: Json
    settings: Settings
    out: Path
    max_usd: float | None = None
    retry_errors: bool = False
    workers: bool = False
    processes: int | None = None


def ignore_counts(counts: Counts) -> None:
    """Ignore the counts."""


def run(
    task: EvalTask,
    tell: Tell = ignore_counts,
    stop: threading.Event | None = None,
    behind: Callable[[Port], Port] = leave_world,
) -> SessionEnd[Counts]:
    """Evaluate what is missing of a task, or, with ``retry_errors``, what failed.

    Args:
        tell: receives the running counts after every photo, from one thread.
        stop: once set, photos in flight are finished and no others begun.
        behind: wraps the world that answers the photos' calls; worker processes are used unasked only if it can be
            pickled, and workers of a cluster have none.

    Raises:
        WrongUse: the folder holds an evaluation with another configuration.
        SextantError: gallery, model or disk fail, or another process works on the folder.
    """
    folder = EvaluationFolder(task.out)
    task = replace(task, settings=resolve_fitted(task.settings))
    with lock_writer(task.out), start_idle(_bound_processes(task, folder), task.settings.model) as idle:
        plan = make_configuration(task.benchmark, task.photos, task.chosen, task.settings)
        if (task.out / "evaluation.json").exists():
            refuse_changed(folder, plan)
        else:
            folder.begin(make_header(plan, task.benchmark, task.settings))
        with open_writer(folder.lines_file) as writer:
            notes = ("the last line was cut off by a crash; its photo is evaluated again",) if writer.repaired else ()
            before = folder.lines()
            spent = sum(map(read_usd, before.values()))
            if task.max_usd is not None:
                spent += sum_unfinished_costs(folder.records)
            pending = _list_pending(task, before)
            again = frozenset(make_record_name(photo.image) for photo in pending if task.retry_errors)
            order = BatchOrder(
                *(task.settings, folder.records, task.max_usd, spent, again, behind),
                workers=task.workers,
                processes=task.processes,
                idle=idle,
            )
            face = EvalFace(_count_done(task, before), tell)
            session = BatchSession(order, face, writer, len(pending))
            tell(face.counts)
            why = session.work(pending, stop or threading.Event())
    reason = restore_address(session.reason, task.settings) if why is End.MODEL else None
    return SessionEnd(why, face.counts, reason, (*notes, *session.notes))


def _bound_processes(task: EvalTask, folder: EvaluationFolder) -> int:
    """Bound the processes of a new evaluation; 1 where an earlier session may have left little to do."""
    if task.workers or folder.lines_file.exists():
        return 1
    return bound_processes(task.settings.model, task.settings.concurrency, task.processes, len(task.photos))


class EvalFace:
    """What an evaluation does with its photos: it compares each answer with the truth."""

    def __init__(self, counts: Counts, tell: Tell) -> None:
        self.counts, self._tell = counts, tell

    def name(self, photo: BenchmarkPhoto) -> str:
        """Return the photo's name in the benchmark."""
        return photo.image

    def record(self, photo: BenchmarkPhoto) -> str:
        """Return the name of the photo's record."""
        return make_record_name(photo.image)

    def find_path(self, photo: BenchmarkPhoto) -> str | None:
        """Return the photo's file; None where it is missing."""
        return photo.path

    def prepare(self, photo: BenchmarkPhoto, live: LiveBackend) -> None:
        """Tell the gallery's filters who took the photo."""
        if photo.author and photo.path:
            live.retrieval.authors[hashlib.sha256(read_photo(photo.path)).hexdigest()] = photo.author

    def make_line(self, photo: BenchmarkPhoto, state: Json, deps: Deps, live: LiveBackend) -> Json:
        """Make the record of an answered photo, with its distance from the truth."""
        return {**make_answered_record(photo, state, deps), "density": _measure_density(photo, deps, live)}

    def make_error_line(self, photo: BenchmarkPhoto, kind: str, message: str) -> Json:
        """Make the record of a photo without an answer."""
        return make_error_record(photo, kind, message)

    def make_remote(self) -> "EvalFace":
        """Return a face that makes the same lines in another process."""
        return EvalFace(Counts(0), ignore_counts)

    def count(self, line: Json) -> None:
        """Count a line and tell the progress."""
        self.counts.add(line)
        self._tell(self.counts)


def _measure_density(photo: BenchmarkPhoto, deps: Deps, live: LiveBackend) -> Json | None:
    """Return how many gallery photos lie near the truth, the photo's own among them where the gallery holds it."""
    if not deps.settings.gallery:
        return None
    return live.retrieval.coverage({"latitude": photo.latitude, "longitude": photo.longitude})


def _list_pending(task: EvalTask, before: dict[str, Json]) -> list[BenchmarkPhoto]:
    """Return the photos without a record; with retry, those whose record is a failure."""
    if task.retry_errors:
        return [photo for photo in task.photos if photo.image in before and has_model_failed(before[photo.image])]
    return [photo for photo in task.photos if photo.image not in before]


def _count_done(task: EvalTask, before: dict[str, Json]) -> Counts:
    """Count the photos done before this session that will not be repeated."""
    again = {photo.image for photo in _list_pending(task, before)}
    counts = Counts(len(task.photos))
    for image, line in before.items():
        if image not in again:
            counts.add(line, fresh=False)
    return counts
