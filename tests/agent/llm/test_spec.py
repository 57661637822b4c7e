import pytest

from sextant.agent.llm.spec import resolve
from sextant.base.errors import WrongUse
from tests.agent.conftest import KEY


@pytest.mark.parametrize(
    ("spec", "provider", "name"),
    [
        ("offline", "offline", "offline"),
        ("openai:gpt-4o", "openai", "gpt-4o"),
        ("openai:qwen/qwen2.5-vl-72b-instruct:free", "openai", "qwen/qwen2.5-vl-72b-instruct:free"),
        ("ollama:qwen2.5vl:7b", "ollama", "qwen2.5vl:7b"),
    ],
)
def test_a_spec_names_protocol_and_model(spec: str, provider: str, name: str) -> None:
    endpoint = resolve(spec, "http://127.0.0.1:8000/v1")
    assert (endpoint.provider, endpoint.name) == (provider, name)


@pytest.mark.parametrize(
    "spec", ["", "gpt-4o", "openai:", "openai: ", "Offline", "offline:x", "claude:x", "anthropic:"]
)
def test_other_specs_are_refused(spec: str) -> None:
    with pytest.raises(WrongUse, match="unknown model "):
        resolve(spec, None)


def test_the_option_comes_before_the_environment_and_that_before_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert resolve("openai:m", None).url == "https://api.openai.com/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1234/v1/")
    assert resolve("openai:m", None).url == "http://127.0.0.1:1234/v1"
    assert resolve("openai:m", "http://127.0.0.1:8000/v1").url == "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("gpu:11435", "http://gpu:11435"),
        ("gpu", "http://gpu:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("https://gpu/ollama", "https://gpu/ollama"),
    ],
)
def test_ollamas_own_variable_may_name_a_bare_host(monkeypatch: pytest.MonkeyPatch, host: str, url: str) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    assert resolve("ollama:m", None).url == url


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://x/", "http://", "http://x:0", "http://x:99999", "http://x/?key=1"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(WrongUse, match="invalid server address"):
        resolve("openai:m", url)


def test_openais_own_server_needs_a_key_and_ones_own_does_not() -> None:
    with pytest.raises(WrongUse, match="OPENAI_API_KEY"):
        resolve("openai:m", None)
    assert resolve("openai:m", "http://127.0.0.1:8000/v1").key


def test_a_key_copied_with_something_else_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}…")
    with pytest.raises(WrongUse, match="copy it again") as caught:
        resolve("openai:m", None)
    assert KEY not in str(caught.value)


def test_a_login_in_the_address_is_kept_apart_and_hidden() -> None:
    endpoint = resolve("openai:m", "https://me:hu%20sh@host/v1")
    assert (endpoint.url, endpoint.login) == ("https://host/v1", "me:hu sh")
    assert "hu" not in repr(endpoint)
    assert endpoint.address.redact("no entry for hu sh") == "no entry for [key]"
