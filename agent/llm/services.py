"""Model services: each provider's key, address and price list, and LangChain's package where that is all it needs.

Of the providers that LangChain's `init_chat_model` lists, those with a package here are the ones whose class takes our
HTTP client, so that deadline, size, redirects and every fault are handled as with `openai:`. Nothing is imported here.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """A provider's service.

    Attributes:
        key: the environment variable of the key.
        address: of the provider's own server.
        address_variable: the environment variable of another address.
        priced_as: the provider's name in the price list; empty where it is not in it.
        package: LangChain's package for a service of OpenAI's protocol, with its chat model, as `module.Class`;
            `providers/langchain_package.py` uses it. Empty for a provider with a file of its own in `providers/`.
    """

    key: str
    address: str
    address_variable: str
    priced_as: str = ""
    package: str = ""

    @property
    def module(self) -> str:
        """Return the module of the package."""
        return self.package.rpartition(".")[0]


SERVICES: Mapping[str, Service] = {
    "openai": Service("OPENAI_API_KEY", "https://api.openai.com/v1", "OPENAI_BASE_URL", "openai"),
    "ollama": Service("OLLAMA_API_KEY", "http://127.0.0.1:11434", "OLLAMA_HOST"),
    "anthropic": Service("ANTHROPIC_API_KEY", "https://api.anthropic.com", "ANTHROPIC_BASE_URL", "anthropic"),
    "google_genai": Service(
        "GOOGLE_API_KEY", "https://generativelanguage.googleapis.com", "GOOGLE_GEMINI_BASE_URL", "google"
    ),
    "mistralai": Service("MISTRAL_API_KEY", "https://api.mistral.ai/v1", "MISTRAL_BASE_URL", "mistral"),
    "deepseek": Service(
        "DEEPSEEK_API_KEY",
        "https://api.deepseek.com/v1",
        "DEEPSEEK_API_BASE",
        "deepseek",
        "langchain_deepseek.ChatDeepSeek",
    ),
    "groq": Service("GROQ_API_KEY", "https://api.groq.com", "GROQ_API_BASE", "groq", "langchain_groq.ChatGroq"),
    "together": Service(
        "TOGETHER_API_KEY",
        "https://api.together.xyz/v1",
        "TOGETHER_API_BASE",
        "together",
        "langchain_together.ChatTogether",
    ),
    "xai": Service("XAI_API_KEY", "https://api.x.ai/v1", "XAI_API_BASE", "x-ai", "langchain_xai.ChatXAI"),
}
OTHER_KEY_VARIABLES: Mapping[str, str] = {"google_genai": "GEMINI_API_KEY"}  # read where the first is not set
PACKAGES = [name for name, service in SERVICES.items() if service.package]
EXTRAS: Mapping[str, str] = {
    "anthropic": "anthropic",
    "google_genai": "google",
    "mistralai": "mistral",
    **{name: name for name in PACKAGES},
}
"""Provider → the extra that installs what speaks its protocol."""
