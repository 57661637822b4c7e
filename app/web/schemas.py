"""HTTP schemas: requests and responses as types, from which the OpenAPI document is made."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sextant.base.documents.progress import ProgressEvent
from sextant.base.documents.session import SessionView

LONGEST_CHANGE = 10_000  # characters: a prompt's text, a reply or a tool's result, whole

Corner = Annotated[list[float], Field(min_length=2, max_length=2)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ByWords(Strict):
    """Steering in words: not Europe, only in Peru, ignore the sign, near the sea, undo."""

    kind: Literal["words"]
    text: str = Field(min_length=1, max_length=200)
    photo: str | None = Field(default=None, max_length=8)


class ByPolygon(Strict):
    """A drawn area: corners as (latitude, longitude) in degrees; longitudes may run past ±180."""

    kind: Literal["polygon"]
    corners: list[Corner] = Field(min_length=3, max_length=1000)
    rule: Literal["only", "exclude"] = "only"
    replaces: int | None = Field(default=None, ge=0, le=1000, description="the constraint it replaces, from 0")
    photo: str | None = Field(default=None, max_length=8)


class ByPlace(Strict):
    """A pinned or rejected place, in degrees."""

    kind: Literal["pin", "reject"]
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    photo: str | None = Field(default=None, max_length=8)


class ByRemoval(Strict):
    """One constraint is taken back, counted from 0 in the order in which they were said."""

    kind: Literal["remove"]
    number: int = Field(ge=0, le=1000)
    photo: str | None = Field(default=None, max_length=8)


Steer = Annotated[ByWords | ByPolygon | ByPlace | ByRemoval, Field(discriminator="kind")]


class ForkRequest(Strict):
    """Run a photo's run again, changed from a step on."""

    step: str = Field(max_length=40, description="a step's number, or number:branch")
    changes: list[Annotated[str, Field(max_length=LONGEST_CHANGE)]] = Field(
        max_length=20, description="KEY=VALUE, as on the command line"
    )
    live: bool = Field(default=False, description="make the calls that were not recorded")
    keep_words: bool = Field(default=False, description="keep the recorded replies although the prompts change")


class RunView(BaseModel):
    """How a run went: its branches with every turn, the verdict of each round, its steps, and the graph as it ran."""

    model_config = ConfigDict(extra="allow")

    run: str
    status: str
    parent: str | None
    changes: list[dict[str, Any]]
    versions: dict[str, str]
    settings: dict[str, Any]
    branches: list[dict[str, Any]] = Field(description="each with its opening messages and its turns")
    verdicts: list[dict[str, Any]] = Field(description="one for each round, with the outcomes that were new in it")
    steps: list[dict[str, Any]] = Field(description="step, node, branch, seconds, goto, and the state keys it changed")
    flow: dict[str, Any] = Field(description="the graph as it ran, with costs and shares, and places as they came up")
    variants: list[str] = Field(description="the prompts that a fork may ask")
    prompts: dict[str, dict[str, Any]] = Field(description="text and version of each prompt asked, as it can be edited")
    forks: list[dict[str, Any]] = Field(description="each fork: what it changed, its answer, how far that moved")
    changeable: list[dict[str, Any]] = Field(description="the settings that a fork may change, with their bounds")


class Created(BaseModel):
    session: str


class SessionListing(BaseModel):
    """One session of the list; times are epoch seconds, ``taken_at`` the first photo's own time.

    ``photo`` is the key of the photo that stands for it, ``place`` where that was taken, in a few words.
    """

    id: str
    title: str
    created: float
    updated: float
    busy: bool
    photo: str | None = None
    photos: int = 0
    located: int = 0
    place: str = ""
    taken_at: str | None = None


class Refusal(BaseModel):
    """A file that was not taken, and why."""

    file: str
    reason: str


class Accepted(BaseModel):
    """The message is being answered; follow the session's events."""

    message: str
    refused: list[Refusal] = []


class Done(BaseModel):
    done: bool


class SessionEvent(BaseModel):
    """The whole session as it is shown: turns, photos with their answers, spending."""

    event: Literal["session"]
    data: SessionView


class StepEvent(BaseModel):
    """A step of a run: ingest, retrieve, plan, ask, tool, reply, verify, answer; with its photo, run and branch."""

    event: Literal["step"]
    data: ProgressEvent


class StateEvent(BaseModel):
    """Work began or ended, or failed with a line of text."""

    event: Literal["working", "idle", "error"]
    data: dict[str, Any]


StreamEvent = SessionEvent | StepEvent | StateEvent
