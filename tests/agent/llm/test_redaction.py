"""A key that a server sends back, in whatever form, reaches no message, record or page."""

import base64
import urllib.parse

import pytest

from sextant.agent.llm.redaction import redact_json, redact_secrets

KEY = "sk-proj-AbCd1234EfGh5678IjKl9012MnOp"


def echoes() -> list[str]:
    raw = KEY.encode()
    found = [
        KEY,
        KEY.upper(),
        KEY[::-1],
        raw.hex(),
        raw.hex().upper(),
        urllib.parse.quote(KEY),
        " ".join(KEY),
        "-".join(KEY),
    ]
    found += ["%".join(KEY), KEY[:14], KEY[10:24], f"{KEY[:18]}\n{KEY[18:]}", f"{KEY[:12]}…{KEY[-10:]}"]
    for before in (b"", b"x", b"xy", b"Bearer "):
        found += [base64.b64encode(before + raw).decode(), base64.urlsafe_b64encode(before + raw + b"!?").decode()]
    return found


@pytest.mark.parametrize("echo", echoes())
def test_no_part_of_a_key_comes_through(echo):
    shown = redact_secrets(f"invalid key: {echo} (see the docs)", (KEY,))
    assert shown.startswith("invalid key:") and shown.endswith("(see the docs)")
    rest = "".join(char for char in shown.removeprefix("invalid key:") if char.isalnum()).lower()
    for form in (KEY, KEY[::-1], KEY.encode().hex(), base64.b64encode(KEY.encode()).decode()):
        plain = "".join(char for char in form if char.isalnum()).lower()
        assert not any(plain[at : at + 8] in rest for at in range(len(plain) - 7))


def test_other_words_stay():
    said = "the model gpt-4o does not exist; see 38.7139, -9.1394 — Lisboa, İstanbul, Straße"
    assert redact_secrets(said, (KEY, "short")) == said
    assert redact_json({"a": [1, None, KEY]}, (KEY,)) == {"a": [1, None, "[key]"]}
