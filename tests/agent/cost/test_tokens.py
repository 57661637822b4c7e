import pytest

from sextant.agent.cost.tokens import estimate_image_tokens, estimate_request_tokens, estimate_text_tokens


def test_text_counts_four_characters_a_token_and_never_less_than_it_holds() -> None:
    assert [estimate_text_tokens(text) for text in ("", "a", "abcd", "abcde")] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("width", "height", "detail", "tokens"),
    [
        (1024, 1024, "high", 765),  # the two worked examples of OpenAI's guide
        (2048, 4096, "high", 1105),
        (2048, 4096, "low", 85),
        (100, 100, "auto", 255),
    ],
)
def test_pictures_count_as_openai_tiles_them(width: int, height: int, detail: str, tokens: int) -> None:
    assert estimate_image_tokens(width, height, detail) == tokens


def test_a_picture_that_cannot_be_read_still_counts() -> None:
    broken = {"type": "image", "data": "bm90IGEgcGljdHVyZQ==", "mime": "image/jpeg"}
    assert estimate_request_tokens([{"role": "user", "content": [broken]}]) > 1000
