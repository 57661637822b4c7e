"""The model client: call a chat model with retries and rate limits, and check that it answers.

    model = load_model("openai:gpt-4o-mini")
    completion = complete(model, [{"role": "user", "content": "Where is this?"}], timeout_s=60)

`complete` is a plain function of its arguments, so that a recording can replace it.
"""

import contextvars
import random
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable

from sextant.agent.llm.completion import Completion, Tool, Usage, read_completion
from sextant.agent.llm.errors import ModelError, classify_error, make_out_of_time_error
from sextant.agent.llm.messages import Message, to_langchain
from sextant.agent.llm.model import ChatModel, import_provider
from sextant.agent.llm.redaction import redact_json, redact_secrets
from sextant.agent.llm.retry import (
    LONGEST_RETRY_AFTER_S,
    OutOfTimeError,
    compute_backoff_s,
    sleep_until,
)
from sextant.agent.llm.transport import Exchange, current_exchange

Detail = Literal["low", "high", "auto"]

OTHER_CHOICES = "other_choices"  # of a message: the further answers to a request for several
DROPPABLE = ("temperature", "seed")  # settings some models refuse; the call is repeated without them
REAL_KEY = 16  # characters; a shorter one is a placeholder that local servers are given
CHECK_TOKENS = 16  # OpenAI's minimum


def complete(
    model: ChatModel,
    messages: Sequence[Message],
    tools: Sequence[Tool] | None = None,
    *,
    sample: int = 0,
    temperature: float | None = None,
    max_tokens: int | None = None,
    final: bool = False,
    timeout_s: float | None = None,
    detail: Detail = "auto",
) -> Completion:
    """Call the model once, with retries after transient failures: `complete_samples` for a single sample."""
    (said,) = complete_samples(
        model,
        messages,
        tools,
        sample=sample,
        temperature=temperature,
        max_tokens=max_tokens,
        final=final,
        timeout_s=timeout_s,
        detail=detail,
    )
    return said


def complete_samples(
    model: ChatModel,
    messages: Sequence[Message],
    tools: Sequence[Tool] | None = None,
    *,
    count: int = 1,
    sample: int = 0,
    temperature: float | None = None,
    max_tokens: int | None = None,
    final: bool = False,
    timeout_s: float | None = None,
    detail: Detail = "auto",
) -> tuple[Completion, ...]:
    """Ask for several answers to one prompt in one request; a server may give fewer.

    The usage of the request stands once: its input tokens with the first answer, its output tokens shared evenly.

    Args:
        messages: dicts with `role` (system, user, assistant, tool), `content` (text, or a list of
            `{"type": "text", "text"}` and `{"type": "image", "sha256", "mime", "data"}` blocks, data in base64), and
            `tool_calls` (`{"id", "name", "args"}`), `tool_call_id` and `name` where the role needs them.
        tools: LangChain tools or function schemas in OpenAI's form.
        count: answers asked for; more than one only of servers of OpenAI's protocol.
        sample: index among several answers to the same prompt; added to the model's seed.
        final: whether this is the last turn, in which the model must not call tools.
        timeout_s: seconds for everything, including retries and waiting for a free slot. None sets no such limit;
            each attempt still has the model's own timeout.

    Raises:
        ModelError: the call failed after all retries; `kind` says why, `samples_unsupported` where several answers were
        asked
            for and the server refused the request.
    """
    offered = list(tools or ())
    prompt = to_langchain(messages, detail=detail, text_first=model.provider == "ollama")
    ends = None if timeout_s is None else time.monotonic() + timeout_s
    retries = 0
    for attempt in range(1, model.max_retries + len(DROPPABLE) + 2):
        given = {"temperature": temperature if temperature is not None else model.temperature}
        given |= {"seed": None if model.seed is None else model.seed + sample, "max_tokens": max_tokens}
        runnable = _bind_options(
            model, offered, final, count, **{k: None if k in model.refused_settings else v for k, v in given.items()}
        )
        answer, latency_s = _attempt(model, runnable, prompt, ends, tools=bool(offered) and not final)
        if isinstance(answer, AIMessage):
            return _read_samples(model, answer, messages, offered, latency_s, attempt, final, detail)
        answer.attempts = attempt
        if answer.param in DROPPABLE and answer.param not in model.refused_settings:
            model.refused_settings.add(answer.param)
            continue
        if count > 1 and answer.kind == "bad_request":
            answer.kind = "samples_unsupported"
            raise answer
        retries += 1
        _wait_or_give_up(model, answer, retries, ends, _draw_jitter(prompt, sample, retries))
    raise AssertionError("the last attempt either answered or gave up")


