"""No network for any test but loopback."""

import pytest
from pytest_socket import socket_allow_hosts


@pytest.fixture(autouse=True)
def only_loopback() -> None:
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


pytest_plugins = [
    "tests.support.small_gallery",
    "tests.support.recorded",
    "tests.support.drawn_gallery",
    "tests.support.postgres",
]
