"""Fork a session's run in the terminal, and list its steps."""

import shlex

from rich.table import Table

from sextant.agent.answer_statement import state_answer
from sextant.agent.privacy.view import view_answer, view_comparison
from sextant.app.render.run import format_comparison, list_needed_calls
from sextant.base.errors import WrongUse
from sextant.graphs.chat import ChatContext
from sextant.graphs.runs.compare import compare_runs
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.run import UnrecordedCalls
from sextant.graphs.runs.timeline import build_timeline
from sextant.graphs.sessions.paid_fork import fork_in_session
from sextant.graphs.sessions.store import Sessions

USE = "/fork STEP KEY=VALUE… [live], for example: /fork 12 optimise=country live; quote a value with spaces"


def format_steps(run: str, home: str | None) -> Table:
    """Make a table of a run's steps with the numbers that /fork takes."""
    table = Table("step", "node", "prompt", "seconds", box=None, header_style="bold")
    for step in build_timeline(find_run(run, home))["steps"]:
        table.add_row(str(step["step"]), step["node"], step["branch"] or "", f"{step['seconds']:.2f}")
    return table


def split_words(words: str) -> list[str]:
    """Split a line at its spaces, but not inside quotation marks: ``prompt.zero-shot="Read the signs first."``.

    Raises:
        WrongUse: a quotation mark is not closed.
    """
    try:
        return shlex.split(words)
    except ValueError as error:
        raise WrongUse(f"a quotation mark is not closed in: {words}") from error


def fork_and_compare(sessions: Sessions, session: str, run: str, words: str, context: ChatContext) -> list[str]:
    """Fork the run as the words say, and on_event what came of it, in lines no finer than the context's policy.

    Raises:
        WrongUse: no step or no change is named, or one that does not fit.
        Unasked: calls are needed that were never recorded; its message says how to allow them.
        SextantError: the fork failed.
    """
    step, *overrides = split_words(words) or [""]
    live = "live" in overrides
    changes = [word for word in overrides if word != "live"]
    if not step or not changes:
        raise WrongUse(USE)
    home, policy = context.settings.home, context.policy
    parent = find_run(run, home)
    try:
        made = fork_in_session(sessions, session, parent, step, changes, context, live=live)
    except UnrecordedCalls as stopped:
        # The calls hold a model's arguments: under a cap only their number is shown.
        needed = [str(stopped)] if policy.coarsest else list_needed_calls(stopped.calls)
        raise WrongUse("\n".join([*needed, f"Add live to make them: /fork {words} live"])) from None
    answer = view_answer(made.answer, policy)
    statement = state_answer(answer)
    found = view_comparison(compare_runs(parent, find_run(made.name, home)), policy)
    return [f"Fork {made.name}: {statement['headline']}", statement["position"], *format_comparison(found)]
