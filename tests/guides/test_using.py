"""What the guides show runs: in order, in a folder that holds what the guide's reader has, against servers here.

`tests/test_docs.py` checks every command's options; `tests/test_tutorials.py` follows the tutorials to the letter, and
`tests/app/api/test_guide.py` the guide of the Python API. What cannot run here stands in `NOT_RUN`, with the reason.
"""

from collections.abc import Callable

import pytest

from tests.support.guides.lines import SHOWN
from tests.support.guides.not_run import NOT_RUN, USING, find_reason


@pytest.mark.slow
@pytest.mark.parametrize("guide", USING)
def test_what_a_guide_shows_runs(guide: str, follow: Callable[[str], None]) -> None:
    follow(guide)


def test_only_commands_that_guides_show_are_left_out() -> None:
    """A reason of a command that no guide shows any longer would hide the next one that begins like it."""
    assert set(NOT_RUN.values()) == {find_reason(shown) for shown in SHOWN} - {None}
