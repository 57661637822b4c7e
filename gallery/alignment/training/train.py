"""The training loop: batches, optimizer steps, checkpoints, validation, resume after a kill."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sextant.base.errors import WrongUse, format_error
from sextant.gallery.alignment.measure import validate
from sextant.gallery.alignment.model.aligned_model import Alignment, make_alignment
from sextant.gallery.alignment.model.config import AlignmentConfig, AlignmentError, Part, list_differences
from sextant.gallery.alignment.model.weights import save_alignment
from sextant.gallery.alignment.training.batches import (
    Batch,
    BatchPlan,
    Prefetcher,
    Texts,
    draw_near_positions,
    load_batch,
)
from sextant.gallery.alignment.training.cache import Cache
from sextant.gallery.alignment.training.checkpoint import (
    TrainingProgress,
    list_checkpoints,
    load_checkpoint,
    read_training,
    save_checkpoint,
)
from sextant.gallery.alignment.training.progress import LOOK_EVERY, TrainingMeter, TrainingReport
from sextant.gallery.alignment.training.ridge_init import fit
from sextant.gallery.alignment.training.settings import TrainSettings
from sextant.gallery.alignment.training.split import split_by_author
from sextant.gallery.alignment.training.step import compute_batch_loss
from sextant.gallery.alignment.training.warm_start import Start, begin

BACKBONE: tuple[Part, ...] = ("image",)


@dataclass(frozen=True)
class TrainingResult:
    """The end of a training; ``before`` is the backbone alone, ``after`` the kept weights (None unvalidated)."""

    steps: int
    epochs: int
    resumed_from: int
    stopped_early: bool
    best_epoch: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    history: list[dict[str, Any]]


class Training:
    """One training in one folder: ``out/checkpoints`` while it runs, ``out/alignment.json`` for the best so far."""

    def __init__(
        self,
        cache: Cache,
        texts: Texts | None,
        config: AlignmentConfig,
        settings: TrainSettings,
        out: Path,
        start: Start | None = None,
    ) -> None:
        self.cache, self.texts, self.config, self.settings, self.out = cache, texts, config, settings, out
        self.start = start
        self.accelerator = _make_accelerator(settings)
        self.devices: int = self.accelerator.num_processes
        rows, self.held_out = split_by_author(cache.authors, cache.places, settings.validation, settings.seed)
        self.plan = _plan(rows, settings)
        if self.plan.batch % self.devices:
            raise WrongUse(f"batch {self.plan.batch!r} does not divide over {self.devices} devices; use a multiple")
        self.model = make_alignment(config, settings.seed)
        if start is not None:
            begin(self.model, start)
        if settings.fit_first and not list_checkpoints(out / "checkpoints"):
            fit(self.model, cache, texts, rows, settings.seed, new_location=start is None)
        optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.wrapped, self.optimizer = self.accelerator.prepare(self.model, optimizer)
        self.progress = TrainingProgress()
        self.before: dict[str, Any] | None = None

    @property
    def alignment(self) -> Alignment:
        unwrapped: Alignment = self.accelerator.unwrap_model(self.wrapped)
        return unwrapped

    def run(self, watch: Callable[[TrainingReport], None]) -> TrainingResult:
        """Train to the end, or to where patience ends.

        Raises:
            WrongUse: the folder holds a training with other settings.
            AlignmentError: the loss became NaN, a checkpoint is damaged, the disk is full.
        """
        resumed_from = self._resume()
        self.accelerator.wait_for_everyone()  # before one of several writes what another would take for resumable
        self.before = self._validate(self.alignment, BACKBONE)
        if self.settings.fit_first and self.progress.best_epoch is None:
            self._end_epoch()
            self._checkpoint()
        steps = self.plan.steps_per_epoch * self.settings.epochs
        if not self.progress.stopped_early and self.progress.step < steps:
            batches = Prefetcher(self._batches(self.progress.step, steps))
            try:
                self._train(batches, steps, watch)
            finally:
                batches.close()
        best = next((entry for entry in self.progress.history if entry["epoch"] == self.progress.best_epoch), None)
        return TrainingResult(
            steps=self.progress.step,
            epochs=self.progress.step // self.plan.steps_per_epoch,
            resumed_from=resumed_from,
            stopped_early=self.progress.stopped_early,
            best_epoch=self.progress.best_epoch,
            before=self.before,
            after=best["measured"] if best else None,
            history=self.progress.history,
        )

    def _train(self, batches: Prefetcher, steps: int, watch: Callable[[TrainingReport], None]) -> None:
        settings, progress = self.settings, self.progress
        self.wrapped.train()
        pace = TrainingMeter(self.accelerator.device, self.plan.batch * settings.accumulate)
        incoming = iter(batches)
        while progress.step < steps and not progress.stopped_early:
            self._set_rate(progress.step // self.plan.steps_per_epoch)
            for _ in range(settings.accumulate):
                pace.add(progress.step, *self._backward(next(incoming)))
            progress.step += 1
            ends_epoch = progress.step % self.plan.steps_per_epoch == 0
            checkpoint = progress.step % settings.checkpoint_every == 0
            if ends_epoch or checkpoint or progress.step % LOOK_EVERY == 0:
                look = pace.look(progress.step, steps, self.plan.steps_per_epoch, batches.waited_seconds)
                self._refuse_nan(pace.first_bad())
                watch(look)
            if ends_epoch:
                self._end_epoch()
            if ends_epoch or checkpoint:
                self._checkpoint()

    def _backward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Run one batch forward and back; the optimiser steps with the last batch of a step."""
        with self.accelerator.accumulate(self.wrapped):
            with self.accelerator.autocast():
                gps, text = compute_batch_loss(self.wrapped, batch.to(self.accelerator.device), self.devices)
            self.accelerator.backward(gps + text)
            self.optimizer.step()
            self.optimizer.zero_grad()
        return gps.detach(), text.detach()

    def _batches(self, start: int, end: int) -> Iterator[Batch]:
        """Yield this device's share of each planned batch."""
        share = self.plan.batch // self.devices
        mine = slice(self.accelerator.process_index * share, (self.accelerator.process_index + 1) * share)
        pinned = self.accelerator.device.type == "cuda"
        for number, rows in self.plan.batches(start, end):
            negatives = None
            if self.settings.hard_negatives:
                rng = np.random.default_rng((self.settings.seed, 1, number))
                negatives = draw_near_positions(self.cache.positions[rows], self.settings.hard_negatives, rng)[mine]
            batch = load_batch(self.cache, self.texts, rows[mine], negatives)
            yield batch.pinned() if pinned else batch

    def _end_epoch(self) -> None:
        """Validate, keep the weights if they are the best so far (or if nothing validates), decide to stop.

        Epoch 0 is the closed-form start.
        """
        progress, settings = self.progress, self.settings
        epoch = progress.step // self.plan.steps_per_epoch
        measured = self._validate(self.alignment, self.config.parts)
        if measured is None:
            progress.best_epoch = epoch
            self._keep(None)
            return
        progress.history.append({"epoch": epoch, "measured": measured})
        score = float(measured["retrieval"]["10"]["median_km"])
        if progress.best is None or score < progress.best:
            progress.best, progress.best_epoch, progress.epochs_since_best = score, epoch, 0
            self._keep(measured)
        else:
            progress.epochs_since_best += 1
        progress.stopped_early = settings.patience is not None and progress.epochs_since_best >= settings.patience
        self.wrapped.train()

    def _validate(self, alignment: Alignment, parts: tuple[Part, ...]) -> dict[str, Any] | None:
        if not len(self.held_out):
            return None
        alignment.eval()
        return validate(alignment, self.cache, self.plan.rows, self.held_out, parts, self.settings.seed)

    def _keep(self, measured: dict[str, Any] | None) -> None:
        if self.accelerator.is_main_process:
            training = {
                "settings": self.settings.model_dump(),
                "epoch": self.progress.best_epoch,
                "rows": len(self.plan.rows),
                "location_from": self.start.sha256 if self.start else None,
            }
            save_alignment(self.out, self.alignment, training, {"before": self.before, "after": measured})

    def _checkpoint(self) -> None:
        if self.accelerator.scaler is not None:
            self.progress.scaler = self.accelerator.scaler.state_dict()
        if self.accelerator.is_main_process:
            save_checkpoint(self.out / "checkpoints", self.alignment, self.optimizer, self.progress, self._identity())
        self.accelerator.wait_for_everyone()

    def _resume(self) -> int:
        found = list_checkpoints(self.out / "checkpoints")
        if not found:
            return 0
        progress, identity = read_training(found[-1])
        if changed := list_differences(self._identity(), identity):
            raise WrongUse(
                f"{str(self.out)!r} holds a training with other settings ({'; '.join(changed[:3])}); "
                "use those again to resume, or another --out"
            )
        load_checkpoint(found[-1], self.alignment, self.optimizer)
        if self.accelerator.scaler is not None and progress.scaler:
            self.accelerator.scaler.load_state_dict(progress.scaler)
        patience = self.settings.patience
        progress.stopped_early = patience is not None and progress.epochs_since_best >= patience
        self.progress = progress
        return progress.step

    def _identity(self) -> dict[str, Any]:
        """Return everything that must be equal for the weights to be equal."""
        return {
            **self.settings.fixed(),
            "config": self.config.model_dump(mode="json"),
            "source": self.cache.about.source,
            "rows": len(self.cache),
            "location_from": self.start.sha256 if self.start else None,
        }

    def _set_rate(self, epoch: int) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate_at(epoch)

    def _refuse_nan(self, step: int | None) -> None:
        if step is None:
            return
        good = list_checkpoints(self.out / "checkpoints")
        kept = f"the last good checkpoint is {str(good[-1])!r}" if good else "no checkpoint exists yet"
        raise AlignmentError(
            f"the loss was not a number at step {step} (epoch {step // self.plan.steps_per_epoch + 1}); {kept}; "
            "try a lower --learning-rate or --precision no in another --out"
        )


def _plan(rows: NDArray[np.int64], settings: TrainSettings) -> BatchPlan:
    if settings.epochs == 0 and not settings.fit_first:
        raise WrongUse("0 epochs train nothing; give --epochs 1, or --fit-first for its closed form alone")
    batch = min(settings.batch, len(rows))
    plan = BatchPlan(rows, batch, settings.accumulate, settings.seed)
    if plan.steps_per_epoch == 0:
        raise WrongUse(
            f"{len(rows)} training photos do not fill {settings.accumulate} batches of {settings.batch}; "
            "use a smaller --batch or --accumulate"
        )
    return plan


def _make_accelerator(settings: TrainSettings) -> Any:
    try:
        from accelerate import Accelerator
    except ImportError as error:
        raise WrongUse("training needs accelerate; install it with: pip install 'sextant-geo[align]'") from error
    try:
        return Accelerator(mixed_precision=settings.precision, gradient_accumulation_steps=settings.accumulate)
    except ValueError as error:
        reason = format_error(error)
        raise WrongUse(f"precision {settings.precision!r} does not work here: {reason}; use bf16 or no") from error
