"""The messages between a batch and its worker processes."""

from dataclasses import dataclass
from typing import Any

from sextant.base.documents.progress import ProgressEvent
from sextant.base.json_types import Json
from sextant.graphs.batches.order import BatchOrder, Face


@dataclass(frozen=True)
class Start:
    """First message to a worker: its work, and its share of the calls and photos in flight.

    Attributes:
        spaced: whether the batch spaces the starts of all requests.
        followed: whether the batch wants the events of the photos' runs.
    """

    order: BatchOrder
    face: Face[Any]
    concurrency: int
    photos_at_once: int
    spaced: bool
    followed: bool


@dataclass(frozen=True)
class Ready:
    """A worker has loaded everything, or the problem that it met."""

    problem: str | None = None
    wrong_use: bool = False


@dataclass(frozen=True)
class Photo:
    """A photo to run."""

    number: int
    photo: Any


@dataclass(frozen=True)
class Ended:
    """A photo's line."""

    number: int
    line: Json


@dataclass(frozen=True)
class Failed:
    """What ends the whole batch; ``money`` where its spending limit does."""

    number: int
    problem: str
    money: bool


@dataclass(frozen=True)
class Event:
    """A progress event of a photo's run."""

    name: str
    event: ProgressEvent


@dataclass(frozen=True)
class Reserve:
    """A worker asks for money: US dollars."""

    number: int
    most: float


@dataclass(frozen=True)
class ReserveStart:
    """A worker asks when its next request may start."""

    number: int
    left_s: float | None


@dataclass(frozen=True)
class Granted:
    """What a worker asked for: seconds until the start; ``refused`` says why it gets nothing."""

    number: int
    seconds: float = 0.0
    refused: str | None = None


@dataclass(frozen=True)
class Settle:
    """A worker replaces a reservation by what the call cost, in US dollars."""

    most: float
    cost: float


@dataclass(frozen=True)
class Pause:
    """No process may start a request for this many seconds: the server asked for a pause."""

    seconds: float
