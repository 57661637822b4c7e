"""The one way a model is asked.

    model = load_model("openai:gpt-4o-mini")
    completion = complete(model, [{"role": "user", "content": "Where is this?"}], timeout_s=60)

`complete` is a plain function of its arguments, so that a recording can stand in its place.
"""

import contextvars
import importlib
import random
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable

from sextant.agent.llm.completion import Completion, Tool, Usage, read_completion
from sextant.agent.llm.errors import ModelError, explain, never_asked
from sextant.agent.llm.messages import Message, to_langchain
from sextant.agent.llm.retry import LONGEST_RETRY_AFTER_S, OutOfTimeError, Pace, delay_s, sleep_until
from sextant.agent.llm.spec import Provider, Where, resolve
from sextant.agent.llm.transport import Exchange, current_exchange

Detail = Literal["low", "high", "auto"]

DROPPABLE = ("temperature", "seed")  # settings some models refuse; the answer is worth more than they are
# Ollama's own default holds 4,096 tokens and cuts the start off longer prompts without a word; a photo, 20 references
# and a few tool results come to about 5,000.
OLLAMA_NUM_CTX = 8192
CHECK_TOKENS = 16  # OpenAI's least


@dataclass(frozen=True)
class ChatModel:
    """A model ready to be asked, and how to ask it. Its repr shows no key.

    Attributes:
        spec: as the person wrote it.
        base_url: the server's address without user and password; empty for `offline`.
        timeout_s: seconds for one attempt.
        max_retries: further attempts after a failure that may pass.
        retry_base_s: seconds before the first retry, doubling.
    """

    spec: str
    provider: Provider
    name: str
    base_url: str
    timeout_s: float
    max_retries: int
    retry_base_s: float
    temperature: float | None
    seed: int | None
    num_ctx: int | None
    image_detail: Detail
    where: Where = field(repr=False, compare=False)
    client: BaseChatModel = field(repr=False, compare=False)
    pace: Pace = field(repr=False, compare=False)
    refused: set[str] = field(default_factory=set, repr=False, compare=False)
    """Settings the model turned out not to take."""


def load_model(
    spec: str,
    *,
    base_url: str | None = None,
    timeout_s: float = 120.0,
    max_retries: int = 4,
    retry_base_s: float = 0.5,
    temperature: float | None = None,
    seed: int | None = None,
    num_ctx: int | None = None,
    image_detail: Detail | None = None,
    requests_per_minute: float | None = None,
    concurrency: int = 8,
) -> ChatModel:
    """Return the model of a spec: `offline`, `openai:NAME` or `ollama:NAME`. Nothing is sent yet.

    The key comes from OPENAI_API_KEY (OLLAMA_API_KEY), the address from `base_url`, else OPENAI_BASE_URL
    (OLLAMA_HOST), else OpenAI's (Ollama's) own.

    Raises:
        WrongUse: an unknown spec, an address that is none, or no key for OpenAI's own server.
    """
    where = resolve(spec, base_url)
    if where.provider == "ollama" and num_ctx is None:
        num_ctx = OLLAMA_NUM_CTX
    return ChatModel(
        spec=spec,
        provider=where.provider,
        name=where.name,
        base_url=where.url,
        timeout_s=timeout_s,
        max_retries=max_retries,
        retry_base_s=retry_base_s,
        temperature=temperature,
        seed=seed,
        num_ctx=num_ctx,
        image_detail=image_detail or "auto",
        where=where,
        client=_client(where, num_ctx),
        pace=Pace(concurrency, requests_per_minute),
    )


def model_settings(model: ChatModel) -> dict[str, str | float | int | None]:
    """Return what of a model can change its answers, JSON-plain and without secrets, for records and cache keys."""
    names = ("spec", "base_url", "temperature", "seed", "num_ctx", "image_detail")
    return {name: getattr(model, name) for name in names}


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
) -> Completion:
    """Ask the model once, with retries where a failure may pass.

    Args:
        messages: dicts with `role` (system, user, assistant, tool), `content` (text, or a list of
            `{"type": "text", "text"}` and `{"type": "image", "sha256", "mime", "data"}` blocks, data in base64), and
            `tool_calls` (`{"id", "name", "args"}`), `tool_call_id`, `name` where they belong.
        tools: LangChain tools or function schemas in OpenAI's form.
        sample: which of several answers to the same prompt; added to the model's seed.
        final: the last turn: tools are not to be called.
        timeout_s: seconds for everything, retries and waiting for a free slot included. None is no such limit;
            each attempt has the model's own.

    Raises:
        ModelError: no answer could be had; `kind` says why.
    """
    offered = list(tools or ())
    prompt = to_langchain(messages, detail=model.image_detail, text_first=model.provider == "ollama")
    ends = None if timeout_s is None else time.monotonic() + timeout_s
    retries = 0
    for attempt in range(1, model.max_retries + len(DROPPABLE) + 2):
        given = {"temperature": temperature if temperature is not None else model.temperature}
        given |= {"seed": None if model.seed is None else model.seed + sample, "max_tokens": max_tokens}
        runnable = _bound(model, offered, final, **{k: None if k in model.refused else v for k, v in given.items()})
        answer, latency_s = _attempt(model, runnable, prompt, ends, tools=bool(offered) and not final)
        if isinstance(answer, AIMessage):
            return _read(model, answer, messages, offered, latency_s, attempt, final)
        answer.attempts = attempt
        if answer.param in DROPPABLE and answer.param not in model.refused:
            model.refused.add(answer.param)
            continue
        retries += 1
        _wait_or_give_up(model, answer, retries, ends, _chance(prompt, sample, retries))
    raise AssertionError("the last attempt either answered or gave up")


