"""Model errors: classify a failed call (timeout, rate limit, bad key, …) from the server's text and the connection."""

import json
import re
from typing import Any, Literal

import httpx
from pydantic import ValidationError

from sextant.agent.llm.address import WORDS_SHOWN, Address
from sextant.agent.llm.transport import AnswerTooLarge, CompressedAnswer, Exchange
from sextant.base.errors import SextantError, format_system_reason

Kind = Literal[
    "unreachable",
    "timeout",
    "rate_limited",
    "no_credit",
    "server",
    "bad_key",
    "unknown_model",
    "context_overflow",
    "bad_response",
    "filtered",
    "bad_request",
    "too_large",
    "tools_unsupported",
    "samples_unsupported",
]

MOST_RAW = 1_000  # characters of what a provider behind a gateway said

# What servers write; they share no error codes. Sources: error bodies of OpenAI, vLLM, llama.cpp, Ollama, OpenRouter,
# Anthropic, Gemini and Mistral.
OVERFLOW = re.compile(
    r"context_length_exceeded|exceed_context_size|context (length|window|size)|max(imum)? context"
    r"|prompt is too long|prompt too long|too many (input )?tokens|input (is )?too long"
    r"|token count.{0,40}exceeds",
    re.I,
)
NO_TOOLS = re.compile(
    r"tool choice requires|--jinja|--enable-auto-tool-choice"
    r"|(not|n't|no) .{0,40}(support|enabled|allowed).{0,40}(tool|function.?call)"
    r"|(tools?|function.?call(ing|s)?)\b.{0,40}(not|n't).{0,20}(support|enabled|allowed|available)",
    re.I,
)
FILTERED = re.compile(
    r"content[_ -]?filter|content[_ -]?policy|content management policy|content safety|moderation|\bflagged\b"
    r"|safety (system|settings|filter)|responsible ?ai|guardrail|data.?inspection|inappropriate content"
    r"|sensitive (content|words?|information)|prohibited.?content|image.?safety|blocked (by|due to|for) .{0,40}safety"
    r"|content violates|violat\w+ .{0,30}(usage|content|safety|community|acceptable.use) (guideline|polic)"
    r"|(usage|content|safety|community|acceptable.use) (guideline|polic)\w+ .{0,30}violat|敏感内容|不安全",
    re.I,
)
NO_MODEL = re.compile(
    r"model.{0,80}(not found|does not exist|not exist)|model_not_found|not a valid model", re.I | re.S
)
REFUSED_SETTING = re.compile(
    r"(?:unsupported|deprecated|not support)[^.]*['`\"](temperature|seed)['`\"]"
    r"|['`\"](temperature|seed)['`\"][^.]{0,40}(?:unsupported|deprecated|not supported)",
    re.I,
)
NO_CREDIT = re.compile(r"insufficient_quota|credit balance|billing_error", re.I)
BAD_KEY = re.compile(r"api.?key (is )?(not valid|invalid)|invalid (x-)?api.?key|API_KEY_INVALID", re.I)
IMAGE_TOO_LARGE = re.compile(r"image.{0,40}(exceeds|too large)|image dimensions exceed", re.I)
NO_IMAGES = re.compile(
    r"image (input|url)|not a (multi-?modal|vision)|mmproj|(not|n't|no) .{0,30}support.{0,30}(image|vision)", re.I
)


