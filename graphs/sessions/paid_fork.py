"""Forks of a session's runs: their model calls are debited from the session's call budget."""

from sextant.agent.cost.call_limit import CallLimit
from sextant.agent.state import NOTHING_SPENT
from sextant.base.errors import SextantError
from sextant.base.json_types import Json
from sextant.graphs.chat import ChatContext, count_calls_left
from sextant.graphs.runs.folder import RunFolder
from sextant.graphs.runs.fork import fork
from sextant.graphs.runs.fork_limits import ForkLimits
from sextant.graphs.runs.run import Run
from sextant.graphs.sessions.store import Sessions


class BudgetSpent(SextantError):
    """The session has no model calls left."""


def fork_in_session(
    sessions: Sessions,
    session: str,
    parent: RunFolder,
    step: str | None,
    changes: list[str],
    context: ChatContext,
    *,
    live: bool,
    keep_words: bool = False,
    limits: ForkLimits | None = None,
) -> Run:
    """Fork a run of the session.

    A live fork locks the session while it runs. Its calls are debited before it starts, and unused calls are refunded
    when it ends; if the server is killed in between, they stay debited.

    Raises:
        SessionBusy: the session is answering a message, here or on another server.
        BudgetSpent: the fork is live, and the session's model calls are spent.
        SextantError: as ``sextant.graphs.runs.fork.fork``.
    """
    home = context.settings.home

    def run_fork(calls: CallLimit | None) -> Run:
        return fork(
            parent,
            step,
            changes,
            home=home,
            live=live,
            keep_words=keep_words,
            on_event=context.on_event,
            stop=context.stop,
            limits=limits,
            calls=calls,
        )

    if not live:
        return run_fork(None)
    with sessions.hold_session(session):
        if sessions.is_interrupted(session):
            raise SextantError("a message of this session was interrupted; resume it before you fork")
        left = count_calls_left(sessions.read_state(session), context)  # type: ignore[arg-type]
        if left == 0:
            raise BudgetSpent("the session's model calls are used up; start a new session")
        calls = CallLimit(left)
        debited = left or 0
        sessions.add_spending(session, {"calls": debited})
        try:
            return run_fork(calls)
        finally:
            spent: Json = {name: calls.spent[name] for name in NOTHING_SPENT}  # type: ignore[literal-required]
            sessions.add_spending(session, {**spent, "calls": spent["calls"] - debited})
