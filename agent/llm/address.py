"""The model and server that a message is about, without their secrets."""

from dataclasses import dataclass

from sextant.agent.llm.redaction import redact_secrets
from sextant.base.printable import make_printable

LOOPBACK = ("127.0.0.1", "localhost", "::1")
WORDS_SHOWN = 200


@dataclass(frozen=True)
class Address:
    """The model and server an error is about. `secrets` are strings that must not appear in any message."""

    spec: str
    base_url: str
    secrets: tuple[str, ...]
    key_variable: str

    def __str__(self) -> str:
        return f"{self.spec} at {self.base_url}"

    def redact(self, text: str) -> str:
        """Redact a server's text for one terminal line: no secrets, no control characters, limited length."""
        text = " ".join(redact_secrets(make_printable(text), self.secrets).split())
        return text if len(text) <= WORDS_SHOWN else text[: WORDS_SHOWN - 1] + "…"
