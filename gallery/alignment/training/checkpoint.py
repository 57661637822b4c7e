"""Save and load training checkpoints atomically, as plain tensors and JSON, without pickles."""

import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from sextant.base.errors import format_error, format_system_reason
from sextant.gallery.alignment.model.config import AlignmentError

KEPT = 2  # the last good one, and the one before in case the disk spoils it


@dataclass
class TrainingProgress:
    """Where a training stands. ``history`` has one entry for each validated epoch."""

    step: int = 0
    best: float | None = None
    best_epoch: int | None = None
    epochs_since_best: int = 0
    stopped_early: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)
    scaler: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(
    folder: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    progress: TrainingProgress,
    settings: dict[str, Any],
) -> Path:
    """Write ``folder/step-…`` and drop all but the last two."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"step-{progress.step:08d}"
    beside = folder / f".{target.name}.part"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        save_file(_make_contiguous(model.state_dict()), beside / "model.safetensors")
        save_file(_flatten(optimizer.state_dict()["state"]), beside / "optimizer.safetensors")
        about = {"progress": asdict(progress), "settings": settings}
        (beside / "training.json").write_text(json.dumps(about, indent=2) + "\n")
        for file in beside.iterdir():
            _to_disk(file)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise AlignmentError(
            f"checkpoint {str(target)!r} could not be written: {format_system_reason(error)}; free some space and run "
            "the same command again; training resumes from the last checkpoint"
        ) from error
    shutil.rmtree(target, ignore_errors=True)
    os.replace(beside, target)
    for old in list_checkpoints(folder)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def list_checkpoints(folder: Path) -> list[Path]:
    """List the finished checkpoints, oldest first."""
    return sorted(folder.glob("step-*"))


def read_training(checkpoint: Path) -> tuple[TrainingProgress, dict[str, Any]]:
    """Return the progress and settings of a checkpoint."""
    try:
        about = json.loads((checkpoint / "training.json").read_text())
        return TrainingProgress(**about["progress"]), dict(about["settings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AlignmentError(f"{_make_damaged_error(checkpoint)}: {format_system_reason(error)}") from error


def load_checkpoint(checkpoint: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Put a checkpoint's weights and moments in place, on the devices the model lies on."""
    try:
        model.load_state_dict(load_file(checkpoint / "model.safetensors"))
        moments = load_file(checkpoint / "optimizer.safetensors")
    except (OSError, SafetensorError, RuntimeError) as error:
        raise AlignmentError(f"{_make_damaged_error(checkpoint)}: {format_error(error)}") from error
    optimizer.load_state_dict({**optimizer.state_dict(), "state": _nest(moments)})


def _make_damaged_error(checkpoint: Path) -> str:
    return f"checkpoint {str(checkpoint)!r} is damaged (delete this folder to resume from the previous one)"


def _flatten(state: dict[int, dict[str, Tensor]]) -> dict[str, Tensor]:
    return _make_contiguous({f"{i}.{name}": value for i, moments in state.items() for name, value in moments.items()})


def _nest(flat: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in flat.items():
        i, name = key.split(".", 1)
        state.setdefault(int(i), {})[name] = value
    return state


def _make_contiguous(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _to_disk(file: Path) -> None:
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())
