"""Run a benchmark: many photos at a time through the graph, each line on disk when its photo ends."""

import errno
import gc
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from sextant.agent.llm.call import restore_address
from sextant.agent.recording.fitted_models import resolve_fitted
from sextant.agent.settings import Settings
from sextant.agent.verification import Candidate, Pool, verify
from sextant.agent.verification.baselines.stand_in import STAND_IN
from sextant.agent.world.deps import Port
from sextant.agent.world.live import make_batch_deps
from sextant.base.errors import SextantError, format_error
from sextant.base.json_types import Json
from sextant.eval.benchmarks import Benchmark, BenchmarkPhoto
from sextant.eval.running.circuit_breaker import CircuitBreaker, find_shared_failure
from sextant.eval.running.configuration import make_configuration, make_header
from sextant.eval.running.folder import EvaluationFolder, LineWriter, lock_writer, refuse_changed
from sextant.eval.running.metered_calls import MeteredCalls, sum_unfinished_costs
from sextant.eval.running.progress import Counts
from sextant.eval.running.records import has_model_failed, make_answered_record, make_error_record
from sextant.eval.running.spend_limit import SpendLimitReached
from sextant.gallery.photos.open import PhotoError, read_photo
from sextant.geo.places import describe
from sextant.graphs.runs.batch import BatchRunner, make_record_name
from sextant.graphs.runs.folder import RunFolder

Tell = Callable[[Counts], None]
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)


@dataclass(frozen=True)
class EvalTask:
    """What ``eval run`` was asked for.

    Attributes:
        photos: the chosen photos of ``benchmark``.
        chosen: how they were chosen (limit, seed, shard), for the record.
        max_usd: the money of the whole evaluation.
    """

    benchmark: Benchmark
    photos: tuple[BenchmarkPhoto, ...]
    chosen: Json
    settings: Settings
    out: Path
    max_usd: float | None = None
    retry_errors: bool = False


@dataclass(frozen=True)
class EvalEnd:
    """How a session of an evaluation ended: ``why`` is done, stopped, money or model.

    ``model`` means that the model is unavailable; ``reason`` is what its server said.
    """

    why: str
    counts: Counts
    reason: str | None = None
    notes: tuple[str, ...] = ()


def run(
    task: EvalTask,
    tell: Tell = lambda counts: None,
    stop: threading.Event | None = None,
    behind: Callable[[Port], Port] = lambda world: world,
) -> EvalEnd:
    """Evaluate what is missing of a task, or, with ``retry_errors``, what failed.

    Args:
        tell: receives the running counts after every photo, from one thread.
        stop: once set, photos in flight are finished and no others begun.
        behind: wraps the world that answers the photos' calls.

    Raises:
        WrongUse: the folder holds an evaluation with another configuration.
        SextantError: gallery, model or disk fail, or another process works on the folder.
    """
    folder = EvaluationFolder(task.out)
    task = replace(task, settings=resolve_fitted(task.settings))
    with lock_writer(task.out):
        plan = make_configuration(task.benchmark, task.photos, task.chosen, task.settings)
        if (task.out / "evaluation.json").exists():
            refuse_changed(folder, plan)
        else:
            folder.begin(make_header(plan, task.benchmark, task.settings))
        with _open_writer(folder.lines_file) as writer:
            notes = ("the last line was cut off by a crash; its photo is evaluated again",) if writer.repaired else ()
            before = folder.lines()
            session = EvalSession(task, folder, writer, behind)
            # One thread a matrix product: they are small, and the photos fill the cores.
            with _freeze_loaded_objects(), threadpool_limits(limits=1, user_api="blas"):
                why = session.work(
                    _list_pending(task, before), _count_done(task, before), tell, stop or threading.Event()
                )
    reason = restore_address(session.breaker.words(), task.settings) if why == "model" else None
    return EvalEnd(why, session.counts, reason, notes)


def count_parallel_photos(settings: Settings) -> int:
    """Return how many photos to process at once: a quarter more than model calls, so that the model never waits."""
    return settings.concurrency if settings.model == "offline" else settings.concurrency + settings.concurrency // 4


