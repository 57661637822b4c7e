"""Messages: convert our plain messages to LangChain's."""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

Message = Mapping[str, Any]


def to_langchain(messages: Sequence[Message], *, detail: str, text_first: bool) -> list[BaseMessage]:
    """Convert messages to the form that a provider's client accepts.

    Args:
        messages: dicts with role, content (text, or a list of text and image blocks), and for their roles
            tool_calls, tool_call_id and name. Images carry `data` (base64) and `mime`.
        detail: the vision detail requested from the provider: low, high or auto.
        text_first: put each message's text before its images and mark in it where they stood, for a protocol
            that sends images separately from the text (Ollama).

    Raises:
        ValueError: a role other than system, user, assistant, tool.
    """
    return [_to_langchain(message, detail, text_first) for message in join_user_messages(messages)]


def join_user_messages(messages: Sequence[Message]) -> list[Message]:
    """Join neighbouring user messages into one: many chat templates require alternating roles."""
    joined: list[Message] = []
    for message in messages:
        if joined and message["role"] == joined[-1]["role"] == "user":
            joined[-1] = {"role": "user", "content": [*_list_blocks(joined[-1]), *_list_blocks(message)]}
        else:
            joined.append(message)
    return joined


def _list_blocks(message: Message) -> Sequence[Mapping[str, Any]]:
    content: str | Sequence[Mapping[str, Any]] = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _to_langchain(message: Message, detail: str, text_first: bool) -> BaseMessage:
    content = message.get("content") or ""
    match message["role"]:
        case "system":
            return SystemMessage(content=_join_text(content))
        case "user":
            return HumanMessage(content=_make_user_content(content, detail, text_first))
        case "assistant":
            calls = [{**call, "type": "tool_call"} for call in map(_make_tool_call, message.get("tool_calls") or ())]
            return AIMessage(content=_join_text(content), tool_calls=calls)
        case "tool":
            return ToolMessage(
                content=_join_text(content), tool_call_id=message["tool_call_id"], name=message.get("name") or None
            )
    raise ValueError(f"no message has the role {message['role']!r}")


def _make_tool_call(call: Mapping[str, Any]) -> dict[str, Any]:
    return {name: call[name] for name in ("id", "name", "args")}


def _join_text(content: str | Sequence[Mapping[str, Any]]) -> str:
    return content if isinstance(content, str) else "\n".join(block["text"] for block in content)


def _make_user_content(
    content: str | Sequence[Mapping[str, Any]], detail: str, text_first: bool
) -> str | list[str | dict[Any, Any]]:
    if isinstance(content, str):
        return content
    images = [block for block in content if block["type"] == "image"]
    if not images:
        return _join_text(content)
    shown: list[str | dict[Any, Any]] = [_make_image_block(block, detail) for block in images]
    if text_first:
        return [{"type": "text", "text": _mark_images(content, len(images))}, *shown]
    return [
        {"type": "text", "text": block["text"]} if block["type"] == "text" else _make_image_block(block, detail)
        for block in content
    ]


def _mark_images(content: Sequence[Mapping[str, Any]], images: int) -> str:
    """Return the text with a mark where each of several images stood; a single image needs no mark."""
    parts: list[str] = []
    number = 0
    for block in content:
        if block["type"] == "text":
            parts.append(block["text"])
        elif images > 1:
            number += 1
            parts.append(f"(picture {number} of {images})")
    return "\n".join(parts)


def _make_image_block(block: Mapping[str, Any], detail: str) -> dict[str, Any]:
    return {
        "type": "image_url",
        "image_url": {"url": f"data:{block['mime']};base64,{block['data']}", "detail": detail},
    }
