"""Recorder and player: a run's port with recording in front of the backend, or a recording alone."""

import time
from typing import Protocol

from sextant.agent.recording.cassette import Cassette, make_asked
from sextant.agent.recording.divergence import make_divergence
from sextant.agent.world.deps import Port, StepInfo
from sextant.base.json_types import Json


class StepPort(Protocol):
    """Port that also receives the position in the run."""

    def __call__(self, step_info: StepInfo, kind: str, request: Json) -> Json: ...


class Recorder:
    """Answers recorded calls from the cassette; makes and records the others.

    So a run that was killed resumes without paying for a call twice.
    """

    def __init__(self, cassette: Cassette, world: StepPort) -> None:
        self.cassette = cassette
        self.world = world

    def __call__(self, step_info: StepInfo, kind: str, request: Json) -> Json:
        asked = make_asked(kind, request)
        known = self.cassette.find_asked(asked)
        if known is not None:
            return known
        began = time.monotonic()
        reply = self.world(step_info, kind, request)
        return self.cassette.add_asked(asked, reply, step_info, time.monotonic() - began)


class Player:
    """Answers every call from the cassette, for replay."""

    def __init__(self, cassette: Cassette) -> None:
        self.cassette = cassette

    def __call__(self, step_info: StepInfo, kind: str, request: Json) -> Json:
        """Return the recorded reply.

        Raises:
            Divergence: the call was not recorded; the error names the step, the variant and the first difference.
        """
        known = self.cassette.find(kind, request)
        if known is None:
            raise make_divergence(self.cassette, step_info, kind, request)
        return known


def ignore_step(outside: Port) -> StepPort:
    """Adapt a port that ignores the step to one that receives it."""
    return lambda step_info, kind, request: outside(kind, request)
