import pytest
from langchain_core.tools import ToolException

from sextant.gallery.search.search import Reference
from sextant.tools.farthest_photos import make_farthest_photos_tool


class Shelf:
    """A search that knows one photo on its far side."""

    def __init__(self, count: int) -> None:
        place = Reference("a.jpg", 35.0, 139.0, None, "s", "JP", None, "ab" * 32, None, None, -0.21)
        self.references = [place] * count

    def nearest(self, count: int) -> list[Reference]:
        raise AssertionError("the near side is not asked for")

    def farthest(self, count: int) -> list[Reference]:
        return self.references[:count]


def call(shelf: Shelf):
    return make_farthest_photos_tool(shelf).invoke(
        {"type": "tool_call", "id": "1", "name": "farthest_photos", "args": {"count": 3}}
    )


def test_the_far_side_is_listed():
    message = call(Shelf(1))
    assert message.content.startswith("1. 35.0000, 139.0000 ") and message.content.endswith("Japan (similarity -0.21)")
    assert message.artifact[0]["country_code"] == "JP"


def test_an_empty_gallery_tells_the_model_what_to_do():
    with pytest.raises(ToolException, match="answer from the picture itself"):
        call(Shelf(0))
