"""Prompts edited in a fork: each becomes a prompt of its own, whose text is recorded with the run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sextant.agent.guard.quoting import strip_invisible
from sextant.base.errors import WrongUse
from sextant.graphs.runs.changes import Change
from sextant.graphs.runs.steps import Step
from sextant.prompts.editing import edit_variant
from sextant.prompts.loading import use_recorded_prompts

PROMPT_KINDS = ("variant", "prompt")  # changes that apply where prompts are chosen: at a plan step
FIRST_PLAN = "plan.1"


def record_edits(changes: Sequence[Change], texts: Mapping[str, str]) -> tuple[tuple[Change, ...], dict[str, str]]:
    """Replace every edit of a prompt's text by a change to the edited prompt; return the new prompts' texts by id.

    Args:
        texts: the prompts that the parent run recorded; an edited prompt can be edited again.

    Raises:
        WrongUse: a prompt does not exist, or its new text cannot be used.
    """
    made: dict[str, str] = {}
    found = []
    with use_recorded_prompts(texts):
        for change in changes:
            if change.kind == "prompt":
                name, document = edit_variant(change.name, clean_prompt(change.value))
                made[name] = document
                change = replace(change, kind="variant", value=name)
            found.append(change)
    return tuple(found), made


def clean_prompt(text: str) -> str:
    """Return a text without invisible characters and angle brackets, so that it cannot open or close a quoted block."""
    return "\n".join(strip_invisible(line) for line in text.splitlines()).strip()


def check_asked(changes: Sequence[Change], asked: Sequence[str], steps: Sequence[Step]) -> None:
    """Check that the prompts that are replaced or edited are still asked in the run; else nothing would change.

    Raises:
        WrongUse: one is not; the message lists those that are, or the last step that asks any.
    """
    last = max((step.step_info.step for step in steps if step.step_info.node in ("plan", "lmm")), default=0)
    for change in changes:
        if change.kind not in PROMPT_KINDS:
            continue
        if change.name not in asked:
            raise WrongUse(f"this run does not ask the prompt {change.name!r}; it asks: {', '.join(asked)}")
        if change.step > last:
            raise WrongUse(f"no prompt is asked from step {change.step} on; change it from {FIRST_PLAN} on")
