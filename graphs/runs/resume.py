"""Resume a run that was killed or failed, without repeating a recorded call."""

from dataclasses import replace
from threading import Event

from sextant.agent.recording.cassette import Cassette
from sextant.agent.recording.recorder import ignore_step
from sextant.agent.settings import settings_from_json as settings_from
from sextant.agent.traces import trace_run
from sextant.agent.world.cancellation import make_cancellable
from sextant.agent.world.deps import ignore_event
from sextant.agent.world.live import make_deps
from sextant.base.documents.progress import OnEvent
from sextant.graphs.runs.changes import changes_from_json as changes_from
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.fork import AT_THE_END, execute_fork
from sextant.graphs.runs.run import Run, execute_run
from sextant.prompts.loading import use_recorded_prompts


def resume(
    name: str,
    home: str | None,
    base_url: str | None = None,
    on_event: OnEvent = ignore_event,
    stop: Event | None = None,
) -> Run:
    """Resume the run from its last step; return the answer of a finished run.

    Args:
        name: of the run, or a unique prefix of it.
        base_url: the model's address if it has changed; a login in it is never recorded.
        stop: when set, ends the run within a second with the best answer so far.

    Raises:
        WrongUse: several runs begin with that name.
        SextantError: no such run exists, or it fails again.
    """
    folder = find_run(name, home)
    record, answer = folder.record(), folder.answer()
    if record["status"] == "done" and answer is not None:
        return Run(folder.name, answer)
    settings = replace(settings_from(folder.require_own_record()["settings"]), home=home)
    settings = replace(settings, base_url=base_url or settings.base_url)
    if record["parent"]:
        parent = Cassette.read(find_run(record["parent"], home).cassette)
        changes = changes_from(record["changes"])
        with trace_run(changes.apply_to_settings(settings, AT_THE_END), record) as traced:
            return execute_fork(folder, parent, changes, settings, traced, on_event, stop)
    deps = make_cancellable(make_deps(settings, on_event), stop)
    with use_recorded_prompts(record["prompts"]), trace_run(settings, record) as traced:
        return execute_run(folder, record["path"], deps, ignore_step(traced(deps.ask)))
