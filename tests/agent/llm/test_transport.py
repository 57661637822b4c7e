from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from sextant.agent.llm.transport import BoundedTransport, make_transport, parse_retry_after_s


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("3", 3.0), ("0.5", 0.5), ("-3", 0.0), ("nan", None), ("soon", None), ("", None)],
)
def test_retry_after_in_seconds(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after_s(header) == seconds


def test_retry_after_as_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=60)
    wait = parse_retry_after_s(format_datetime(soon, usegmt=True))
    assert wait is not None and 55 < wait <= 60


def test_an_error_keeps_its_words_and_stays_readable() -> None:
    inner = httpx.MockTransport(lambda request: httpx.Response(500, text="out of memory"))
    response = httpx.Client(transport=BoundedTransport(inner)).get("http://127.0.0.1/")
    assert (response.status_code, response.text) == (500, "out of memory")


def test_the_proxy_of_the_environment_is_for_other_machines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[httpx.Proxy | str | None] = []
    monkeypatch.setattr(httpx, "HTTPTransport", lambda proxy: used.append(proxy))
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "gpu.lab")
    for url in ("https://api.openai.com/v1", "http://127.0.0.1:8000/v1", "https://gpu.lab/v1"):
        make_transport(url)
    assert used == ["http://proxy:3128", None, None]