class ModelError(SextantError):
    """A model call failed, and retries did not help or were not allowed.

    Attributes:
        kind: what failed; the graph branches on it.
        retry: whether the same request may succeed later.
        retry_after_s: seconds the server asked to wait; None when it did not ask.
        attempts: requests sent.
        param: the request field the server rejects, when it names one.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        retry: bool = False,
        retry_after_s: float | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.retry = retry
        self.retry_after_s = retry_after_s
        self.param = param
        self.attempts = 1


class ModelOnlyLoaded(Exception):
    """An Ollama server loaded the model and sent no answer with it."""


def classify_error(
    error: BaseException, exchange: Exchange, address: Address, *, tools: bool, timeout_s: float
) -> ModelError:
    """Classify what a provider's client raised as a typed error.

    Args:
        error: what was raised.
        exchange: what the transport saw of the last request.
        tools: whether tools were offered in the request.
        timeout_s: the time the attempt was given, for the message.
    """
    for cause in _list_causes(error):
        found = _classify_connection(cause, exchange, address, timeout_s)
        if found is not None:
            return found
    if exchange.status is not None and exchange.status >= 300:
        return _classify_status(exchange.status, exchange.body, exchange.retry_after_s, address, tools)
    failure = _find_error_in_ok_answer(error)
    if failure is not None:
        return _classify_status(failure[0], failure[1], None, address, tools)
    reason = address.redact(_summarise(error))
    return ModelError(
        "bad_response",
        f"{address} answered with something other than a chat completion ({reason}); {_WAY_OUT_ADDRESS}",
        retry=any(map(_is_cut_off, _list_causes(error))),
    )


def _is_cut_off(cause: BaseException) -> bool:
    """Return whether an answer is truncated or holds no choice: busy servers sometimes send these; a retry can help.

    A complete answer of another form, such as an HTML page, means the address is wrong; a retry would not help.
    """
    if isinstance(cause, json.JSONDecodeError):
        return not cause.doc.lstrip().startswith("<")
    return isinstance(cause, UnicodeDecodeError | IndexError)


_WAY_OUT_ADDRESS = "check --base-url: it must be the address where the server speaks this protocol"


def _summarise(error: BaseException) -> str:
    """Summarise in one phrase what a client could not read."""
    if isinstance(error, IndexError):
        return "it contains no answer"
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    if isinstance(error, AttributeError | TypeError | KeyError):
        return "its fields are missing or of the wrong type"
    return str(error) or type(error).__name__


def make_timeout_error(address: Address, timeout_s: float) -> ModelError:
    return ModelError(
        "timeout",
        f"{address} did not finish its answer within {timeout_s:.3g} s; "
        "allow more with --timeout, or choose a smaller model or picture",
        retry=True,
    )


def make_out_of_time_error(address: Address) -> ModelError:
    return ModelError(
        "timeout",
        f"{address} was not called: the time ran out while the call waited for its turn; allow more with --max-seconds",
    )


def _list_causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in causes:
        causes.append(current)
        current = current.__cause__ or current.__context__
    return causes


def _find_reason(error: BaseException) -> str:
    """Return the system's reason (``Connection refused``) if an ``OSError`` is behind the error, else its own words."""
    system = next((one for one in _list_causes(error) if isinstance(one, OSError) and one.strerror), error)
    return format_system_reason(system)


def _classify_connection(
    cause: BaseException, exchange: Exchange, address: Address, timeout_s: float
) -> ModelError | None:
    """Classify a failure below HTTP (connection, timeout); None when there was none."""
    reason = address.redact(_find_reason(cause))
    if isinstance(cause, ModelOnlyLoaded):
        return ModelError("server", f"{address} only loaded the model and gave no answer; ask again", retry=True)
    if isinstance(cause, AnswerTooLarge | CompressedAnswer):
        return ModelError("bad_response", f"{address} {cause}; {_WAY_OUT_ADDRESS}")
    if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol | httpx.ProxyError):
        return ModelError(
            "unreachable",
            f"{address} cannot be reached ({reason}); start the server, or correct the address with --base-url",
        )
    if isinstance(cause, httpx.TimeoutException | TimeoutError):
        return make_timeout_error(address, timeout_s)
    if isinstance(cause, httpx.TransportError | EOFError):
        return ModelError(
            "unreachable",
            f"{address} closed the connection in the middle of its answer ({reason}); check the server's log",
            retry=True,
        )
    return None


def _find_error_in_ok_answer(error: BaseException) -> tuple[int, str] | None:
    """Find an error that came with status 200, as OpenRouter and Ollama's streams send it: status and body."""
    detail = error.args[0] if error.args else None
    if isinstance(detail, dict) and ("message" in detail or "code" in detail):
        code = detail.get("code")
        return (code if isinstance(code, int) and 300 <= code < 600 else 500), json.dumps({"error": detail})
    words = getattr(error, "error", None)
    if isinstance(words, str):
        return 500, json.dumps({"error": words})
    return None


def _classify_status(status: int, body: str, retry_after_s: float | None, address: Address, tools: bool) -> ModelError:
    """Classify an HTTP status of 300 or more, with the text that came with it, as a typed error."""
    words, code, param = _read_body(body)
    retry_after_s = _read_retry_delay_s(body) if retry_after_s is None and status == 429 else retry_after_s
    text = f"{code} {words}"
    said = f"{status}: {address.redact(words)}" if words else f"status {status}"
    kind, retry, way_out = _judge(status, text, address, tools)
    message = f"{address} {_VERBS[kind]} ({said}); {way_out}"
    return ModelError(kind, message, retry=retry, retry_after_s=retry_after_s, param=param)


