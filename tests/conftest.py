"""What every test has: only loopback, one Hypothesis profile, a marker for tests that need PostgreSQL."""

import gc

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import socket_allow_hosts

# The same examples on every machine. The first draw of `st.text()` builds a table of all characters, which takes
# seconds on a fresh checkout, and a loaded machine is slow: neither speed nor a deadline says anything of the code.
settings.register_profile(
    "sextant", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("sextant")

pytest_plugins = [
    "tests.support.small_gallery",
    "tests.support.aligned_galleries",
    "tests.support.recorded",
    "tests.support.drawn_gallery",
    "tests.support.postgres",
]


@pytest.fixture(autouse=True)
def only_loopback() -> None:
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start a PostgreSQL server, by their fixtures, however they are nested."""
    for item in items:
        if "postgres" in getattr(item, "fixturenames", ()):
            item.add_marker("postgres")


def pytest_collection_finish() -> None:
    """Have the garbage collector pass over the thousands of collected tests and all imported modules."""
    gc.collect()
    gc.freeze()
