"""A `Reply` as the bytes of either protocol, whole or streamed."""

import json
from collections.abc import Iterator
from typing import Any

from tests.support.model_script import Asked, Reply


def openai_body(reply: Reply, asked: Asked) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    if reply.reasoning is not None:
        message["reasoning_content"] = reply.reasoning
    if reply.tool_calls:
        message["tool_calls"] = _openai_calls(reply)
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": asked.model,
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish, "logprobs": None}],
    }
    for index, text in enumerate(reply.more, 1):
        more = {"role": "assistant", "content": text, "refusal": None}
        body["choices"].append({"index": index, "message": more, "finish_reason": "stop", "logprobs": None})
    if reply.usage is not None:
        body["usage"] = _openai_usage(reply.usage)
    return body


def openai_events(reply: Reply, asked: Asked) -> Iterator[bytes]:
    def event(choices: list[dict[str, Any]], **more: Any) -> bytes:
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": asked.model}
        return f"data: {json.dumps({**chunk, 'choices': choices, **more})}\n\n".encode()

    def delta(finish: str | None = None, **content: Any) -> bytes:
        return event([{"index": 0, "delta": content, "finish_reason": finish}])

    yield delta(role="assistant", content="")
    if reply.reasoning is not None:
        yield delta(reasoning_content=reply.reasoning)
    if reply.refusal is not None:
        yield delta(refusal=reply.refusal)
    if reply.text:
        half = len(reply.text) // 2
        yield delta(content=reply.text[:half])
        yield delta(content=reply.text[half:])
    for index, call in enumerate(_openai_calls(reply)):
        yield delta(tool_calls=[{"index": index, **call}])
    yield delta(finish=reply.finish)
    if reply.usage is not None and (asked.body.get("stream_options") or {}).get("include_usage"):
        yield event([], usage=_openai_usage(reply.usage))
    yield b"data: [DONE]\n\n"


def ollama_body(reply: Reply, asked: Asked) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or ""}
    if reply.reasoning is not None:
        message["thinking"] = reply.reasoning
    if reply.tool_calls:
        message["tool_calls"] = [{"function": {"name": n, "arguments": a}} for n, a in reply.tool_calls]
    return {"model": asked.model, "created_at": "2025-01-01T00:00:00Z", "message": message, **_ollama_end(reply)}


def ollama_lines(reply: Reply, asked: Asked) -> Iterator[bytes]:
    """Text in two lines, then the tool calls, then the line that says it is done."""
    whole = ollama_body(reply, asked)
    message = whole["message"]
    text = message.pop("content")
    for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
        if piece:
            yield _line({**whole, "message": {"role": "assistant", "content": piece}, "done": False})
    if len(message) > 1:
        yield _line({**whole, "message": {**message, "content": ""}, "done": False})
    yield _line({**whole, "message": {"role": "assistant", "content": ""}})


def _line(body: dict[str, Any]) -> bytes:
    if not body["done"]:
        body = {name: body[name] for name in ("model", "created_at", "message", "done")}
    return json.dumps(body).encode() + b"\n"


def _ollama_end(reply: Reply) -> dict[str, Any]:
    end: dict[str, Any] = {"done": True, "done_reason": "stop" if reply.finish == "tool_calls" else reply.finish}
    if reply.usage is not None:
        end |= {"prompt_eval_count": reply.usage[0], "eval_count": reply.usage[1]}
    return end


def _openai_calls(reply: Reply) -> list[dict[str, Any]]:
    ids = reply.tool_ids or [f"call_{index}" for index in range(len(reply.tool_calls))]
    return [
        {
            "id": call_id,
            "type": "function",
            "function": {"name": name, "arguments": args if isinstance(args, str) else json.dumps(args)},
        }
        for call_id, (name, args) in zip(ids, reply.tool_calls, strict=True)
    ]


def _openai_usage(usage: tuple[int, int]) -> dict[str, int]:
    return {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
