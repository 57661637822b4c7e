"""What a model spec means: which protocol, which name, which address, which key."""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from sextant.agent.llm.errors import Address
from sextant.agent.llm.transport import LOOPBACK
from sextant.base.errors import WrongUse

Provider = Literal["offline", "openai", "ollama"]

FORMS = "offline, openai:NAME or ollama:NAME"
KEY_VARIABLES: Mapping[str, str] = {"openai": "OPENAI_API_KEY", "ollama": "OLLAMA_API_KEY"}
ADDRESS_VARIABLES: Mapping[str, str] = {"openai": "OPENAI_BASE_URL", "ollama": "OLLAMA_HOST"}
DEFAULT_ADDRESSES: Mapping[str, str] = {"openai": "https://api.openai.com/v1", "ollama": "http://127.0.0.1:11434"}
NO_KEY = "no-key"  # servers of one's own take any; the OpenAI client insists on one


@dataclass(frozen=True)
class Where:
    """A spec, resolved. `key` and `login` (user:password) are secret; `url` holds neither."""

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
        """The login in the form of HTTP basic authentication (RFC 7617)."""
        return base64.b64encode(self.login.encode()).decode() if self.login else ""


def resolve(spec: str, base_url: str | None) -> Where:
    """Where a spec leads. Options come before the environment, the environment before the protocol's default.

    Raises:
        WrongUse: an unknown spec, an address that is none, or no key for OpenAI's own server.
    """
    provider, name = read_spec(spec)
    if provider == "offline":
        return Where(spec, provider, name, "")
    login, url = split_login(server_url(provider, base_url))
    key = os.environ.get(KEY_VARIABLES[provider], "").strip()
    if provider == "openai" and not key:
        if url == DEFAULT_ADDRESSES["openai"]:
            raise WrongUse(
                f"model {spec!r} needs a key: set OPENAI_API_KEY, or pass --base-url for a server of your own"
            )
        key = NO_KEY
    if not key.isascii() or not key.isprintable():
        raise WrongUse(f"the key in {KEY_VARIABLES[provider]} holds characters no key has; copy it again")
    return Where(spec, provider, name, url, key, login)


def read_spec(spec: str) -> tuple[Provider, str]:
    """Protocol and model name.

    Raises:
        WrongUse: the spec has none of the known forms.
    """
    provider, _, name = spec.partition(":")
    if spec == "offline":
        return "offline", "offline"
    if provider == "openai" and name.strip():
        return "openai", name
    if provider == "ollama" and name.strip():
        return "ollama", name
    raise WrongUse(f"{spec!r} is no model; the forms are {FORMS}")


def server_url(provider: str, base_url: str | None) -> str:
    """Return the server's URL without a slash at its end.

    Raises:
        WrongUse: it is no http or https URL.
    """
    given = base_url or os.environ.get(ADDRESS_VARIABLES[provider], "").strip() or DEFAULT_ADDRESSES[provider]
    # Ollama's own variable may name a bare host, and the address it listens on in place of one to connect to.
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
        raise WrongUse(f"{given!r} is no server address; it looks like http://127.0.0.1:8000/v1 (--base-url)")
    return given.rstrip("/")


def is_local(url: str) -> bool:
    """Whether a URL leads to this machine."""
    return (urlsplit(url).hostname or "") in LOOPBACK


def split_login(url: str) -> tuple[str, str]:
    """Return the `user:password` of a URL, and the URL without it.

    Raises:
        WrongUse: it is no URL.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise WrongUse(f"{url!r} is no server address; it looks like http://127.0.0.1:8000/v1 (--base-url)") from error
    login, _, host = parts.netloc.rpartition("@")
    return unquote(login), urlunsplit((parts.scheme, host, parts.path, "", ""))
