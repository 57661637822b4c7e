"""What the guides show that cannot run on any machine of the tests, and which test file follows which guide."""

import re

from tests.support.guides.lines import GUIDES, SHOWN, Shown

# The beginning of a command, and why it is not run.
NOT_RUN = {
    "ollama pull": "downloads gigabytes of weights",
    "vllm serve": "needs a GPU and gigabytes of weights",
    "llama-server": "needs gigabytes of weights",
}
MEASURING = ("verification.md", "evaluation.md", "recipes.md", "alignment.md")
"""Guides that train and evaluate, which takes long."""
ELSEWHERE = ("api.md", "demo.md", *(path.name for path in GUIDES if path.parent.name == "tutorials"))
"""Guides with a test of their own."""
USING = tuple(dict.fromkeys(one.guide for one in SHOWN if one.guide not in (*MEASURING, *ELSEWHERE)))


def find_reason(shown: Shown) -> str | None:
    """Return why a command is not run; None where it is."""
    return next((why for start, why in NOT_RUN.items() if re.match(rf"{re.escape(start)}(?!\w)", shown.text)), None)
