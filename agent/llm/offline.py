"""The offline model: answers without any LMM from the density of the retrieved photos, and says so.

To the graph it is a chat model like any other, so a fresh machine can run the whole system, and every evaluation
has the kNN-density baseline of the literature (Revisiting IM2GPS, Vo et al. 2017).
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from sextant.geo.sphere import compute_great_circle_km

COUNT = 20
BANDWIDTH_KM = 25.0  # city scale, between street and region in the field's five radii
LINE = re.compile(r"^\s*\d+\. (-?\d+(?:\.\d+)?), (-?\d+(?:\.\d+)?)", re.MULTILINE)


class OfflineModel(BaseChatModel):
    """Asks for the nearest photos, then names the densest spot among them."""

    tools: tuple[str, ...] = ()

    @property
    def _llm_type(self) -> str:
        return "sextant-offline"

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        """Return a copy of the model that knows which tools it may call."""
        names = [tool["function"]["name"] if isinstance(tool, dict) else getattr(tool, "name", "") for tool in tools]
        return self.model_copy(update={"tools": tuple(names)})

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        has_tool_results = any(message.type == "tool" for message in messages)
        if "nearest_photos" in self.tools and not has_tool_results:
            call = {"name": "nearest_photos", "args": {"count": COUNT}, "id": "call-1"}
            said = AIMessage("", tool_calls=[call])
        else:
            said = AIMessage(answer_from_density("\n".join(_read_text(message) for message in messages[1:])))
        # No LMM read or wrote anything, so the usage is exactly zero.
        said.usage_metadata = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        return ChatResult(generations=[ChatGeneration(message=said)])


def answer_from_density(text: str) -> str:
    """Answer in JSON from the numbered positions listed in ``text``; refuse in words when there are none."""
    positions = np.array([(float(a), float(b)) for a, b in LINE.findall(text)])
    if not len(positions):
        return "I cannot tell: no similar photos were listed, and without a model nothing reads the picture itself."
    best, share = find_densest(positions)
    near = int((compute_great_circle_km(positions, best) < BANDWIDTH_KM).sum())
    clue = f"{near} of the {len(positions)} listed photos lie within {BANDWIDTH_KM:g} km of this place"
    return json.dumps(
        {
            "latitude": float(best[0]),
            "longitude": float(best[1]),
            "confidence": round(share, 3),
            "clues": [{"text": clue, "source": "retrieved"}],
        }
    )


def find_densest(positions: np.ndarray) -> tuple[np.ndarray, float]:
    """Find the listed position with the most support, and its share of all support.

    Args:
        positions: (n, 2) degrees, most similar first; weighted by 1 / sqrt(rank).
    """
    weights = 1 / np.sqrt(np.arange(1, len(positions) + 1))
    distances = compute_great_circle_km(positions[:, None], positions[None, :])
    support = np.exp(-distances / BANDWIDTH_KM) @ weights
    best = int(np.argmax(support))
    return positions[best], float(support[best] / weights.sum())


def _read_text(message: BaseMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    return "\n".join(block.get("text", "") for block in message.content if isinstance(block, dict))
