import io

import pytest
from langchain_core.tools import ToolException
from PIL import Image

from sextant.tools.crops import Box, NoSuchPart
from sextant.tools.zoom import make_zoom_tool, zoom

HALVES = Image.new("RGB", (2000, 1000), "red")
HALVES.paste("blue", (1000, 0, 2000, 1000))


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_a_part_comes_at_its_own_resolution() -> None:
    data, size = zoom(HALVES, Box(left=0.5, top=0.2, right=0.9, bottom=0.8))
    assert size == (800, 600)
    assert opened(data).size == (800, 600)
    red, _, blue = opened(data).getpixel((400, 300))
    assert blue > 200 > red


def test_large_parts_shrink_and_small_ones_grow_threefold_at_most() -> None:
    assert opened(zoom(HALVES, Box())[0]).size == (1536, 768)
    assert opened(zoom(HALVES, Box(right=0.05, bottom=0.1))[0]).size == (300, 300)


@pytest.mark.parametrize(
    "box", [Box(left=0.5, right=0.5), Box(left=0.9, right=0.1), Box(top=0.5, bottom=0.505), Box(left=0.999)]
)
def test_a_box_without_a_picture_is_refused_with_the_way_out(box: Box) -> None:
    with pytest.raises(NoSuchPart, match="give left < right"):
        zoom(HALVES, box)


def test_the_tool_hands_over_jpeg_bytes_and_says_what_they_are() -> None:
    call = {"name": "zoom", "args": {"left": 0.25, "right": 0.5}, "id": "1", "type": "tool_call"}
    message = make_zoom_tool(lambda: HALVES).invoke(call)
    assert "500 x 1000 pixels" in message.content
    assert message.artifact["crop"].startswith(b"\xff\xd8")


def test_the_tool_turns_a_bad_box_into_one_line_for_the_model() -> None:
    with pytest.raises(ToolException, match="pixels apart"):
        make_zoom_tool(lambda: HALVES).invoke({"left": 0.6, "right": 0.4})


def test_the_same_part_gives_the_same_bytes() -> None:
    assert zoom(HALVES, Box(right=0.3))[0] == zoom(HALVES, Box(right=0.3))[0]