class EvalSession:
    """One process at work on an evaluation."""

    def __init__(
        self, task: EvalTask, folder: EvaluationFolder, writer: LineWriter, behind: Callable[[Port], Port]
    ) -> None:
        self.task, self.folder, self.writer = task, folder, writer
        self.counts = Counts(len(task.photos))
        self.breaker = CircuitBreaker()
        self.deps, self.live = make_batch_deps(task.settings)
        self.world = behind(self.live)
        if task.max_usd is not None:
            spent = sum_unfinished_costs(folder) + sum(_read_usd(line) for line in folder.lines().values())
            self.world = MeteredCalls(self.world, self.live, self.deps, task.max_usd, spent)
        self.graph = BatchRunner(self.deps)
        # Maps, names and fitted numbers are loaded once, and missing ones found out, before the threads begin.
        describe(0.0, 0.0)
        known = Candidate(0.0, 0.0, "nearest", rank=0, similarity=1.0, position_score=1.0)
        for strategy in {self.deps.recipe.verify, STAND_IN}:
            verify(Pool((known,)), strategy, self.deps.settings.optimise)

    def work(self, photos: Sequence[BenchmarkPhoto], counts: Counts, tell: Tell, stop: threading.Event) -> str:
        """Evaluate these photos in parallel; each record is on disk before the next photo takes its place."""
        self.counts = counts
        tell(counts)
        waiting = iter(photos)
        flying: set[Future[Json]] = set()
        at_once = count_parallel_photos(self.task.settings)
        with ThreadPoolExecutor(at_once, thread_name_prefix="photo") as pool:
            try:
                while True:
                    while len(flying) < at_once and not stop.is_set() and (photo := next(waiting, None)):
                        flying.add(pool.submit(self.photo, photo))
                    if not flying:
                        return self._end("stopped" if stop.is_set() else "done", tell)
                    ended, flying = wait(flying, return_when=FIRST_COMPLETED)
                    for future in ended:
                        self._take(future.result(), tell)
                    if self.breaker.is_long():
                        stop.set()
            except SpendLimitReached:
                stop.set()
                self._drain(flying, tell)
                return self._end("money", tell)
            except BaseException:
                stop.set()
                raise

    def _take(self, line: Json, tell: Tell) -> None:
        """Count a photo that ended, and those held back before it that it makes results."""
        for result in self.breaker.take(line):
            if find_shared_failure(result):
                self.writer.append(result)
            self.counts.add(result)
        tell(self.counts)

    def _end(self, why: str, tell: Tell) -> str:
        """Return why the session ends. What is held back then is a result only when nothing else was wrong."""
        if self.breaker.is_long() or (why == "done" and self.breaker.is_all()):
            why = "model"
        if why == "done":
            for line in self.breaker.held:
                self.writer.append(line)
                self.counts.add(line)
                tell(self.counts)
        else:
            known = self.folder.lines()
            for line in self.breaker.held:
                if line["image"] not in known:
                    RunFolder(self.folder.path / line["record"]).remove()  # asked again, not read from the recording
        return why

    def _drain(self, flying: set[Future[Json]], tell: Tell) -> None:
        """Let the photos in flight end; those that need more money end without a line."""
        for future in flying:
            try:
                self._take(future.result(), tell)
            except SpendLimitReached:
                continue

    def photo(self, photo: BenchmarkPhoto) -> Json:
        """Evaluate one photo and write its line down, unless a streak of failures decides on it.

        Raises:
            OutOfMoney: it cannot be finished for the money that is left; it has no line then.
            SextantError: the disk does not take what is written.
        """
        began = time.monotonic()
        name = make_record_name(photo.image)
        line = self._line(photo, name)
        line["timings"] = {"seconds": round(time.monotonic() - began, 4), **line["timings"]}
        line["record"] = f"records/{name}"
        if not find_shared_failure(line):
            self.writer.append(line)
        return line

    def _line(self, photo: BenchmarkPhoto, name: str) -> Json:
        if photo.path is None:
            return make_error_record(photo, "missing", f"photo {photo.image!r} is not in the folder")
        settings = replace(self.deps.settings, run=name)
        try:
            if photo.author:
                self.live.retrieval.authors[hashlib.sha256(read_photo(photo.path)).hexdigest()] = photo.author
            state = self.graph.locate(
                photo.path, settings, self.folder.records / name, self.world, self.task.retry_errors
            )
            return {
                **make_answered_record(photo, state, replace(self.deps, settings=settings)),
                "density": self._density(photo),
            }
        except SpendLimitReached:
            raise
        except PhotoError as error:
            return make_error_record(photo, "unreadable", str(error))
        except (SextantError, OSError) as error:
            if _is_disk_full(error):
                raise SextantError(f"{error}; fix this and run the same command again") from error
            return make_error_record(photo, "failed", str(error))
        except Exception as error:
            # A defect met at one photo must not cost the other thousands; it is counted and shown.
            return make_error_record(photo, "defect", f"{type(error).__name__}: {format_error(error)}")

    def _density(self, photo: BenchmarkPhoto) -> Json | None:
        """Return how many gallery photos lie near the truth, the photo's own among them where the gallery holds it."""
        if not self.deps.settings.gallery:
            return None
        return self.live.retrieval.coverage({"latitude": photo.latitude, "longitude": photo.longitude})


@contextmanager
def _freeze_loaded_objects() -> Iterator[None]:
    """Keep the garbage collector off what is loaded: a pass over it takes 0.1 s, in which no thread does anything."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _open_writer(path: Path) -> Iterator[LineWriter]:
    writer = LineWriter(path)
    try:
        yield writer
    finally:
        writer.close()


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


def _read_usd(line: Json) -> float:
    return (line["answer"]["spent"]["usd"] or 0.0) if line["answer"] else 0.0


def _is_disk_full(error: BaseException | None) -> bool:
    """Return whether this error came of a disk that takes no more: no fault of the photo."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        error = error.__cause__
    return False
