"""Crop boxes that a model gives as fractions of the picture."""

from collections.abc import Callable

from PIL import Image
from pydantic import BaseModel, Field

from sextant.base.errors import SextantError

SMALLEST_PIXELS = 12  # a narrower crop shows nothing

Photo = Callable[[], Image.Image]
"""Opens the photo at full resolution, upright, RGB."""


class NoSuchPart(SextantError):
    """The box does not contain a usable part of the picture."""


class Box(BaseModel):
    """A part of the photo; 0 is its left and upper edge, 1 its right and lower edge."""

    left: float = Field(default=0.0, ge=0, le=1)
    top: float = Field(default=0.0, ge=0, le=1)
    right: float = Field(default=1.0, ge=0, le=1)
    bottom: float = Field(default=1.0, ge=0, le=1)

    def to_pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Convert the box to (left, top, right, bottom) in pixels of a picture of this size.

        Raises:
            NoSuchPart: right ≤ left, bottom ≤ top, or the part has only a few pixels.
        """
        box = (
            round(self.left * width),
            round(self.top * height),
            round(self.right * width),
            round(self.bottom * height),
        )
        if box[2] - box[0] < SMALLEST_PIXELS or box[3] - box[1] < SMALLEST_PIXELS:
            raise NoSuchPart(
                f"box left={self.left} top={self.top} right={self.right} bottom={self.bottom} is {box[2] - box[0]} x "
                f"{box[3] - box[1]} pixels; give left < right and top < bottom, at least {SMALLEST_PIXELS} pixels apart"
            )
        return box


def crop(image: Image.Image, box: Box) -> Image.Image:
    """Return the part of ``image`` in ``box``, at its own resolution.

    Raises:
        NoSuchPart: the box does not contain a usable part.
    """
    return image.crop(box.to_pixels(*image.size))
