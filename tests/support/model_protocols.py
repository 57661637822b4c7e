"""The protocols of Anthropic, Gemini and Mistral: requests read, and a `Reply` as their published bodies."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.support.model_replies import openai_body
from tests.support.model_script import Asked, AskedMessage, Reply, read_openai

ANTHROPIC_STOPS = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens", "content_filter": "refusal"}
GEMINI_STOPS = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}


def read_anthropic(body: Mapping[str, Any], headers: Mapping[str, str]) -> Asked:
    """POST /v1/messages."""
    system = body.get("system") or ""
    text = system if isinstance(system, str) else "".join(block["text"] for block in system)
    first = (AskedMessage("system", text),) if text else ()
    messages = [part for message in body["messages"] for part in _anthropic_messages(message)]
    return Asked(
        protocol="anthropic",
        model=body["model"],
        messages=(*first, *messages),
        tools=tuple(tool["name"] for tool in body.get("tools") or ()),
        tool_choice=(body.get("tool_choice") or {}).get("type"),
        temperature=body.get("temperature"),
        seed=None,
        max_tokens=body["max_tokens"],  # the protocol requires it
        stream=bool(body.get("stream")),
        body=body,
        headers=headers,
    )


def _anthropic_messages(message: Mapping[str, Any]) -> list[AskedMessage]:
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    results = [block for block in blocks if block["type"] == "tool_result"]
    rest = [block for block in blocks if block["type"] != "tool_result"]
    calls = [block for block in rest if block["type"] == "tool_use"]
    said = [AskedMessage("tool", _join(block["content"]), answers=block["tool_use_id"]) for block in results]
    if rest:
        said.append(
            AskedMessage(
                role=message["role"],
                text="".join(block["text"] for block in rest if block["type"] == "text"),
                images=sum(block["type"] == "image" and block["source"]["type"] == "base64" for block in rest),
                tool_calls=tuple((call["name"], call["input"]) for call in calls),
                tool_call_ids=tuple(call["id"] for call in calls),
            )
        )
    return said


def _join(content: Any) -> str:
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


def anthropic_body(reply: Reply, asked: Asked) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = []
    if reply.reasoning is not None:
        blocks.append({"type": "thinking", "thinking": reply.reasoning, "signature": "c2lnbmVk"})
    if reply.refusal or reply.text:
        blocks.append({"type": "text", "text": reply.refusal or reply.text})
    ids = reply.tool_ids or [f"toolu_{index}" for index in range(len(reply.tool_calls))]
    for call_id, (name, args) in zip(ids, reply.tool_calls, strict=True):
        blocks.append({"type": "tool_use", "id": call_id, "name": name, "input": args})
    finish = "refusal" if reply.refusal else ANTHROPIC_STOPS.get(reply.finish, reply.finish)
    body: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": blocks,
        "stop_reason": finish,
        "stop_sequence": None,
    }
    if reply.usage is not None:
        body["usage"] = {"input_tokens": reply.usage[0], "output_tokens": reply.usage[1]}
    return body


def read_gemini(body: Mapping[str, Any], headers: Mapping[str, str], path: str) -> Asked:
    """POST /v1beta/models/NAME:generateContent."""
    config = body.get("generationConfig") or {}
    system = "".join(part["text"] for part in (body.get("systemInstruction") or {}).get("parts") or ())
    first = (AskedMessage("system", system),) if system else ()
    declared = [tool for group in body.get("tools") or () for tool in group.get("functionDeclarations") or ()]
    mode = ((body.get("toolConfig") or {}).get("functionCallingConfig") or {}).get("mode")
    return Asked(
        protocol="google_genai",
        model=path.rpartition("/")[2].partition(":")[0],
        messages=(*first, *(part for content in body["contents"] for part in _gemini_messages(content))),
        tools=tuple(tool["name"] for tool in declared),
        tool_choice=mode.lower() if mode else None,
        temperature=config.get("temperature"),
        seed=config.get("seed"),
        max_tokens=config.get("maxOutputTokens"),
        stream=False,
        body=body,
        headers=headers,
    )


def _gemini_messages(content: Mapping[str, Any]) -> list[AskedMessage]:
    results = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
    rest = [part for part in content["parts"] if "functionResponse" not in part]
    calls = [part["functionCall"] for part in rest if "functionCall" in part]
    said = [AskedMessage("tool", _read_result(told["response"]), answers=told["name"]) for told in results]
    if rest:
        said.append(
            AskedMessage(
                role={"model": "assistant"}.get(content["role"], content["role"]),
                text="".join(part.get("text", "") for part in rest),
                images=sum("inlineData" in part for part in rest),
                tool_calls=tuple((call["name"], call["args"]) for call in calls),
                tool_call_ids=("",) * len(calls),
            )
        )
    return said


def _read_result(response: Mapping[str, Any]) -> str:
    told = response.get("output", response)
    return told if isinstance(told, str) else json.dumps(told)


def gemini_body(reply: Reply, asked: Asked) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    if reply.reasoning is not None:
        parts.append({"text": reply.reasoning, "thought": True})
    if reply.text:
        parts.append({"text": reply.text})
    finish = GEMINI_STOPS.get(reply.finish, reply.finish)
    for name, args in reply.tool_calls:
        if isinstance(args, str):  # a call that the model wrote badly never leaves this server
            parts, finish = [], "MALFORMED_FUNCTION_CALL"
        else:
            parts.append({"functionCall": {"name": name, "args": args}})
    candidate = {"content": {"parts": parts, "role": "model"}, "finishReason": finish, "index": 0}
    body: dict[str, Any] = {"candidates": [candidate], "modelVersion": asked.model, "responseId": "r1"}
    if reply.refusal:
        body = {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": asked.model}
    if reply.usage is not None:
        given, made = reply.usage
        body["usageMetadata"] = {
            "promptTokenCount": given,
            "candidatesTokenCount": made,
            "totalTokenCount": given + made,
        }
    return body


def read_mistral(body: Mapping[str, Any], headers: Mapping[str, str]) -> Asked:
    """POST /v1/chat/completions, which names the seed otherwise than OpenAI."""
    assert not {"stream_options", "n", "seed"} & body.keys(), "Mistral refuses fields that it does not know"
    return replace(read_openai(body, headers), protocol="mistralai", seed=body.get("random_seed"))


def mistral_body(reply: Reply, asked: Asked) -> dict[str, Any]:
    body = openai_body(reply, asked)
    message = body["choices"][0]["message"]
    message.pop("reasoning_content", None)
    if refusal := message.pop("refusal", None):
        message["content"] = refusal
    if reply.reasoning is not None:
        thoughts = {"type": "thinking", "thinking": [{"type": "text", "text": reply.reasoning}]}
        message["content"] = [thoughts, {"type": "text", "text": reply.text or ""}]
    return body


def error_body(protocol: str, status: int, words: str) -> dict[str, Any]:
    """The error document of one of the three protocols."""
    if protocol == "anthropic":
        kind = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
        kind |= {400: "invalid_request_error", 413: "request_too_large", 500: "api_error", 529: "overloaded_error"}
        error = {"type": kind.get(status, "api_error"), "message": words}
        return {"type": "error", "error": error, "request_id": "req_1"}
    if protocol == "google_genai":
        kind = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
        kind |= {429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}
        return {"error": {"code": status, "message": words, "status": kind.get(status, "INTERNAL")}}
    return {"object": "error", "message": words, "type": "invalid_request_error", "param": None, "code": "1000"}


def whole_body(text: str, asked: Asked) -> dict[str, Any]:
    """A good answer with this text, in the protocol of the request."""
    make = {"anthropic": anthropic_body, "google_genai": gemini_body, "mistralai": mistral_body}[asked.protocol]
    return make(Reply(text=text), asked)


def strange_body(kind: str, asked: Asked) -> dict[str, Any]:
    """A 200 that breaks the protocol: `empty_choices`, `null_content` or `wrong_types`."""
    if asked.protocol == "anthropic":
        content = {"empty_choices": None, "null_content": []}.get(kind, [{"type": "text", "text": 7}, "no", 3])
        return {**whole_body("", asked), "content": content}
    if asked.protocol == "google_genai":
        candidates: Any = {"empty_choices": [], "null_content": [{"finishReason": "STOP"}]}.get(kind, [{"content": 7}])
        return {"candidates": candidates, "modelVersion": asked.model}
    choices: Any = {
        "empty_choices": [],
        "null_content": [{"index": 0, "message": {"role": "assistant", "content": None}, "finish_reason": "stop"}],
    }.get(kind, [{"index": "zero", "message": {"role": "assistant", "content": 7, "tool_calls": "no"}}])
    return {**whole_body("", asked), "choices": choices}
