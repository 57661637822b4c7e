"""Spread a batch over the workers of a Ray cluster; this process hands out the photos and writes their lines.

The cluster is the one that RAY_ADDRESS names, else this machine. Every node needs this package and sees the photos,
the gallery, the home and the batch's folder under the same paths. A worker that dies is started anew, and its photos
are run again there; calls that it had recorded are not repeated.
"""

import gc
import queue
from dataclasses import replace
from importlib import import_module
from typing import Any, Generic, TypeVar

from sextant.base.errors import SextantError, WrongUse
from sextant.base.json_types import Json
from sextant.base.packages import require_package
from sextant.graphs.batches.order import BatchOrder, Face, leave_world
from sextant.graphs.batches.spread.deaths import RUN_AGAIN, make_death_line
from sextant.graphs.batches.worker import PhotoWorker, count_parallel_photos

Item = TypeVar("Item")


class RayWorkers(Generic[Item]):
    """One worker for each CPU of the cluster; each runs as many photos at once as a session of its own would.

    Attributes:
        count: of the workers.

    Raises:
        WrongUse: the batch has a spending limit, which workers cannot share, or a number of processes.
        MissingPackage: Ray is not installed.
        SextantError: the cluster cannot be reached, or a worker cannot load gallery or model.
    """

    def __init__(self, order: BatchOrder, face: Face[Item]) -> None:
        if order.max_usd is not None:
            raise WrongUse("--max-usd limits one process, but --engine ray uses many; leave one of them out")
        if order.processes is not None:
            raise WrongUse("--processes is of this machine, but --engine ray uses a cluster; leave one of them out")
        require_package("ray", "--engine ray", "ray")
        ray: Any = import_module("ray")

        self._ray, self._face, self._order = ray, face, order
        self._started_here = not ray.is_initialized()
        try:
            if self._started_here:
                ray.init(include_dashboard=False, logging_level="error", log_to_driver=False)
            self.count = max(1, int(ray.cluster_resources().get("CPU", 1)))
            at_once = count_parallel_photos(order.settings)
            # Room for `check` beside the photos; restarts and repeats are Ray's.
            options: Any = {"num_cpus": 1, "max_concurrency": at_once + 1}
            options |= {"max_restarts": -1, "max_task_retries": RUN_AGAIN}
            made = ray.remote(**options)(_RemoteWorker)
            sent = replace(order, behind=leave_world, on_event=None)
            workers = [made.remote(sent, face.make_remote()) for _ in range(self.count)]
            self._raise_problem(ray.get([worker.check.remote() for worker in workers]))
        except (ConnectionError, ray.exceptions.RayError) as error:
            self.close()
            raise SextantError(f"the Ray cluster cannot be used: {str(error).strip().splitlines()[-1]}") from error
        except BaseException:
            self.close()
            raise
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for worker in workers * at_once:
            self._free.put(worker)

    def locate(self, photo: Item) -> Json:
        """Run one photo on a free worker, wait for it and return its line.

        Raises:
            SextantError: the disk does not take what is written.
        """
        worker = self._free.get()
        try:
            line, problem = self._ray.get(worker.locate.remote(photo))
        except self._ray.exceptions.RayError:
            return make_death_line(self._order, self._face, photo)
        finally:
            self._free.put(worker)
        self._raise_problem([problem])
        return dict(line)

    def close(self) -> None:
        """End the workers; a cluster that was there before stays."""
        if self._started_here:
            self._ray.shutdown()

    @staticmethod
    def _raise_problem(problems: list[str | None]) -> None:
        for problem in problems:
            if problem is not None:
                raise SextantError(problem)


class _RemoteWorker:
    """What runs on a node. Errors travel as texts: Ray would put its own traceback into them."""

    def __init__(self, order: BatchOrder, face: Face[Any]) -> None:
        from threadpoolctl import threadpool_limits

        self._worker: PhotoWorker[Any] | None = None
        self._problem: str | None = None
        threadpool_limits(limits=1, user_api="blas")
        try:
            self._worker = PhotoWorker(order, face)
        except SextantError as error:
            self._problem = str(error)
        gc.freeze()

    def check(self) -> str | None:
        """Return what is wrong with this worker."""
        return self._problem

    def locate(self, photo: Any) -> tuple[Json | None, str | None]:
        """Run one photo; return its line, or what makes the whole batch end."""
        if self._worker is None:
            return None, self._problem
        try:
            return self._worker.locate(photo), None
        except SextantError as error:
            return None, str(error)