def check_model(model: ChatModel) -> str:
    """Ask the model for one word, without retries, and describe the result for `sextant doctor`.

    Raises:
        ModelError: the model does not answer.
    """
    if model.provider == "offline":
        return "offline: no model is called; answers come from retrieval alone"
    question = [{"role": "user", "content": "Answer with the one word: ready"}]
    completion = complete(replace(model, max_retries=0), question, max_tokens=CHECK_TOKENS)
    tokens = completion.usage.input_tokens + completion.usage.output_tokens
    about = "about " if completion.usage.estimated else ""
    return f"{model.spec} at {model.base_url} answered in {completion.latency_s:.1f} s ({about}{tokens} tokens)"


def _bind_options(
    model: ChatModel, tools: Sequence[Tool], final: bool, count: int, *, temperature: Any, seed: Any, max_tokens: Any
) -> Runnable[Any, Any]:
    """Bind this call's tools and options to the client, in the terms of its protocol.

    Raises:
        ModelError: the client's class takes no tools.
    """
    if model.provider == "offline":
        return model.client.bind_tools(list(tools)) if tools and not final else model.client
    module = import_provider(model.provider)
    options = module.make_call_options(temperature, seed, max_tokens)
    if count > 1:
        options |= {"extra_body": {"n": count}, "stream": False}  # ChatOpenAI drops an `n` of its own
    if not tools or (final and module.NO_TOOL_CALLS is None):
        return model.client.bind(**options)
    # The tools stay in the request, so that the model understands the earlier calls in the conversation.
    forbidden = {"tool_choice": module.NO_TOOL_CALLS} if final else {}
    try:
        return model.client.bind_tools(list(tools), **forbidden, **options)
    except NotImplementedError as error:
        way_out = "use a model that calls tools, or references in the prompt"
        raise ModelError(
            "tools_unsupported", f"LangChain's class for {model.spec} takes no tools; {way_out}"
        ) from error


def _attempt(
    model: ChatModel, runnable: Runnable[Any, Any], prompt: list[BaseMessage], ends: float | None, *, tools: bool
) -> tuple[AIMessage | ModelError, float]:
    """Send one request; return the answer or the typed failure, and the seconds it took."""
    if model.provider == "offline":
        began = time.monotonic()
        return runnable.invoke(prompt), time.monotonic() - began
    address = model.endpoint.address
    try:
        with model.rate_limiter.wait_for_slot(ends):
            began = time.monotonic()
            deadline = began + model.timeout_s if ends is None else min(began + model.timeout_s, ends)
            exchange = Exchange(deadline)
            answer = run_with_deadline(exchange, lambda: runnable.invoke(prompt))
            took = time.monotonic() - began
    except OutOfTimeError:
        return make_out_of_time_error(address), 0.0
    # Ollama's stream ends with a "done" line; without it, the connection was closed early.
    if isinstance(answer, AIMessage) and (model.provider != "ollama" or answer.response_metadata.get("done")):
        return answer, took
    # Classified outside any `except`, so that no traceback carries the client's error with the server's text in it.
    error = answer if isinstance(answer, BaseException) else EOFError("the connection broke during the answer")
    return classify_error(error, exchange, address, tools=tools, timeout_s=deadline - began), took


