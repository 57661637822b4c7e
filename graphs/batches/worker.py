"""Run single photos of a batch through the graph: what each thread, worker process and Ray worker does."""

import errno
import time
from dataclasses import replace
from typing import Generic, TypeVar

from sextant.agent.llm.retry import RateLimiter
from sextant.agent.settings import Settings
from sextant.agent.verification import Candidate, Pool, verify
from sextant.agent.verification.baselines.stand_in import STAND_IN
from sextant.agent.world.deps import ignore_event
from sextant.agent.world.live import make_batch_deps
from sextant.base.errors import SextantError, format_error
from sextant.base.json_types import Json
from sextant.gallery.photos.open import PhotoError
from sextant.geo.places import describe
from sextant.graphs.batches.metered_calls import MeteredCalls
from sextant.graphs.batches.order import BatchOrder, Face
from sextant.graphs.batches.spend_limit import Reservations, SpendLimit, SpendLimitReached
from sextant.graphs.runs.batch import BatchRunner

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)
Item = TypeVar("Item")


class PhotoWorker(Generic[Item]):
    """Locates photos, from any number of threads.

    Raises:
        SextantError: gallery, encoder, model or a file of the package cannot be loaded.
    """

    def __init__(
        self,
        order: BatchOrder,
        face: Face[Item],
        rate_limiter: RateLimiter | None = None,
        spend_limit: Reservations | None = None,
    ) -> None:
        """Load everything that photos need.

        Args:
            rate_limiter: shared with other processes; None makes one of the settings.
            spend_limit: shared with other processes; None makes one of the order.
        """
        self._order, self._face = order, face
        self._deps, self._live = make_batch_deps(order.settings, rate_limiter)
        self._world = order.behind(self._live)
        if order.max_usd is not None:
            limit = spend_limit or SpendLimit(order.max_usd, order.spent_usd)
            self._world = MeteredCalls(self._world, self._live, self._deps, limit)
        self._graph = BatchRunner(self._deps)
        # Maps, names and fitted numbers are loaded once, and missing ones found out, before the threads begin.
        describe(0.0, 0.0)
        known = Candidate(0.0, 0.0, "nearest", rank=0, similarity=1.0, position_score=1.0)
        for strategy in {self._deps.recipe.verify, STAND_IN}:
            verify(Pool((known,)), strategy, self._deps.settings.optimise)

    def locate(self, photo: Item) -> Json:
        """Run one photo and return its line.

        Raises:
            SpendLimitReached: it cannot be finished for the money that is left; it has no line then.
            SextantError: the disk does not take what is written.
        """
        began = time.monotonic()
        name = self._face.record(photo)
        line = self._make_line(photo, name)
        line["timings"] = {"seconds": round(time.monotonic() - began, 4), **line.get("timings", {})}
        line["record"] = f"{self._order.records.name}/{name}"
        return line

    def _make_line(self, photo: Item, name: str) -> Json:
        path = self._face.find_path(photo)
        if path is None:
            return self._face.make_error_line(
                photo, "missing", f"photo {self._face.name(photo)!r} is not in the folder"
            )
        settings = replace(self._deps.settings, run=name)
        report_event, called = self._order.on_event, self._face.name(photo)
        on_event = (lambda event: report_event(called, event)) if report_event else ignore_event
        try:
            self._face.prepare(photo, self._live)
            state = self._graph.locate(
                path, settings, self._order.records / name, self._world, name in self._order.afresh, on_event
            )
            return self._face.make_line(photo, state, replace(self._deps, settings=settings), self._live)
        except SpendLimitReached:
            raise
        except PhotoError as error:
            return self._face.make_error_line(photo, "unreadable", str(error))
        except (SextantError, OSError) as error:
            if _is_disk_full(error):
                raise SextantError(f"{error}; fix this and run the same command again") from error
            return self._face.make_error_line(photo, "failed", str(error))
        except Exception as error:
            # A defect met at one photo must not cost the other thousands; it is counted and shown.
            return self._face.make_error_line(photo, "defect", f"{type(error).__name__}: {format_error(error)}")


def count_parallel_photos(settings: Settings) -> int:
    """Return how many photos to process at once: a quarter more than model calls, so that the model never waits."""
    return settings.concurrency if settings.model == "offline" else settings.concurrency + settings.concurrency // 4


def _is_disk_full(error: BaseException | None) -> bool:
    """Return whether this error came of a disk that takes no more: no fault of the photo."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        error = error.__cause__
    return False
