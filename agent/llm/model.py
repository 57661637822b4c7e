"""A chat model with its call settings, loaded by its spec."""

import importlib
from dataclasses import dataclass, field
from types import ModuleType

from langchain_core.language_models import BaseChatModel

from sextant.agent.llm.retry import RateLimiter, SpacedStarts
from sextant.agent.llm.services import EXTRAS, SERVICES
from sextant.agent.llm.spec import Endpoint, resolve
from sextant.base.errors import WrongUse

# Ollama's default context holds 4,096 tokens and silently truncates the start of longer prompts; a photo,
# 20 references and a few tool results need about 5,000.
OLLAMA_NUM_CTX = 8192


@dataclass(frozen=True)
class ChatModel:
    """A chat model and its call settings. Its repr shows no key.

    Attributes:
        spec: as the user wrote it.
        base_url: the server's address without user and password; empty for `offline`.
        timeout_s: seconds for one attempt.
        max_retries: further attempts after a transient failure.
        retry_base_s: seconds before the first retry, doubling.
    """

    spec: str
    provider: str
    name: str
    base_url: str
    timeout_s: float
    max_retries: int
    retry_base_s: float
    temperature: float | None
    seed: int | None
    num_ctx: int | None
    endpoint: Endpoint = field(repr=False, compare=False)
    client: BaseChatModel = field(repr=False, compare=False)
    rate_limiter: RateLimiter = field(repr=False, compare=False)
    refused_settings: set[str] = field(default_factory=set, repr=False, compare=False)
    """Settings that the model turned out to refuse."""


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
    requests_per_minute: float | None = None,
    concurrency: int = 8,
    rate_limiter: RateLimiter | None = None,
) -> ChatModel:
    """Load the model of a spec: `offline`, `openai:NAME` and the others of `spec.FORMS`. Nothing is sent yet.

    The key comes from the environment (`services.SERVICES`), the address from `base_url`, else from the environment
    (there too), else it is the provider's own.

    Args:
        rate_limiter: one that other processes share too, instead of one made of the two limits before it.

    Raises:
        WrongUse: an unknown spec, an invalid address, no key for a provider's own server, or a package is missing.
    """
    endpoint = resolve(spec, base_url)
    if endpoint.provider == "ollama" and num_ctx is None:
        num_ctx = OLLAMA_NUM_CTX
    return ChatModel(
        spec=spec,
        provider=endpoint.provider,
        name=endpoint.name,
        base_url=endpoint.url,
        timeout_s=timeout_s,
        max_retries=max_retries,
        retry_base_s=retry_base_s,
        temperature=temperature,
        seed=seed,
        num_ctx=num_ctx,
        endpoint=endpoint,
        client=_make_client(endpoint, num_ctx),
        rate_limiter=rate_limiter or RateLimiter(concurrency, SpacedStarts(requests_per_minute)),
    )


def _make_client(endpoint: Endpoint, num_ctx: int | None) -> BaseChatModel:
    if endpoint.provider == "offline":
        from sextant.agent.llm.offline import OfflineModel

        return OfflineModel()
    client: BaseChatModel = import_provider(endpoint.provider).make_client(endpoint, num_ctx)
    return client


def import_provider(provider: str) -> ModuleType:
    """Import a provider's module, which takes about a second.

    Raises:
        WrongUse: the package that speaks its protocol is not installed.
    """
    try:
        if SERVICES[provider].package:
            importlib.import_module(SERVICES[provider].module)
            return importlib.import_module("sextant.agent.llm.providers.langchain_package")
        return importlib.import_module(f"sextant.agent.llm.providers.{provider}")
    except ModuleNotFoundError as error:
        if provider not in EXTRAS:
            raise
        raise WrongUse(
            f"models of {provider}: need {error.name}; run: pip install 'sextant-geo[{EXTRAS[provider]}]'"
        ) from error
