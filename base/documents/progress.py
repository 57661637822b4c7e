"""Events that report the progress of runs and batches. They may come from several threads."""

from collections.abc import Callable
from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from sextant.base.documents.answer import Probability, Stop

RunStep = Literal["ingest", "retrieve", "plan", "ask", "tool", "reply", "verify", "answer"]


class ProgressEvent(TypedDict):
    """A step of a run, a photo that was ``located``, or photos that an evaluation has ended (``evaluate``).

    ``photo``, ``run`` and ``whose`` say which run it is of, where several are under way. The other keys are those of
    the step: ``plan`` has ``round`` and ``branches``; ``ask``, ``tool`` and ``reply`` have their ``branch``; ``tool``
    its ``name`` and ``args``; ``reply`` its ``failure`` or its ``tools`` and ``text``; ``verify`` the place so far.
    """

    step: RunStep | Literal["located", "evaluate"]
    photo: NotRequired[str | None]
    run: NotRequired[str]
    whose: NotRequired[str]
    round: NotRequired[int]
    branches: NotRequired[list[str]]
    branch: NotRequired[str]
    final: NotRequired[bool]
    name: NotRequired[str]
    args: NotRequired[dict[str, Any]]
    failure: NotRequired[str | None]
    tools: NotRequired[list[str]]
    text: NotRequired[str]
    stop: NotRequired[Stop | None]
    latitude: NotRequired[float | None]
    longitude: NotRequired[float | None]
    probability: NotRequired[Probability]
    agreement: NotRequired[bool]
    done: NotRequired[int]
    total: NotRequired[int]
    failed: NotRequired[int]


OnEvent = Callable[[ProgressEvent], None]