_VERBS: dict[Kind, str] = {
    "rate_limited": "refuses requests at the moment",
    "no_credit": "refuses requests",
    "server": "failed",
    "bad_key": "refuses the key",
    "unknown_model": "does not offer this model",
    "context_overflow": "says the prompt is longer than its context",
    "filtered": "refused the prompt by its content filter",
    "bad_request": "refuses the request",
    "too_large": "says the request is too large",
    "tools_unsupported": "cannot call tools",
}


def _judge(status: int, text: str, address: Address, tools: bool) -> tuple[Kind, bool, str]:
    """Judge the kind, whether to retry, and the remedy. Text comes before status: servers agree on neither."""
    if status < 400:
        return "bad_request", False, "it redirects elsewhere: give the final address with --base-url"
    if (status in (401, 403) and not FILTERED.search(text)) or (status == 400 and BAD_KEY.search(text)):
        return "bad_key", False, f"set {address.key_variable} to a valid key"
    if status == 402 or NO_CREDIT.search(text):
        return "no_credit", False, "the account has no credit left; add credit or choose another model"
    if status == 429:
        return "rate_limited", True, "lower --requests-per-minute, or try later"
    if OVERFLOW.search(text):
        return "context_overflow", False, "use fewer references, or a larger context (--num-ctx for Ollama)"
    if tools and NO_TOOLS.search(text):
        return "tools_unsupported", False, "use a model that calls tools, or references in the prompt"
    if FILTERED.search(text):
        return "filtered", False, "use another model for this photo"
    if status == 413 or (status == 400 and IMAGE_TOO_LARGE.search(text)):
        return "too_large", False, "send a smaller picture with --image-side"
    if NO_IMAGES.search(text):
        return "bad_request", False, "use a model that sees images"
    if status == 404 or (status < 500 and NO_MODEL.search(text)):
        return "unknown_model", False, _suggest_models(address)
    if status >= 500 or status in (408, 409):
        return "server", True, "check the server's log, or try later"
    return "bad_request", False, "check which model names and settings the server accepts"


def _suggest_models(address: Address) -> str:
    protocol, _, name = address.spec.partition(":")
    if protocol == "ollama":
        return f"get it with `ollama pull {name}`, or list the installed models with `ollama list`"
    return f"ask {address.base_url} for its /models, or correct --base-url"


def _read_retry_delay_s(body: str) -> float | None:
    """Read the seconds that Gemini asks to wait: it says so in the body (google.rpc.RetryInfo), not in a header."""
    found = re.search(r'"retryDelay"\s*:\s*"(\d{1,6}(?:\.\d{1,9})?)s"', body)
    return float(found[1]) if found else None


def _read_body(body: str) -> tuple[str, str, str | None]:
    """Read text, code and parameter of an error body, whatever its form."""
    if body.lstrip().startswith("<"):
        title = re.search(r"<title>(.{1,200}?)</title>", body, re.I | re.S)
        return (title[1] if title else "an HTML page"), "", None
    try:
        parsed: Any = json.loads(body)
    except ValueError:
        return body, "", None
    error = parsed
    if isinstance(parsed, dict) and ("error" in parsed or not isinstance(parsed.get("message"), str)):
        error = parsed.get("error", parsed.get("message", parsed.get("detail", parsed)))
    if not isinstance(error, dict):
        return str(error), "", None
    param = error.get("param")
    words = str(error.get("message", error))
    refused = REFUSED_SETTING.search(words)
    param = param if isinstance(param, str) else (refused[1] or refused[2]).lower() if refused else None
    code = f"{error.get('code', '')} {error.get('type', '')} {error.get('status', '')}"
    inner = error.get("innererror")
    if isinstance(inner, dict):  # Azure
        code += f" {str(inner.get('code', ''))[:WORDS_SHOWN]}"
    metadata = error.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("raw"), str):  # OpenRouter, what the provider told it
        words = f"{words}: {metadata['raw'][:MOST_RAW]}"
    if isinstance(metadata, dict) and {"reasons", "flagged_input"} & metadata.keys():  # OpenRouter
        code += " moderation"
    return words, code, param
