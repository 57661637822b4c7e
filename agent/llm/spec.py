"""Model specs: parse `openai:NAME` and the like into protocol, model name, address and key."""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from sextant.agent.llm.address import LOOPBACK, Address
from sextant.agent.llm.packages import PACKAGES
from sextant.base.errors import WrongUse

Provider = Literal[
    "offline", "openai", "ollama", "anthropic", "google_genai", "mistralai", "deepseek", "groq", "together", "xai"
]

FORMS = (
    "offline or PROVIDER:NAME, with openai, ollama, anthropic, google_genai, mistralai, deepseek, groq, together or xai"
)
KEY_VARIABLES: Mapping[str, str] = {
    "openai": "OPENAI_API_KEY",
    "ollama": "OLLAMA_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
    "mistralai": "MISTRAL_API_KEY",
    **{name: package.key for name, package in PACKAGES.items()},
}
OTHER_KEY_VARIABLES: Mapping[str, str] = {"google_genai": "GEMINI_API_KEY"}  # read where the first is not set
ADDRESS_VARIABLES: Mapping[str, str] = {
    "openai": "OPENAI_BASE_URL",
    "ollama": "OLLAMA_HOST",
    "anthropic": "ANTHROPIC_BASE_URL",
    "google_genai": "GOOGLE_GEMINI_BASE_URL",
    "mistralai": "MISTRAL_BASE_URL",
    **{name: package.address_variable for name, package in PACKAGES.items()},
}
DEFAULT_ADDRESSES: Mapping[str, str] = {
    "openai": "https://api.openai.com/v1",
    "ollama": "http://127.0.0.1:11434",
    "anthropic": "https://api.anthropic.com",
    "google_genai": "https://generativelanguage.googleapis.com",
    "mistralai": "https://api.mistral.ai/v1",
    **{name: package.address for name, package in PACKAGES.items()},
}
PRICED_AS: Mapping[str, str] = {  # the provider's name in the price list, at its own address
    "openai": "openai",
    "anthropic": "anthropic",
    "google_genai": "google",
    "mistralai": "mistral",
    **{name: package.priced_as for name, package in PACKAGES.items()},
}
NO_KEY = "no-key"  # self-hosted servers accept any key; the clients require one


@dataclass(frozen=True)
class Endpoint:
    """A resolved spec. `key` and `login` (user:password) are secret; `url` holds neither."""

    spec: str
    provider: Provider
    name: str
    url: str
    key: str = field(default="", repr=False)
    login: str = field(default="", repr=False)

    @property
    def address(self) -> Address:
        secrets = {self.key, self.login, self.login.partition(":")[2], self.basic_auth} - {"", NO_KEY}
        # Longest first: a secret may be part of another.
        hidden = tuple(sorted(secrets, key=lambda secret: (-len(secret), secret)))
        return Address(self.spec, self.url, hidden, KEY_VARIABLES[self.provider])

    @property
    def basic_auth(self) -> str:
        """Return the login in the form of HTTP basic authentication (RFC 7617)."""
        return base64.b64encode(self.login.encode()).decode() if self.login else ""


def resolve(spec: str, base_url: str | None) -> Endpoint:
    """Resolve a spec. Options take precedence over the environment, the environment over the protocol's default.

    Raises:
        WrongUse: an unknown spec, an invalid address, or no key for a provider's own server.
    """
    provider, name = parse_spec(spec)
    if provider == "offline":
        return Endpoint(spec, provider, name, "")
    login, url = split_login(resolve_server_url(provider, base_url))
    return Endpoint(spec, provider, name, url, _read_key(spec, provider, url), login)


def _read_key(spec: str, provider: Provider, url: str) -> str:
    """Read the key from the environment.

    Raises:
        WrongUse: the environment holds no key for the provider's own server, or an invalid one.
    """
    variable = KEY_VARIABLES[provider]
    key = os.environ.get(variable, "").strip()
    if not key and provider in OTHER_KEY_VARIABLES:
        variable = OTHER_KEY_VARIABLES[provider]
        key = os.environ.get(variable, "").strip()
    if provider != "ollama" and not key:
        if url == DEFAULT_ADDRESSES[provider]:
            raise WrongUse(
                f"model {spec!r} needs a key: set {KEY_VARIABLES[provider]}, "
                "or pass --base-url for a server of your own"
            )
        key = NO_KEY
    if not key.isascii() or not key.isprintable():
        raise WrongUse(f"the key in {variable} holds characters that keys never have; copy it again")
    return key


def parse_spec(spec: str) -> tuple[Provider, str]:
    """Parse a spec into protocol and model name.

    Raises:
        WrongUse: the spec does not have a known form.
    """
    provider, _, name = spec.partition(":")
    if spec == "offline":
        return "offline", "offline"
    if provider in KEY_VARIABLES and name.strip():
        return cast(Provider, provider), name
    raise WrongUse(f"unknown model {spec!r}: expected {FORMS}")


def resolve_server_url(provider: str, base_url: str | None) -> str:
    """Resolve the server's URL, without a trailing slash.

    Raises:
        WrongUse: it is not an http or https URL.
    """
    given = base_url or os.environ.get(ADDRESS_VARIABLES[provider], "").strip() or DEFAULT_ADDRESSES[provider]
    # Ollama's own variable may name a bare host, or the address to listen on instead of the one to connect to.
    if provider == "ollama" and not base_url and "://" not in given:
        given = f"http://{given.replace('0.0.0.0', '127.0.0.1')}"
        given += "" if urlsplit(given).port else ":11434"
    try:
        parts = urlsplit(given)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        valid = valid and not parts.query and not parts.fragment
    except ValueError:
        valid = False
    if not valid:
        raise WrongUse(f"invalid server address {given!r}: expected one like http://127.0.0.1:8000/v1 (--base-url)")
    return given.rstrip("/")


def is_local(url: str) -> bool:
    """Return whether a URL points to this machine."""
    return (urlsplit(url).hostname or "") in LOOPBACK


def split_login(url: str) -> tuple[str, str]:
    """Split a URL into its `user:password` and the URL without it.

    Raises:
        WrongUse: it is not a URL.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise WrongUse(
            f"invalid server address {url!r}: expected one like http://127.0.0.1:8000/v1 (--base-url)"
        ) from error
    login, _, host = parts.netloc.rpartition("@")
    return unquote(login), urlunsplit((parts.scheme, host, parts.path, "", ""))
