"""Remove keys from a server's text, even if they are encoded, spaced out or in parts."""

import base64
from functools import lru_cache
from typing import Any

REPLACEMENT = "[key]"
PART = 8  # letters and digits of a key in a row that give it away; a shorter key is removed where it stands whole


def redact_secrets(text: str, secrets: tuple[str, ...]) -> str:
    """Return the text without the secrets.

    Found are the secret itself and any part of eight letters and digits, in upper or lower case, with whatever
    stands between them; and the same of its base64 form (at any alignment), its hexadecimal form, and its reverse.
    Percent and JSON escapes change no letter or digit of a key.
    """
    for secret in secrets:
        text = text.replace(secret, REPLACEMENT)
    places = [number for number, char in enumerate(text) if char.isalnum()]
    plain = "".join(text[number] for number in places).lower()
    if len(plain) != len(places):  # a letter that has two in lower case
        plain = "".join(text[number].lower()[:1] for number in places)
    parts = frozenset().union(*(_list_parts(secret) for secret in secrets)) if secrets else frozenset()
    hidden: set[int] = set()
    for start in range(len(plain) - PART + 1):
        if plain[start : start + PART] in parts:
            hidden.update(range(places[start], places[start + PART - 1] + 1))
    shown: list[str] = []
    for number, char in enumerate(text):
        if number not in hidden:
            shown.append(char)
        elif number - 1 not in hidden:
            shown.append(REPLACEMENT)
    return "".join(shown)


def redact_json(value: Any, secrets: tuple[str, ...]) -> Any:
    """Return a JSON value whose texts are without the secrets."""
    if isinstance(value, str):
        return redact_secrets(value, secrets)
    if isinstance(value, dict):
        return {redact_secrets(name, secrets): redact_json(item, secrets) for name, item in value.items()}
    return [redact_json(item, secrets) for item in value] if isinstance(value, list) else value


@lru_cache(maxsize=64)
def _list_parts(secret: str) -> frozenset[str]:
    """Return all parts of a secret and of its encodings, letters and digits in lower case only."""
    raw = secret.encode()
    # Three alignments of base64; the first characters and the last depend on what stands beside the secret.
    encoded = [base64.b64encode(b"\0" * shift + raw).decode()[skip:].rstrip("=")[:-1] for shift, skip in ALIGNMENTS]
    forms = [secret, secret[::-1], raw.hex(), *encoded, *(form.replace("+", "-").replace("/", "_") for form in encoded)]
    compact = ["".join(char for char in form if char.isalnum()).lower() for form in forms]
    return frozenset(form[at : at + PART] for form in compact for at in range(len(form) - PART + 1))


ALIGNMENTS = ((0, 0), (1, 2), (2, 3))
