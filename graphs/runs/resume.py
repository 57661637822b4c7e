"""Going on with a run that was killed or failed, without making a recorded call again."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event

from sextant.agent.recording.cassette import Cassette
from sextant.agent.recording.recorder import unmoved
from sextant.agent.settings import settings_from_json as settings_from
from sextant.agent.world.cancellation import make_cancellable
from sextant.agent.world.deps import ignore_event
from sextant.agent.world.live import make_deps
from sextant.base.json_types import Json
from sextant.graphs.runs.changes import from_json as changes_from
from sextant.graphs.runs.folder import find
from sextant.graphs.runs.fork import carry_out_fork
from sextant.graphs.runs.run import Run, carry_out
from sextant.prompts.loading import brought


def resume(
    name: str,
    home: str | None,
    base_url: str | None = None,
    on_event: Callable[[Json], None] = ignore_event,
    stop: Event | None = None,
) -> Run:
    """Go on with the run from its last step. A finished run just gives its answer.

    Args:
        name: the run, or a unique beginning of its name.
        base_url: the model's address where it is another now; an address with a login in it is never recorded.
        stop: when set, ends the run within a second, with the best it has.

    Raises:
        WrongUse: several runs begin with that name.
        SextantError: there is no such run, or it fails again.
    """
    folder = find(name, home)
    record, answer = folder.record(), folder.answer()
    if record["status"] == "done" and answer is not None:
        return Run(folder.name, answer)
    settings = replace(settings_from(folder.ours()["settings"]), home=home)
    settings = replace(settings, base_url=base_url or settings.base_url)
    if record["parent"]:
        parent = Cassette.read(find(record["parent"], home).cassette)
        return carry_out_fork(folder, parent, changes_from(record["changes"]), settings, on_event, stop)
    deps = make_cancellable(make_deps(settings, on_event), stop)
    with brought(record["prompts"]):
        return carry_out(folder, record["path"], deps, unmoved(deps.ask))
