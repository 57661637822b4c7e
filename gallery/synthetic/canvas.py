"""A canvas with perspective: metres in, pixels out.

x runs to the right from the middle of the road, y up from it, z away from the camera.
"""

from collections.abc import Sequence
from math import exp

from PIL import Image, ImageColor, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]
Metres = tuple[float, float, float]

WIDTH, HEIGHT = 320, 213
OVERSAMPLING = 2  # drawn larger and scaled down, for smooth edges
NEAR = 2.5  # metres; nothing is drawn nearer


def parse_colour(name: str) -> Colour:
    """Parse a colour by '#rrggbb' or CSS name."""
    red, green, blue = ImageColor.getrgb(name)[:3]
    return red, green, blue


def mix_colours(first: Colour, second: Colour, share: float) -> Colour:
    """Mix two colours: the first at share 0, the second at 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def shade_colour(base: Colour, factor: float) -> Colour:
    """Make a colour darker (below 1) or lighter."""
    red, green, blue = (min(255, max(0, round(channel * factor))) for channel in base)
    return red, green, blue


class Canvas:
    """A pinhole camera above a road, and the picture it draws on.

    Args:
        camera: metres right of the middle of the road and above it.
        focal: focal length in pixels of the final picture.
        horizon: height of the horizon as a share of the picture, from the top.
        turn: where the road vanishes, as a share of the width.
        air: colour that far things take on.
        haze: 0 (clear) to 1 (thick).
    """

    def __init__(self, camera: Point, focal: float, horizon: float, turn: float, air: Colour, haze: float) -> None:
        self.width, self.height = WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING
        self.image = Image.new("RGB", (self.width, self.height))
        self.draw = ImageDraw.Draw(self.image)
        self.focal = focal * OVERSAMPLING
        self.middle, self.horizon = turn * self.width, horizon * self.height
        self.camera_x, self._camera_y = camera
        self._air, self._visibility = air, 900 / (1 + 8 * haze)  # metres

    def at(self, x: float, y: float, z: float) -> Point:
        """Return where a point in metres lies in the picture."""
        scale = self.scale(z)
        return self.middle + scale * (x - self.camera_x), self.horizon - scale * (y - self._camera_y)

    def scale(self, z: float) -> float:
        """Return pixels a metre takes at a distance."""
        return self.focal / max(z, NEAR)

    def through_air(self, base: Colour, z: float) -> Colour:
        """Return a colour as seen from a distance."""
        return mix_colours(base, self._air, 1 - exp(-z / self._visibility))

    def face(self, corners: Sequence[Metres], base: Colour) -> None:
        """Draw a flat polygon in space, coloured as its nearest corner."""
        distance = min(z for _, _, z in corners)
        self.draw.polygon([self.at(*corner) for corner in corners], fill=self.through_air(base, distance))

    def upright(self, left: float, bottom: float, right: float, top: float, z: float, base: Colour) -> None:
        """Draw a rectangle that faces the camera."""
        (x0, y0), (x1, y1) = self.at(left, top, z), self.at(right, bottom, z)
        self.draw.rectangle((min(x0, x1), y0, max(x0, x1), y1), fill=self.through_air(base, z))

    def ground(self, left: float, right: float, near: float, far: float, base: Colour, height: float = 0.0) -> None:
        """Draw a strip lying along the road."""
        self.face([(left, height, near), (right, height, near), (right, height, far), (left, height, far)], base)

    def wall(self, x: float, near: float, far: float, bottom: float, top: float, base: Colour) -> None:
        """Draw a strip standing along the road."""
        self.face([(x, bottom, near), (x, top, near), (x, top, far), (x, bottom, far)], base)

    def stamp(
        self, mask: Image.Image, left: float, bottom: float, right: float, top: float, z: float, ink: Colour
    ) -> None:
        """Draw lettering that faces the camera, stretched into a rectangle in metres."""
        (x0, y0), (x1, y1) = self.at(left, top, z), self.at(right, bottom, z)
        size = round(x1 - x0), round(y1 - y0)
        if min(size) >= 2:
            scaled = mask.resize(size, Image.Resampling.BILINEAR)
            self.image.paste(self.through_air(ink, z), (round(x0), round(y0)), scaled)
