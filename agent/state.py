"""The state of the graph. JSON-plain values only, because checkpoints outlive the code that wrote them."""

from typing import Annotated, Literal, NotRequired, cast

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict

from sextant.agent.warning_codes import AnswerWarning, read_warnings
from sextant.base.documents.answer import Answer, JudgementDocument, SentDocument, TextCheckDocument
from sextant.base.documents.answer import Stop as Stop
from sextant.base.documents.outcome import OutcomeDocument
from sextant.base.documents.verdict import VerdictDocument
from sextant.base.json_types import Json


class Photo(TypedDict):
    """The photo of the run. ``sha256`` is of the original bytes, ``shown`` of the JPEG shown to the model."""

    sha256: str
    path: str | None
    width: int
    height: int
    shown: str


class Turn(TypedDict):
    """One turn of a transcript after the opening prompt. Images are sha256 references into the blob store.

    ``failure`` is why a model call failed; ``failed`` stands on every turn of a tool and says whether it did not run.
    """

    role: Literal["assistant", "tool", "user"]
    content: str
    tool_calls: NotRequired[list[Json]]
    tool_call_id: NotRequired[str]
    name: NotRequired[str]
    images: NotRequired[list[str]]
    failure: NotRequired[Json]
    failed: NotRequired[bool]
    finish: NotRequired[Literal["filtered"]]
    """Why the answer ended, where the server's content filter cut it."""
    final: NotRequired[bool]


class LookedPlace(TypedDict):
    """A leading place (degrees) that a second look compares with the photo: a sheet of pictures taken there, a blob.

    ``photos`` are the ids of the gallery photos on it; runs of earlier versions do not tell them.
    """

    latitude: float
    longitude: float
    sheet: str
    pictures: int
    photos: NotRequired[list[str]]


class Branch(TypedDict):
    """One sample of one prompt variant. ``fill`` holds the words that fill in a contrast prompt."""

    id: str
    round: int
    variant: str
    sample: int
    temperature: float | None
    fill: dict[str, str]
    listed: NotRequired[dict[str, int]]
    """How many photos of each side (``nearest``, ``farthest``) the prompt lists, in place of its variant's numbers."""
    looked: NotRequired[list[LookedPlace]]
    """The places of a second look."""


class Ask(TypedDict):
    """The request for one turn of a branch: its own transcript, never another branch's."""

    branch: Branch
    photo: Photo
    references: str | None
    transcript: list[Turn]
    final: bool
    tools: bool
    halvings: int
    seconds_left: float | None
    together: NotRequired[list[int]]
    """Samples of this prompt that are asked for in one request, this one among them."""
    output_tokens: NotRequired[int]
    """The longest answer, where the budget leaves less than the recipe allows."""


class Spent(TypedDict):
    """Spending of a run. ``calls`` is debited before the calls are made, the rest when they return.

    ``largest_prompt`` is the largest number of input tokens of any one call. Where tokens or money are limited,
    ``measured`` are the counted and the estimated input tokens and the messages of the call that exceeded its estimate
    most, and ``largest_output`` the longest answer's.
    """

    calls: int
    input_tokens: int
    output_tokens: int
    estimated_calls: int
    usd: float
    unpriced_calls: int
    largest_prompt: int
    measured: NotRequired[list[int]]
    largest_output: NotRequired[int]


NOTHING_SPENT = Spent(
    calls=0, input_tokens=0, output_tokens=0, estimated_calls=0, usd=0.0, unpriced_calls=0, largest_prompt=0
)


LARGEST = ("largest_prompt", "largest_output")


def add_spent(old: Spent | None, new: Json) -> Spent:
    """Add an update to the running totals; ``largest_prompt`` keeps the maximum."""
    total: Json = {**NOTHING_SPENT, **(old or {})}
    for name, amount in new.items():
        if name == "measured":
            total[name] = max(total.get(name, amount), amount, key=lambda call: (call[0] - call[1], call))
        else:
            total[name] = max(total.get(name, 0), amount) if name in LARGEST else total[name] + amount
    return cast(Spent, total)


def append_turns(old: dict[str, list[Turn]] | None, new: dict[str, list[Turn]]) -> dict[str, list[Turn]]:
    """Append new turns to the end of their branch's transcript."""
    merged = dict(old or {})
    for branch, turns in new.items():
        merged[branch] = [*merged.get(branch, []), *turns]
    return merged


def merge(old: Json | None, new: Json) -> Json:
    """Merge two dictionaries; later values replace earlier ones of the same name."""
    return {**(old or {}), **new}


def add_once(old: list[AnswerWarning] | None, new: list[AnswerWarning]) -> list[AnswerWarning]:
    """Append new warnings, each only once, in order."""
    known = read_warnings([*(old or []), *new])
    return list({(warning["code"], warning["text"]): warning for warning in known}.values())


def add_sent(old: list[SentDocument] | None, new: list[SentDocument]) -> list[SentDocument]:
    """Append what was sent; equal requests of parallel branches are listed each."""
    return [*(old or []), *new]


class ClockReading(TypedDict):
    """A reading of the run's clock: seconds the run has taken, and the epoch second it was read at."""

    seconds: float
    read_at: float


class State(TypedDict, total=False):
    """The state of a run. Each key has one writer, or a reducer that merges its writers."""

    path: str
    """The file to locate, as the caller named it."""
    messages: Annotated[list[AnyMessage], add_messages]
    """The conversation that the photo came from, if any."""
    photo: Photo
    metadata: Json
    """Place and time from the file's metadata: kept from the model, compared with the answer afterwards."""
    references: str | None
    """Blob of the nearest and farthest gallery photos."""
    round: int
    branches: Annotated[dict[str, Branch], merge]
    transcripts: Annotated[dict[str, list[Turn]], append_turns]
    tools_refused: bool
    """Whether the model turned out not to support tools."""
    closed: Annotated[dict[str, str], merge]
    """Branches that must not continue, and why."""
    spent: Annotated[Spent, add_spent]
    seconds: float
    read_at: float
    outcomes: dict[str, OutcomeDocument]
    """The outcome of each branch, by branch id."""
    judgements: dict[str, list[JudgementDocument]]
    """What second looks said of the leading places, by branch id; absent where none did. They are no outcomes."""
    checks: list[TextCheckDocument]
    """What other evidence says of the places that text in the photo names; absent where none does."""
    verdict: VerdictDocument
    stop: Stop
    answer: Answer
    warnings: Annotated[list[AnswerWarning], add_once]
    sent: Annotated[list[SentDocument], add_sent]
    """What left the machine for open services, in order; absent where nothing did."""


def get_last_turn(transcript: list[Turn]) -> Turn | None:
    """Return the latest turn; None before the first answer."""
    return transcript[-1] if transcript else None


def awaits_tools(transcript: list[Turn]) -> bool:
    """Return whether the model called tools that have not run."""
    turn = get_last_turn(transcript)
    return bool(turn and turn["role"] == "assistant" and turn.get("tool_calls") and not turn.get("final"))


def awaits_model(transcript: list[Turn]) -> bool:
    """Return whether the model is called next: no turn yet, new tool results, or a failure worth another attempt."""
    turn = get_last_turn(transcript)
    return turn is None or turn["role"] != "assistant" or bool(turn.get("failure", {}).get("again"))


def count_tool_turns(transcript: list[Turn]) -> int:
    """Count the turns in which this branch's model called tools."""
    return sum(1 for turn in transcript if turn["role"] == "assistant" and turn.get("tool_calls"))
