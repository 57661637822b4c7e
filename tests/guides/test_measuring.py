"""What the guides of training and measuring show runs; see `test_using.py`. A file of its own, since it takes long."""

from collections.abc import Callable

import pytest

from tests.support.guides.not_run import MEASURING


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("guide", MEASURING)
def test_what_a_guide_shows_runs(guide: str, follow: Callable[[str], None]) -> None:
    follow(guide)
