"""Settings of a training. The defaults are G3's."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sextant.gallery.alignment.model.config import Granularity
from sextant.gallery.alignment.model.projection import Projection

Spaces = Literal["image", "gps", "gps+text"]


class TrainSettings(BaseModel):
    """Settings of one training; all but ``epochs``, ``patience`` and ``checkpoint_every`` are fixed once it began.

    Attributes:
        spaces: what the image is aligned with; ``image`` trains nothing and measures the backbone as it is.
        epochs: passes over the training rows; 0 leaves the closed-form start as it is.
        batch: rows that are each other's negatives, over all devices together.
        accumulate: batches per step of the optimiser.
        decay: factor on the learning rate after each epoch.
        precision: of the adapters; the Fourier phases and the loss are always single.
        hard_negatives: wrong positions drawn around each photo's own, per photo; 0 is G3.
        fit_first: begin with adapters solved in closed form (``ridge_init.py``); false is G3.
        validation: share of the rows that is held out, by photographer.
        patience: epochs without a better validation before stopping; None never stops early.
        checkpoint_every: steps between checkpoints.
        space: dimension of the shared spaces; None is the backbone's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    spaces: Spaces = "gps+text"
    projection: Projection = "equal-earth"
    granularity: Granularity = "place"
    epochs: int = Field(default=10, ge=0)
    batch: int = Field(default=256, ge=2)
    accumulate: int = Field(default=1, ge=1)
    learning_rate: float = Field(default=3e-5, gt=0)
    weight_decay: float = Field(default=1e-6, ge=0)
    decay: float = Field(default=0.87, gt=0, le=1)
    precision: Literal["no", "bf16", "fp16"] = "no"
    hard_negatives: int = Field(default=0, ge=0)
    fit_first: bool = False
    validation: float = Field(default=0.1, ge=0, lt=1)
    patience: int | None = Field(default=None, ge=1)
    checkpoint_every: int = Field(default=500, ge=1)
    seed: int = Field(default=0, ge=0)
    space: int | None = Field(default=None, gt=0)

    def rate_at(self, epoch: int) -> float:
        """Return the learning rate of an epoch: StepLR of one epoch."""
        return self.learning_rate * self.decay**epoch

    def fixed(self) -> dict[str, object]:
        """Return the settings that must not change between an interrupted training and its resumption."""
        return self.model_dump(exclude={"epochs", "patience", "checkpoint_every"})
