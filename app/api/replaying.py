"""`sextant.replay`: a recorded run again, exactly or with something changed."""

from collections.abc import Mapping
from os import fspath
from threading import Event
from typing import Any

from sextant.app.api.answer import Answer
from sextant.app.api.photo_path import PhotoPath
from sextant.app.api.running import OnEvent, ignore, run_stoppable, show_warnings
from sextant.base.documents.answer import Answer as AnswerDocument
from sextant.base.errors import SextantError
from sextant.graphs.runs.folder import find_run, get_runs_folder
from sextant.graphs.runs.fork import fork
from sextant.graphs.runs.replay import replay as replay_run


def replay(
    run: str | Answer,
    *,
    set: Mapping[str, Any] | None = None,
    step: str | None = None,
    live: bool = False,
    keep_words: bool = False,
    home: PhotoPath | None = None,
    on_event: OnEvent = ignore,
) -> Answer:
    """Replay a recorded run without model, network or gallery, or fork it with something changed.

    >>> sextant.replay(answer.run)                                # the same answer, byte for byte
    >>> sextant.replay(answer.run, set={"verify": "density"})     # a fork, recorded as a run of its own

    Args:
        run: the run's name, a unique beginning of it, the path of its folder, or an answer.
        set: changes of a fork, KEY to value, as `sextant replay --set` takes them: a setting, ``variant.NAME``,
            ``candidate.ID`` (``"LAT,LON"`` or None), ``text``, ``result``, ``without``.
        step: where the fork begins, such as ``verify`` or ``lmm.1:zero-shot``; None means its last verdict.
        live: allow the model and tool calls that the change needs.
        keep_words: reuse the model's replies although the prompts change.
        home: the folder that holds the run; None takes the answer's, else SEXTANT_HOME or the default.
        on_event: receives progress events, from several threads.

    Raises:
        WrongUse: no such key or step, or a value that does not fit.
        Divergence: the replay differs from the recording; the message names the first difference.
        UnrecordedCalls: the fork needs calls that were never recorded; pass ``live`` or ``keep_words``.
        SextantError: no run matches, or its recording cannot be read.
    """
    place = home if home is not None else run.home if isinstance(run, Answer) else None
    root = None if place is None else fspath(place)
    folder = find_run((run.record or run.run) if isinstance(run, Answer) else str(run), root)

    def work(stop: Event) -> AnswerDocument:
        if not set and step is None:
            repeated = replay_run(folder, None, on_event, home=root).answer
            if repeated is None:
                raise SextantError(
                    f"run {folder.name!r} has no answer yet; finish it: sextant locate --resume {folder.name}"
                )
            return repeated
        changes = [f"{key}={_write_value(value)}" for key, value in (set or {}).items()]
        done = fork(folder, step, changes, home=root, live=live, keep_words=keep_words, on_event=on_event, stop=stop)
        return done.answer

    same = not set and step is None  # a fork is a run of the home
    record = str(folder.path) if same and folder.path.parent != get_runs_folder(root) else None
    answer = Answer(run_stoppable(work), home=root, record=record)
    show_warnings(answer.warnings)
    return answer


def _write_value(value: Any) -> str:
    """Write a value as `--set` reads it."""
    if value is None:
        return "none"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
