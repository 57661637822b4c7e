"""Token estimates, for servers that do not report usage and for the cost before a run.

Rules of thumb, marked as estimates wherever they are shown: four characters per token for text, and for pictures the
tiling rule that OpenAI's vision guide gives for GPT-4o. Other models count differently, mostly less.
"""

import base64
import binascii
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

CHARACTERS_PER_TOKEN = 4.0
TOKENS_PER_MESSAGE = 4  # role and separators
LOW_DETAIL_TOKENS = 85
TILE_TOKENS = 170
TILE_SIDE = 512
LONGEST_SIDE = 2048
SHORTEST_SIDE = 768


def estimate_text_tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def estimate_image_tokens(width: int, height: int, detail: str = "auto") -> int:
    """Estimate the tokens of a picture in pixels; `detail` is "low", "high" or "auto" (counted as high)."""
    if detail == "low":
        return LOW_DETAIL_TOKENS
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    scale *= min(1.0, SHORTEST_SIDE / (min(width, height) * scale))
    tiles = math.ceil(width * scale / TILE_SIDE) * math.ceil(height * scale / TILE_SIDE)
    return LOW_DETAIL_TOKENS + TILE_TOKENS * tiles


def estimate_request_tokens(
    messages: Iterable[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = (), detail: str = "auto"
) -> int:
    """Estimate the tokens of a request: messages in our plain form, tools as schemas."""
    total = math.ceil(sum(len(json.dumps(tool)) for tool in tools) / CHARACTERS_PER_TOKEN)
    for message in messages:
        content = message.get("content") or ""
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        total += TOKENS_PER_MESSAGE
        total += sum(estimate_text_tokens(block["text"]) for block in blocks if block["type"] == "text")
        total += sum(
            estimate_image_tokens(*_read_size(block["data"]), detail) for block in blocks if block["type"] == "image"
        )
        total += sum(estimate_text_tokens(json.dumps(call)) for call in message.get("tool_calls") or ())
    return total


def _read_size(data: str) -> tuple[int, int]:
    """Read the size of a base64 picture; for an unreadable one, the largest that is tiled without scaling."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            return image.size
    except (binascii.Error, UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return LONGEST_SIDE, SHORTEST_SIDE
