"""Model specs: parse `openai:NAME` and the like into protocol, model name, address and key."""

import base64
import os
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from sextant.agent.llm.address import LOOPBACK, Address
from sextant.agent.llm.services import OTHER_KEY_VARIABLES, SERVICES
from sextant.base.errors import WrongUse

FORMS = f"offline or PROVIDER:NAME, where PROVIDER is {', '.join(SERVICES)}"
NO_KEY = "no-key"  # self-hosted servers accept any key; the clients require one


@dataclass(frozen=True)
class Endpoint:
    """A resolved spec. `key` and `login` (user:password) are secret; `url` holds neither."""

    spec: str
    provider: str
    name: str
    url: str
    key: str = field(default="", repr=False)
    login: str = field(default="", repr=False)

    @property
    def address(self) -> Address:
        secrets = {self.key, self.login, self.login.partition(":")[2], self.basic_auth} - {"", NO_KEY}
        # Longest first: a secret may be part of another.
        hidden = tuple(sorted(secrets, key=lambda secret: (-len(secret), secret)))
        return Address(self.spec, self.url, hidden, SERVICES[self.provider].key)

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


def _read_key(spec: str, provider: str, url: str) -> str:
    """Read the key from the environment.

    Raises:
        WrongUse: the environment holds no key for the provider's own server, or an invalid one.
    """
    variable = SERVICES[provider].key
    key = os.environ.get(variable, "").strip()
    if not key and provider in OTHER_KEY_VARIABLES:
        variable = OTHER_KEY_VARIABLES[provider]
        key = os.environ.get(variable, "").strip()
    if provider != "ollama" and not key:
        if url == SERVICES[provider].address:
            raise WrongUse(
                f"model {spec!r} needs a key: set {SERVICES[provider].key}, or pass --base-url for a server of your own"
            )
        key = NO_KEY
    if not key.isascii() or not key.isprintable():
        raise WrongUse(f"the key in {variable} holds characters that keys never have; copy it again")
    return key


def parse_spec(spec: str) -> tuple[str, str]:
    """Parse a spec into protocol and model name.

    Raises:
        WrongUse: the spec does not have a known form.
    """
    provider, _, name = spec.partition(":")
    if spec == "offline":
        return "offline", "offline"
    if provider in SERVICES and name.strip():
        return provider, name
    raise WrongUse(f"unknown model {spec!r}: expected {FORMS}")


def resolve_server_url(provider: str, base_url: str | None) -> str:
    """Resolve the server's URL, without a trailing slash.

    Raises:
        WrongUse: it is not an http or https URL.
    """
    given = base_url or os.environ.get(SERVICES[provider].address_variable, "").strip() or SERVICES[provider].address
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