def check_model(model: ChatModel) -> str:
    """Ask for one word, without retries; what came of it, in words for `sextant doctor`.

    Raises:
        ModelError: the model does not answer.
    """
    if model.provider == "offline":
        return "offline: no model is asked; answers come from retrieval alone"
    question = [{"role": "user", "content": "Answer with the one word: ready"}]
    completion = complete(replace(model, max_retries=0), question, max_tokens=CHECK_TOKENS)
    tokens = completion.usage.input_tokens + completion.usage.output_tokens
    about = "about " if completion.usage.estimated else ""
    return f"{model.spec} at {model.base_url} answered in {completion.latency_s:.1f} s ({about}{tokens} tokens)"


def _client(where: Where, num_ctx: int | None) -> BaseChatModel:
    if where.provider == "offline":
        from sextant.agent.llm.offline import OfflineModel

        return OfflineModel()
    # The providers take about a second each to import.
    module = importlib.import_module(f"sextant.agent.llm.providers.{where.provider}")
    client: BaseChatModel = module.chat(where, num_ctx)
    return client


def _bound(
    model: ChatModel, tools: Sequence[Tool], final: bool, *, temperature: Any, seed: Any, max_tokens: Any
) -> Runnable[Any, Any]:
    """Return the client with this call's tools and options, in its protocol's words."""
    if model.provider == "offline":
        return model.client.bind_tools(list(tools)) if tools and not final else model.client
    module = importlib.import_module(f"sextant.agent.llm.providers.{model.provider}")
    options = module.call_options(temperature, seed, max_tokens)
    if not tools or (final and not module.FORBIDS_TOOLS):
        return model.client.bind(**options)
    # Told not to call them, a model still knows what the earlier calls in the conversation were.
    forbidden = {"tool_choice": "none"} if final else {}
    return model.client.bind_tools(list(tools), **forbidden, **options)


def _attempt(
    model: ChatModel, runnable: Runnable[Any, Any], prompt: list[BaseMessage], ends: float | None, *, tools: bool
) -> tuple[AIMessage | ModelError, float]:
    """One request: the answer or the typed failure, and the seconds it took."""
    if model.provider == "offline":
        began = time.monotonic()
        return runnable.invoke(prompt), time.monotonic() - began
    address = model.where.address
    try:
        with model.pace.turn(ends):
            began = time.monotonic()
            deadline = began + model.timeout_s if ends is None else min(began + model.timeout_s, ends)
            exchange = Exchange(deadline)
            answer = within(exchange, lambda: runnable.invoke(prompt))
            took = time.monotonic() - began
    except OutOfTimeError:
        return never_asked(address), 0.0
    # Ollama's stream ends with a line that says it is done; without it the connection was cut cleanly.
    if isinstance(answer, AIMessage) and (model.provider != "ollama" or answer.response_metadata.get("done")):
        return answer, took
    # Told apart outside any `except`: no traceback carries the client's own error, and the server's words in it, along.
    error = answer if isinstance(answer, BaseException) else EOFError("the answer broke off")
    return explain(error, exchange, address, tools=tools, timeout_s=deadline - began), took


def within(exchange: Exchange, work: Callable[[], Any]) -> Any:
    """Return the result of `work`, or the exception it raised, or TimeoutError at the exchange's deadline.

    The work runs in a thread of its own that is left behind when the time is over: name look-up and headers that
    dribble in have no timeout in the clients. All else the transport ends itself at the same moment.
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
    # A little longer than the transport's own deadline, which can say more about what happened.
    done.wait(exchange.seconds_left() + 0.05)
    return outcome[0] if outcome else TimeoutError()


def _chance(prompt: list[BaseMessage], sample: int, retries: int) -> float:
    """Return a jitter in [0, 1) seeded by the request: equal calls wait equally, different calls spread out."""
    asked = zlib.crc32(repr(prompt[-1].content).encode())
    return random.Random(f"{asked} {sample} {retries}").random()


def _wait_or_give_up(model: ChatModel, error: ModelError, retries: int, ends: float | None, chance: float) -> None:
    """Sleep until the next attempt, or raise the error when there is to be none."""
    wait = error.retry_after_s if error.retry_after_s is not None else delay_s(retries, model.retry_base_s, chance)
    again_at = time.monotonic() + wait
    too_long = wait > LONGEST_RETRY_AFTER_S or (ends is not None and again_at > ends)
    if not error.retry or retries > model.max_retries or too_long:
        raise error
    if error.retry_after_s is not None:
        model.pace.hold(wait)
    sleep_until(again_at)


def _read(
    model: ChatModel,
    answer: AIMessage,
    messages: Sequence[Message],
    tools: Sequence[Tool],
    latency_s: float,
    attempts: int,
    final: bool,
) -> Completion:
    completion = read_completion(
        answer,
        messages,
        tools,
        detail=model.image_detail,
        latency_s=latency_s,
        attempts=attempts,
        asked_model=model.name,
    )
    if model.provider == "offline":
        # Nothing was sent anywhere: nothing is known to be spent, not estimated.
        completion = replace(completion, usage=Usage(0, 0, estimated=False))
    if final and completion.tool_calls:
        return replace(completion, tool_calls=(), finish="stop")
    return completion
