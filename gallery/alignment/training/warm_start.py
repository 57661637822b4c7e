"""Warm start: begin a training at the location encoder of another alignment, as G3 begins at GeoCLIP's.

Positions mean the same over every backbone, so what a location encoder learnt from millions of photos helps
where there are only thousands.
"""

from dataclasses import dataclass
from pathlib import Path

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.model.aligned_model import Alignment
from sextant.gallery.alignment.model.weights import load_alignment


@dataclass(frozen=True)
class Start:
    """An alignment whose location encoder another one begins with, and the hash of its weights."""

    alignment: Alignment
    sha256: str


def load_start(folder: Path) -> Start:
    """Read the alignment that a training begins with.

    Raises:
        AlignmentError: it is missing or damaged.
    """
    alignment, stored = load_alignment(folder)
    return Start(alignment, stored.sha256)


def begin(model: Alignment, start: Start) -> None:
    """Give ``model`` the location encoder of ``start``; its location head and adapters stay as they are.

    Raises:
        WrongUse: the two stand on different projections or scales, on which the same weights mean noise.
    """
    ours, theirs = model.config, start.alignment.config
    if theirs.projection != ours.projection:
        raise WrongUse(
            f"the location encoder to start from uses {theirs.projection!r}, this training "
            f"{ours.projection!r}; give --projection {theirs.projection}"
        )
    if theirs.sigmas != ours.sigmas:
        raise WrongUse(
            f"the location encoder to start from has scales {theirs.sigmas!r}, this training {ours.sigmas!r}"
        )
    model.location.load_state_dict(start.alignment.location.state_dict())
