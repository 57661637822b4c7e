"""Record the calls of a follow-up question, so that a message that was interrupted is finished without paying twice."""

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from sextant.agent.recording.cassette import Cassette
from sextant.agent.recording.recorder import Recorder, ignore_step
from sextant.agent.world.deps import Deps, StepInfo
from sextant.graphs.runs.folder import RunFolder


@contextmanager
def record_follow_up(run: RunFolder, message_id: str, deps: Deps) -> Iterator[Deps]:
    """Yield dependencies whose calls are recorded in ``follow-ups/`` of the photo's run; recorded calls are not made.

    A run that was pruned takes no recording: its follow-ups are answered without one.

    Args:
        message_id: of the question; each question has a recording of its own.

    Raises:
        SextantError: the recording cannot be written or read.
    """
    if not run.path.is_dir():
        yield deps
        return
    with closing(Cassette.record(find_follow_up(run, message_id))) as cassette:
        ask = partial(Recorder(cassette, ignore_step(deps.ask)), StepInfo(0, "ask", "chat"))
        yield replace(deps, ask=ask)


def find_follow_up(run: RunFolder, message_id: str) -> Path:
    """Return the file of a question's recording, in a folder that exists."""
    folder = run.path / "follow-ups"
    folder.mkdir(exist_ok=True)
    # A message's id is the sender's: it never becomes a file name.
    return folder / f"{hashlib.sha256(message_id.encode('utf-8', 'backslashreplace')).hexdigest()[:24]}.jsonl"
