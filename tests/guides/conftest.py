"""Servers and a desk for the readers of the guides."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.guides.desk import furnish, furnish_for
from tests.support.guides.lines import SHOWN
from tests.support.guides.not_run import find_reason
from tests.support.guides.reader import Reader
from tests.support.model_script import PROTOCOLS
from tests.support.model_server import ModelServer
from tests.support.recorded import script

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "MISTRAL_API_KEY", "GROQ_API_KEY")
VARIABLES = dict(
    zip(
        PROTOCOLS,
        ("OPENAI_BASE_URL", "OLLAMA_HOST", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "MISTRAL_BASE_URL"),
        strict=True,
    )
)


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, str]]:
    """The environment of one scripted server for each provider."""
    with ExitStack() as stack:
        started = {protocol: stack.enter_context(ModelServer(script, protocol)) for protocol in PROTOCOLS}
        addresses = {VARIABLES[protocol]: server.base_url for protocol, server in started.items()}
        groq = {"GROQ_API_BASE": started["openai"].base_url.removesuffix("/v1")}
        yield {**dict.fromkeys(KEYS, "key-1234567890"), **addresses, **groq, "HF_HUB_OFFLINE": "1"}


@pytest.fixture(scope="session")
def desk(gallery: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What most guides name."""
    pytest.importorskip("osmium")
    return furnish(tmp_path_factory.mktemp("desk"), gallery)


@pytest.fixture
def follow(desk: Path, servers: dict[str, str], tmp_path: Path) -> Callable[[str], None]:
    """Return what follows a guide from its top to its bottom."""

    def read(guide: str) -> None:
        folder = shutil.copytree(desk, tmp_path / "desk")
        shown = [one for one in SHOWN if one.guide == guide and find_reason(one) is None]
        furnish_for(folder, shown)
        with ExitStack() as stack:
            reader = Reader(folder, servers, stack)
            for one in shown:
                reader.follow(one)
            reader.finish()

    return read
