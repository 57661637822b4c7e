"""Normalise server replies: correct what servers of the OpenAI protocol send differently.

The differences come from the servers' documentation and issue threads; docs/models.md lists them.
"""

import json
from collections.abc import Mapping
from typing import Any

REASONING_FIELDS = ("reasoning_content", "reasoning")  # vLLM, llama.cpp, DeepSeek, xAI; OpenRouter, Groq, newer vLLM
# Finish reasons that say that the server failed in the middle of its answer.
FAILED_REASONS = ("error", "abort", "cancel", "fail", "unavailable", "timeout")


def mend_reply(reply: dict[str, Any]) -> dict[str, Any]:
    """Mend a chat completion: roles, tool arguments.

    Raises:
        ValueError: the reply says that the server failed; its argument is the error as ``{"message", "code"}``.
    """
    choices = reply.get("choices")
    if not choices and (reason := _read_block_reason(reply)):
        raise ValueError({"code": 400, "message": f"the content filter blocked the prompt: {reason}"})
    if not isinstance(choices, list):
        return reply
    return {**reply, "choices": [_mend_choice(choice) if isinstance(choice, dict) else choice for choice in choices]}


def _read_block_reason(reply: Mapping[str, Any]) -> str:
    """Read why Gemini, or a gateway before it, blocked a prompt: it sends no choices then."""
    feedback = reply.get("promptFeedback", reply.get("prompt_feedback"))
    reason = feedback.get("blockReason", feedback.get("block_reason")) if isinstance(feedback, dict) else None
    return str(reason or "")[:80]


def raise_failure(choice: Mapping[str, Any]) -> None:
    """Raise the failure that a choice reports, though the reply as a whole has status 200.

    Raises:
        ValueError: as ``mend_reply``.
    """
    error, reason = choice.get("error"), str(choice.get("finish_reason") or "").lower()
    if error or any(word in reason for word in FAILED_REASONS):
        details = error if isinstance(error, dict) else {"message": str(error or f"finish_reason {reason!r}")}
        raise ValueError({"code": 500, **details})


def _mend_choice(choice: dict[str, Any]) -> dict[str, Any]:
    raise_failure(choice)
    message = choice.get("message")
    if not isinstance(message, dict):
        return choice
    mended = {**message, "role": "assistant"}
    if isinstance(calls := message.get("tool_calls"), list):
        mended["tool_calls"] = [_mend_call(call) if isinstance(call, dict) else call for call in calls]
    return {**choice, "message": mended}


def _mend_call(call: dict[str, Any]) -> dict[str, Any]:
    function = call.get("function")
    if not isinstance(function, dict):
        return call
    return {**call, "function": {**function, "arguments": mend_arguments(function.get("arguments"))}}


def mend_arguments(arguments: Any) -> str:
    """Write tool arguments as the JSON object in a string that the protocol asks for.

    An object as it is and a string encoded twice are taken; anything else stays unreadable, so that the model is told.
    """
    decoded = decode_arguments(arguments)
    if isinstance(decoded, dict):
        return json.dumps(decoded)
    return "{}" if decoded is None else f"not an object: {json.dumps(decoded)}"


def decode_arguments(arguments: Any) -> Any:
    """Decode tool arguments that may be encoded up to twice; what cannot be decoded stays as it is."""
    return _decode(_decode(arguments))


def _decode(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
