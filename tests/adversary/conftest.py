"""The adversary suite is slow, and runs when it is asked for: `make adversary`."""

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as slow; skip it unless the suite is asked for."""
    asked = bool(os.environ.get("SEXTANT_ADVERSARY"))
    for item in items:
        if "/adversary/" in str(item.path):
            item.add_marker("slow")
            if not asked:
                item.add_marker(pytest.mark.skip(reason="the adversary suite; run: make adversary"))
