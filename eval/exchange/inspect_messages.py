"""Messages of a run in Inspect's form, and its names for models and tool calls. Pictures stand by their hash."""

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
)
from inspect_ai.tool import ToolCall

from sextant.agent.llm.request import turn_to_message
from sextant.agent.recording.cassette import encode_canonical, hash_text
from sextant.base.json_types import Json
from sextant.graphs.runs.timeline import TimelineBranch


def list_messages(branches: list[TimelineBranch]) -> list[ChatMessage]:
    """List the conversations of all branches, one after the other."""
    return [convert_message(message, branch["id"]) for branch in branches for message in _list_conversation(branch)]


def _list_conversation(branch: TimelineBranch) -> list[Json]:
    return [*branch["opening"], *(turn_to_message(turn) for turn in branch["turns"])]


def convert_message(message: Json, branch: str) -> ChatMessage:
    """Convert one message of a request. Equal messages of one branch get the same id, wherever they stand."""
    shared: Json = {"id": f"{branch}/{hash_text(encode_canonical(message))[:12]}", "metadata": {"branch": branch}}
    content, role = message["content"], message["role"]
    if role == "system":
        return ChatMessageSystem(content=content, **shared)
    if role == "assistant":
        calls = [convert_call(call, branch) for call in message.get("tool_calls") or ()]
        return ChatMessageAssistant(content=content or "", tool_calls=calls or None, source="generate", **shared)
    if role == "tool":
        call = name_call(message["tool_call_id"], branch)
        return ChatMessageTool(content=content, tool_call_id=call, function=message["name"], **shared)
    blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return ChatMessageUser(content=[_convert_block(block) for block in blocks], **shared)


def convert_call(call: Json, branch: str) -> ToolCall:
    """Convert a model's tool call."""
    return ToolCall(id=name_call(call["id"], branch), function=call["name"], arguments=dict(call["args"]))


def name_call(call: str, branch: str) -> str:
    """Name a tool call: its own id is unique in a branch only."""
    return f"{branch}/{call}"


def name_model(spec: str) -> str:
    """Name a model as Inspect does: `openai:gpt-4o` is `openai/gpt-4o`, `offline` is `sextant/offline`."""
    provider, _, name = spec.partition(":")
    return f"{provider}/{name}" if name else f"sextant/{provider}"


def name_picture(sha256: str) -> str:
    """Name a picture by its hash."""
    return f"sha256:{sha256}"


def _convert_block(block: Json) -> Content:
    if block["type"] == "image":
        return ContentImage(image=name_picture(block["sha256"]))
    return ContentText(text=block["text"])
