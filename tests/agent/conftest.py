"""Models against the scripted servers of tests/support."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, get_args

import pytest

from sextant.agent.llm.model import ChatModel, load_model
from sextant.agent.llm.services import OTHER_KEY_VARIABLES, SERVICES
from tests.support.model_script import Protocol, Script
from tests.support.model_server import ModelServer

KEY = "sk-secret-0123456789"

Serve = Callable[..., tuple[ModelServer, ChatModel]]


@pytest.fixture(autouse=True)
def no_model_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = [name for service in SERVICES.values() for name in (service.key, service.address_variable)]
    for name in (*variables, *OTHER_KEY_VARIABLES.values()):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=get_args(Protocol))
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def serve(protocol: Protocol) -> Iterator[Serve]:
    """Start a server with a script and load its model, with waits of milliseconds."""
    with ExitStack() as servers:

        def start(script: Script, latency_s: float = 0.0, **options: Any) -> tuple[ModelServer, ChatModel]:
            server = servers.enter_context(ModelServer(script, protocol, latency_s))
            quick = {"timeout_s": 5.0, "retry_base_s": 0.001, **options}
            return server, load_model(f"{protocol}:scripted", base_url=server.base_url, **quick)

        yield start
