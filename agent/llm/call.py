"""Make a model call from plain JSON: take the request of a run, return the reply or the typed failure."""

import re
from urllib.parse import urlsplit

from sextant.agent.llm.client import complete_samples
from sextant.agent.llm.completion import Completion
from sextant.agent.llm.errors import ModelError
from sextant.agent.llm.model import ChatModel
from sextant.agent.llm.spec import resolve
from sextant.agent.settings import Settings, price_call_usd
from sextant.agent.warning_codes import Code, warn
from sextant.base.json_types import Json

THE_SERVER = "the model server"
FEWER_SAMPLES = "the server gave fewer answers than requested"
FINISH_WARNINGS = {
    "length": warn(Code.ANSWER_CUT, "an answer of the model was cut off at the token limit; raise max_output_tokens"),
    "filtered": warn(Code.ANSWER_FILTERED, "an answer of the model was cut by the provider's content filter"),
    "unknown": warn(Code.ANSWER_END_UNKNOWN, "an answer of the model ended for an unknown reason; it may be cut off"),
}


def call_model(model: ChatModel, request: Json, settings: Settings) -> Json:
    """Call the model. A failure is also a reply: ``{"failure": {"kind", "message", "attempts"}}``.

    Args:
        request: from ``sextant.agent.llm.request.build_model_request``, with the bytes of its pictures filled in.
    """
    return call_model_samples(model, request, settings, 1)[0]


def call_model_samples(model: ChatModel, request: Json, settings: Settings, count: int) -> list[Json]:
    """Ask for several samples in one request and return a reply for each; one that the server did not give failed."""
    try:
        found = complete_samples(
            model,
            request["messages"],
            request["tools"],
            count=count,
            sample=request["sample"],
            temperature=request["temperature"],
            max_tokens=request["max_output_tokens"],
            final=request["final"],
            timeout_s=request["seconds_left"],
            detail=request["image_detail"] or "auto",
        )
    except ModelError as error:
        message = redact_address(str(error), model.base_url)
        return [{"failure": {"kind": error.kind, "message": message, "attempts": error.attempts}}] * count
    replies = [completion_to_reply(said, settings) for said in found[:count]]
    missing = {"kind": "samples_unsupported", "message": FEWER_SAMPLES, "attempts": 1}
    return [*replies, *({"failure": missing} for _ in range(count - len(replies)))]


def completion_to_reply(said: Completion, settings: Settings) -> Json:
    """Convert a completion to the JSON reply that is recorded."""
    usage = {
        "input_tokens": said.usage.input_tokens,
        "output_tokens": said.usage.output_tokens,
        "estimated": said.usage.estimated,
    }
    warning = FINISH_WARNINGS.get(said.finish)
    return {
        "text": said.text,
        "tool_calls": [call.to_json() for call in said.tool_calls],
        "finish": said.finish,
        "usage": usage,
        "usd": price_call_usd(settings, usage["input_tokens"], usage["output_tokens"]),
        "seconds": round(said.latency_s, 4),
        "attempts": said.attempts,
        "model": said.model,
        "warnings": [warning] if warning else [],
    }


def restore_address(message: str, settings: Settings) -> str:
    """Put the server's address back into a failure, for the user who runs with these settings."""
    return message.replace(THE_SERVER, resolve(settings.model, settings.base_url).url)


def redact_address(message: str, base_url: str) -> str:
    """Redact the server's address in a failure, since others may read answers, exports and the page.

    This also covers the bare host name, which appears in connection and certificate errors.
    """
    parts = urlsplit(base_url)
    for ours in (base_url, parts.netloc, parts.hostname):
        if ours:
            message = re.sub(rf"(?<![\w.-]){re.escape(ours)}(?![\w-])", THE_SERVER, message)
    return message
