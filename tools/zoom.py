"""The zoom tool: a part of the photo at full resolution."""

import io
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from PIL import Image

from sextant.tools.crops import Box, NoSuchPart, Photo, crop

_LONGEST_PIXELS = 1536  # a larger picture costs tokens and is scaled down by the providers anyway
_ENLARGED_PIXELS = 512  # smaller crops are enlarged, at most threefold: models see little in thumbnails
_JPEG_QUALITY = 90


def zoom(image: Image.Image, box: Box) -> tuple[bytes, tuple[int, int]]:
    """Crop a part of a picture as JPEG; also return its size in pixels before any scaling.

    Raises:
        NoSuchPart: the box does not contain a usable part.
    """
    part = crop(image, box)
    size = part.size
    factor = min(_LONGEST_PIXELS / max(size), max(1.0, min(3.0, _ENLARGED_PIXELS / max(size))))
    if factor != 1.0:
        part = part.resize((max(1, round(size[0] * factor)), max(1, round(size[1] * factor))), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    part.convert("RGB").save(file, "JPEG", quality=_JPEG_QUALITY)
    return file.getvalue(), size


def make_zoom_tool(photo: Photo) -> BaseTool:
    """Make the tool for one photo. The artifact's "crop" holds the JPEG bytes for the message that follows."""

    def run(left: float = 0.0, top: float = 0.0, right: float = 1.0, bottom: float = 1.0) -> tuple[str, dict[str, Any]]:
        try:
            data, (width, height) = zoom(photo(), Box(left=left, top=top, right=right, bottom=bottom))
        except NoSuchPart as error:
            raise ToolException(str(error)) from error
        content = f"The part follows as a picture; it is {width} x {height} pixels of the photo."
        return content, {"crop": data, "width": width, "height": height, "box": [left, top, right, bottom]}

    return StructuredTool.from_function(
        run,
        name="zoom",
        description=(
            "Look at a part of the photo at full resolution: a sign, a number plate, a building, the horizon. "
            "Give the box as fractions of width and height, 0 at the left and upper edge."
        ),
        args_schema=Box,
        response_format="content_and_artifact",
    )
