"""The forks of a run, a line each, for the page's run view and the case file."""

from collections.abc import Sequence

from sextant.agent.answer_statement import state_answer
from sextant.agent.privacy.precision import Policy
from sextant.agent.privacy.view import view_answer, view_comparison
from sextant.app.render.run import describe_change, describe_move
from sextant.base.documents.comparison import ToldRunFork
from sextant.base.errors import SextantError
from sextant.graphs.runs.compare import compare_runs
from sextant.graphs.runs.folder import RunFolder, list_runs
from sextant.prompts.editing import find_edited_root

MOST = 30  # the newest forks shown of a run


def list_forks(run: str, home: str | None) -> list[RunFolder]:
    """List the finished forks of a run, the oldest first; names begin with the second, so older runs are not opened."""
    second = run.rpartition("-")[0]
    return [folder for folder in list_runs(home) if folder.name >= second and _is_finished_fork(folder, run)]


def _is_finished_fork(folder: RunFolder, run: str) -> bool:
    try:
        record = folder.record()
    except SextantError:
        return False
    return record["parent"] == run and record["status"] == "done"


def tell_forks(parent: RunFolder, forks: Sequence[RunFolder], policy: Policy) -> list[ToldRunFork]:
    """Tell what each of the newest forks changed, answers and moved, no finer than the policy allows."""
    found: list[ToldRunFork] = []
    for folder in forks[-MOST:]:
        record, answer = folder.record(), folder.answer()
        if answer is None:
            continue
        changes = [describe_change(change) for change in record["changes"]]
        texts = {name: text for name, text in record["prompts"].items() if find_edited_root(name)}
        statement = state_answer(view_answer(answer, policy))
        found.append(
            {
                "run": folder.name,
                "changes": [] if policy.withholds_words else changes,
                "headline": statement["headline"],
                "moved": describe_move(view_comparison(compare_runs(parent, folder), policy)),
                "prompts": {} if policy.withholds_words else texts,
            }
        )
    return found
