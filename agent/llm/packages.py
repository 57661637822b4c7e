"""Providers reached through LangChain's package for them: package, class, key and address of each.

Of the providers that LangChain's `init_chat_model` lists, these are the ones whose class takes our HTTP client, so that
deadline, size, redirects and every fault are handled as with `openai:`. Nothing is imported here.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """A provider's LangChain package. All of these speak OpenAI's chat completions.

    Attributes:
        module: what is imported; pip knows it with hyphens.
        chat_class: its chat model.
        key: the environment variable of the key.
        address: of the provider's own server.
        address_variable: the environment variable of another address.
        priced_as: the provider's name in the price list.
    """

    module: str
    chat_class: str
    key: str
    address: str
    address_variable: str
    priced_as: str


PACKAGES: Mapping[str, Package] = {
    "deepseek": Package(
        "langchain_deepseek",
        "ChatDeepSeek",
        "DEEPSEEK_API_KEY",
        "https://api.deepseek.com/v1",
        "DEEPSEEK_API_BASE",
        "deepseek",
    ),
    "groq": Package("langchain_groq", "ChatGroq", "GROQ_API_KEY", "https://api.groq.com", "GROQ_API_BASE", "groq"),
    "together": Package(
        "langchain_together",
        "ChatTogether",
        "TOGETHER_API_KEY",
        "https://api.together.xyz/v1",
        "TOGETHER_API_BASE",
        "together",
    ),
    "xai": Package("langchain_xai", "ChatXAI", "XAI_API_KEY", "https://api.x.ai/v1", "XAI_API_BASE", "x-ai"),
}
