"""An example of a plug-in: one tool and one encoder."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from langchain_core.tools import BaseTool, StructuredTool
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, Field

from sextant.agent.world.toolbox import Sources
from sextant.gallery.encoders.spec import normalise

NEW_MOON = datetime.fromisoformat("2000-01-06T18:14:00+00:00")
MONTH_DAYS = 29.530588853  # synodic month


class Moment(BaseModel):
    """When the sky was seen."""

    time: datetime = Field(description="date and time with its offset, such as 2024-06-21T22:00:00+02:00")


def compute_moon_age_days(time: datetime) -> float:
    """Compute the days since the last new moon, by the mean month: within half a day of the true one."""
    return (time - NEW_MOON).total_seconds() / 86400 % MONTH_DAYS


def make_moon_phase(sources: Sources) -> BaseTool:
    """Make the tool. `sources` gives the photo, its gallery search and the maps; this tool needs none of them."""
    del sources

    def run(time: datetime) -> str:
        return f"{compute_moon_age_days(time):.1f} days after new moon"

    return StructuredTool.from_function(
        run, name="moon_phase", description="The moon's age at a time, for a photo that shows it.", args_schema=Moment
    )


class MeanColour:
    """The mean colour of a picture as three numbers: a toy, to show the interface of encoders."""

    spec = "mean-colour:1"
    fingerprint = "mean-colour-1"  # change it whenever equal pictures get other vectors
    dimension = 3

    @property
    def prepare(self):  # type: ignore[no-untyped-def]
        """Return what makes one picture ready; decode processes pickle it."""
        return compute_mean_colour

    def encode_prepared(self, prepared: Sequence[NDArray[np.generic]]) -> NDArray[np.float32]:
        """Encode prepared pictures to (n, 3) L2-normalised vectors."""
        return normalise(np.stack(list(prepared)))

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Encode RGB pictures to (n, 3) L2-normalised vectors."""
        return self.encode_prepared([compute_mean_colour(image) for image in images])


def compute_mean_colour(image: Image.Image) -> NDArray[np.generic]:
    """Compute the mean of red, green and blue."""
    return np.asarray(image, dtype=np.float32).reshape(-1, 3).mean(axis=0)


def load_mean_colour(name: str) -> MeanColour:
    """Load the encoder of the spec `mean-colour:NAME`."""
    del name
    return MeanColour()
