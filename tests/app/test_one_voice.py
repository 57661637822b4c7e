"""Page, terminal and case file say the same: one investigation, had on the page and in the terminal."""

import pytest

from tests.support.investigation import CHROMIUM, SIGN, investigate

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(1000),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; install the package 'chromium'"),
]


def test_the_words_of_page_and_terminal_are_the_same(drawn, tmp_path):
    pytest.importorskip("playwright.sync_api")
    page, terminal = investigate(drawn, tmp_path)
    assert [line for reply in page.replies for line in reply] == terminal.replies[0]
    assert page.fork == terminal.fork
    assert page.case_file == terminal.case_file
    located, why, ignored, excluded = page.replies
    assert sum(line.startswith("Photo ") for line in located) == 6
    assert any("I verified this on Google Street View." in line and line.endswith("tool") for line in why)
    assert "No other text can be read seen" in [line.replace(". ", " ") for line in why]
    assert not any("{" in line for line in why)
    assert any("candidates ruled out. said" in line for line in ignored)
    assert "The answer moved" in ignored[0] and "France" in ignored[0]
    assert not any(SIGN in line for line in excluded)