def run_with_deadline(exchange: Exchange, work: Callable[[], Any]) -> Any:
    """Run `work`; return its result, the exception it raised, or TimeoutError at the exchange's deadline.

    The work runs in a thread of its own that is abandoned at the deadline, because the clients have no timeout for name
    look-up and for headers that arrive slowly. The transport ends everything else itself at the same moment.
    """
    context = contextvars.copy_context()
    context.run(current_exchange.set, exchange)
    outcome: list[Any] = []
    done = threading.Event()

    def run() -> None:
        try:
            outcome.append(context.run(work))
        except Exception as error:
            outcome.append(error)
        finally:
            done.set()

    threading.Thread(target=run, name="model call", daemon=True).start()
    # A little longer than the transport's own deadline, whose error says more about what happened.
    done.wait(exchange.compute_seconds_left() + 0.05)
    return outcome[0] if outcome else TimeoutError()


def _draw_jitter(prompt: list[BaseMessage], sample: int, retries: int) -> float:
    """Return a jitter in [0, 1) seeded by the request: equal calls wait equally, different calls spread out."""
    asked = zlib.crc32(repr(prompt[-1].content).encode())
    return random.Random(f"{asked} {sample} {retries}").random()


def _wait_or_give_up(model: ChatModel, error: ModelError, retries: int, ends: float | None, chance: float) -> None:
    """Sleep until the next attempt, or raise the error when no further attempt is allowed."""
    wait = (
        error.retry_after_s
        if error.retry_after_s is not None
        else compute_backoff_s(retries, model.retry_base_s, chance)
    )
    again_at = time.monotonic() + wait
    too_long = wait > LONGEST_RETRY_AFTER_S or (ends is not None and again_at > ends)
    if not error.retry or retries > model.max_retries or too_long:
        raise error
    if error.retry_after_s is not None:
        model.rate_limiter.pause(wait)
    sleep_until(again_at)


def _read_samples(
    model: ChatModel,
    answer: AIMessage,
    messages: Sequence[Message],
    tools: Sequence[Tool],
    latency_s: float,
    attempts: int,
    final: bool,
    detail: Detail,
) -> tuple[Completion, ...]:
    """Read every answer of one request, with the request's usage once in all."""
    others = answer.response_metadata.get(OTHER_CHOICES, ())
    read = [_read(model, message, messages, tools, latency_s, attempts, final, detail) for message in (answer, *others)]
    if len(read) == 1:
        return (read[0],)
    whole = read[0].usage
    each, more = divmod(whole.output_tokens, len(read))
    shares = [
        Usage(whole.input_tokens if number == 0 else 0, each + (number < more), whole.estimated)
        for number in range(len(read))
    ]
    return tuple(replace(one, usage=usage) for one, usage in zip(read, shares, strict=True))


def _read(
    model: ChatModel,
    answer: AIMessage,
    messages: Sequence[Message],
    tools: Sequence[Tool],
    latency_s: float,
    attempts: int,
    final: bool,
    detail: Detail,
) -> Completion:
    completion = read_completion(
        answer,
        messages,
        tools,
        detail=detail,
        latency_s=latency_s,
        attempts=attempts,
        asked_model=model.name,
    )
    if model.provider == "offline":
        # Nothing was sent, so the usage is exactly zero, not an estimate.
        completion = replace(completion, usage=Usage(0, 0, estimated=False))
    else:
        completion = _without_keys(completion, model.endpoint.address.secrets)
    if final and completion.tool_calls:
        return replace(completion, tool_calls=(), finish="stop")
    return completion


def _without_keys(completion: Completion, secrets: tuple[str, ...]) -> Completion:
    """Return the completion without the key that its server was sent: answers are recorded, shown and exported."""
    long = tuple(secret for secret in secrets if len(secret) >= REAL_KEY)
    if not long:
        return completion
    calls = tuple(replace(call, args=redact_json(dict(call.args), long)) for call in completion.tool_calls)
    return replace(
        completion,
        text=redact_secrets(completion.text, long),
        reasoning=redact_secrets(completion.reasoning, long),
        model=redact_secrets(completion.model[:200], long),
        tool_calls=calls,
    )
