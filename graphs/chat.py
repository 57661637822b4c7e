"""The chat graph (LangGraph): answer one message of a session and checkpoint the conversation under its thread.

    START → listen ──Send × photos──→ locate ──→ report → END
               └─→ steer | ask ──────────────────────────┘

``locate`` is a whole recorded run of the geolocate graph. ``listen`` stores its name first, so that a process that was
killed can resume it. Steering reranks stored candidates without calling a model.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Annotated, Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Send
from typing_extensions import TypedDict

from sextant.agent.chat.chat_replies import reply_located, reply_steered, reply_together
from sextant.agent.chat.follow_up import follow_up
from sextant.agent.chat.intents import classify_intent, find_joint_kind
from sextant.agent.chat.record_answers import CAN, answer_from_record
from sextant.agent.chat.reweigh import reweigh_photo, update_constraints
from sextant.agent.chat.spoken_reply import make_reply_ledger
from sextant.agent.guard.claims import LedgerEntry
from sextant.agent.privacy.precision import Policy
from sextant.agent.privacy.view import view_photo
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Settings
from sextant.agent.state import Spent, add_spent, merge
from sextant.agent.traces import QUESTION, trace_run
from sextant.agent.world.cancellation import make_cancellable
from sextant.agent.world.deps import ignore_event
from sextant.agent.world.live import make_deps
from sextant.base.documents.progress import OnEvent, ProgressEvent
from sextant.base.errors import SextantError, WrongUse
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.graphs.runs.folder import RunFolder, get_runs_folder
from sextant.graphs.runs.resume import resume
from sextant.graphs.runs.run import locate as locate_run
from sextant.graphs.sessions.follow_up_record import record_follow_up
from sextant.graphs.sessions.photo_snapshot import make_failed_snapshot, take_snapshot
from sextant.graphs.sessions.tasks import (
    PhotoTask,
    apply_effort,
    count_run_spending,
    make_tasks,
    repeat_task,
    sum_recorded_spending,
)

PHOTOS_AT_ONCE = 2  # runs of one message side by side; each has its own fan-out of model calls


@dataclass(frozen=True)
class ChatContext:
    """Context of a conversation: settings, precision policy, event callback, stop event and budget of model calls."""

    settings: Settings = field(default_factory=Settings)
    policy: Policy = field(default_factory=Policy)
    on_event: OnEvent = ignore_event
    stop: Event | None = None
    max_calls: int | None = None

    @property
    def blobs(self) -> BlobStore:
        """Return the blob store of the home."""
        return BlobStore(Home.at(self.settings.home).blobs)


def add_turns(old: list[Json] | None, new: list[Json]) -> list[Json]:
    """Append new turns; skip one that is there already (the same message sent twice)."""
    known = {turn["id"] for turn in old or []}
    return [*(old or []), *(turn for turn in new if turn["id"] not in known)]


class Chat(TypedDict, total=False):
    """A session: JSON-plain, every text in it as exact as the policy of its time allowed."""

    message: Json
    """``{"id", "text", "photos": [{"sha256", "file"}], "steer": [constraint…], "photo": key | None}``."""
    turns: Annotated[list[Json], add_turns]
    photos: Annotated[dict[str, Json], merge]
    spent: Annotated[Spent, add_spent]


Acts = Literal["locate", "steer", "ask", "report", "__end__"]


SPENT = LedgerEntry("The session's model calls are used up; start a new session.", "inferred")

# The node that answers each intent that needs no new run.
GOES: dict[str, Acts] = {
    "steer": "steer",
    "undo": "steer",
    "together": "report",
    "ask": "ask",
    "nothing": "report",
}


def listen(state: Chat, context: ChatContext) -> Command[Acts]:
    """Classify the message and route it to the node that answers it."""
    message = state["message"]
    if any(turn["id"] == message["id"] for turn in state.get("turns", [])):
        return Command(goto="__end__")
    photos = state.get("photos", {})
    said = make_user_turn(message, len(photos))
    intent = classify_intent(message, sum(photo["status"] == "located" for photo in photos.values()))
    if intent in ("locate", "again"):
        left = count_calls_left(state, context)
        if left == 0:
            return Command(
                update=Chat(turns=[said, make_reply(message, "budget", None, [SPENT], context.policy)]), goto="__end__"
            )
        tasks = [repeat_task(find_target(state))] if intent == "again" else make_tasks(message, len(photos))
        noted = {**message, "keys": [task["key"] for task in tasks]}
        paid = len(tasks) if left is None else min(left, len(tasks))  # each photo needs at least one call
        for number, task in enumerate(tasks):
            task["most_calls"] = None if left is None else left // paid if number < paid else 0
        return Command(update=Chat(turns=[said], message=noted), goto=[Send("locate", task) for task in tasks])
    return Command(update=Chat(turns=[said]), goto=GOES[intent])


def locate(task: PhotoTask, context: ChatContext) -> Chat:
    """Locate one photo in a recorded run, or resume the run that was already started for it."""
    if task.get("most_calls") == 0:
        return Chat(photos={task["key"]: record_failed_task(task, SPENT.text)})
    settings = apply_effort(replace(context.settings, run=task["run"]), task["effort"], task.get("most_calls"))

    def on_event(event: ProgressEvent) -> None:
        context.on_event({**event, "photo": task["key"], "run": task["run"]})

    folder = get_runs_folder(settings.home) / task["run"]
    try:
        if (folder / "run.json").exists():
            check_same_model(folder, settings)
            run = resume(task["run"], settings.home, settings.base_url, on_event, context.stop)
        else:
            run = locate_run(
                str(context.blobs.path(task["sha256"])), settings, on_event, context.stop, named=task["file"]
            )
        evidence = take_snapshot(task["key"], task["file"], run, folder, settings)
        evidence = reweigh_photo({**evidence, "effort": task["effort"]}, task["constraints"], context.blobs)
    except SextantError as error:
        reason = redact_reason(str(error), settings)
        # The calls of a failed run were paid for and still count.
        return Chat(photos={task["key"]: record_failed_task(task, reason)}, spent=sum_recorded_spending(folder))  # type: ignore[typeddict-item]
    return Chat(photos={task["key"]: evidence}, spent=count_run_spending(run.answer))  # type: ignore[typeddict-item]


def check_same_model(folder: Path, settings: Settings) -> None:
    """Check that a run to be resumed uses the model that is configured now.

    Raises:
        WrongUse: it uses another model; resuming would send the photo and a key to a service the user did not name now.
    """
    asked = RunFolder(folder).record()["settings"].get("model")
    if asked != settings.model:
        raise WrongUse(
            f"this run was started with {asked}, but the model is now {settings.model}; send the photo again"
        )


def record_failed_task(task: PhotoTask, reason: str) -> Json:
    """Record a photo that could not be located, with the reason."""
    return make_failed_snapshot(task["key"], task["file"], task["sha256"], task["run"], reason)


def report(state: Chat, context: ChatContext) -> Chat:
    """Report the result of each photo, and the joint result where the message says that the photos belong together."""
    message, photos = state["message"], state.get("photos", {})
    keys = message.get("keys", [])
    entries = [entry for key in keys for entry in reply_located(view_photo(photos[key], context.policy), len(keys) > 1)]
    way = find_joint_kind(message["text"])
    if way:
        entries += reply_together(way, list(photos.values()), context.policy)
    if not entries:
        entries = [explain_usage(photos)]
    turn = make_reply(message, "answer", keys[-1] if keys else None, entries, context.policy)
    return Chat(turns=[turn])


def steer_photo(state: Chat, context: ChatContext) -> Chat:
    """Rerank the photo's stored candidates under the constraints of this and earlier messages."""
    message, photo = state["message"], find_target(state)
    old = view_photo(photo, context.policy)
    try:
        changed = reweigh_photo(photo, update_constraints(photo["constraints"], message), context.blobs)
    except SextantError as error:
        return Chat(
            turns=[make_reply(message, "steer", photo["key"], [LedgerEntry(str(error), "inferred")], context.policy)]
        )
    entries = reply_steered(old, view_photo(changed, context.policy))
    turn = make_reply(message, "steer", photo["key"], entries, context.policy)
    return Chat(turns=[turn], photos={photo["key"]: changed})


def ask(state: Chat, context: ChatContext) -> Chat:
    """Answer a question with the model and its tools, or from the record when no model may be called.

    Under a precision cap no model is called: it sees the picture, and its text could reveal more than the cap allows.
    """
    message, photo = state["message"], find_target(state)
    shown = view_photo(photo, context.policy)
    if context.settings.model == "offline" or context.policy.withholds_words:
        return Chat(
            turns=[
                make_reply(message, "record", photo["key"], answer_from_record(message["text"], shown), context.policy)
            ]
        )
    deps = make_cancellable(
        make_deps(context.settings, lambda event: context.on_event({**event, "photo": photo["key"]})), context.stop
    )
    record = {**shown, "shown": photo["shown"]}
    run = RunFolder(get_runs_folder(context.settings.home) / photo["run"])
    asked = replace(deps.settings, run=run.name)
    with (
        trace_run(asked, operation=QUESTION) as traced,
        record_follow_up(run, message["id"], replace(deps, ask=traced(deps.ask))) as recorded,
    ):
        said = follow_up(message["text"], record, state["turns"][:-1], recorded, count_calls_left(state, context))
    if said.failure:
        reason = redact_reason(said.failure, context.settings)
        lead = LedgerEntry(f"The model did not answer ({reason}); this is from the record.", "inferred")
        entries = [lead, *answer_from_record(message["text"], shown)]
    else:
        clues = [claim for claim in shown["answer"]["claims"] if not claim.get("struck")]
        entries = make_reply_ledger(said.text, said.trace, clues)
    return Chat(turns=[make_reply(message, "model", photo["key"], entries, context.policy)], spent=said.spent)


def make_user_turn(message: Json, photos: int) -> Json:
    """Make a turn of the user's message."""
    names = [f"photo {photos + number}" for number in range(1, len(message["photos"]) + 1)]
    words = "; ".join(constraint["words"] for constraint in message["steer"])
    return {"id": message["id"], "by": "you", "text": message["text"].strip() or words, "photos": names, "cap": None}


def make_reply(message: Json, kind: str, key: str | None, entries: list[LedgerEntry], policy: Policy) -> Json:
    """Make a turn of the reply: its ledger entries, and the precision cap it was written under."""
    return {
        "id": f"{message['id']}-reply",
        "by": "sextant",
        "kind": kind,
        "photo": key,
        "text": " ".join(entry.text for entry in entries),
        "entries": [entry.to_json() for entry in entries],
        "cap": policy.coarsest,
    }


def count_calls_left(state: Chat, context: ChatContext) -> int | None:
    """Count the model calls the session may still make; None means no limit."""
    calls = state.get("spent", {}).get("calls", 0)
    return None if context.max_calls is None else max(0, context.max_calls - calls)


def find_target(state: Chat) -> Json:
    """Find the photo a message is about: the one it names, else the one located last."""
    photos = state.get("photos", {})
    named = photos.get(state["message"].get("photo") or "")
    if named and named["status"] == "located":
        return named
    return [photo for photo in photos.values() if photo["status"] == "located"][-1]


def explain_usage(photos: dict[str, Json]) -> LedgerEntry:
    """Explain what can be asked, in reply to a message that matches no intent."""
    if any(photo["status"] == "located" for photo in photos.values()):
        return LedgerEntry(
            f"Ask about the photo ({CAN}), or say what it cannot be: not Europe, only in Peru.", "inferred"
        )
    return LedgerEntry("Send a photo first: then ask where it was taken.", "inferred")


def redact_reason(reason: str, settings: Settings) -> str:
    """Redact folders and server addresses of this machine from an error, and shorten it to one line."""
    for ours, called in ((str(Home.at(settings.home).root), "the home"), (settings.base_url, "its server")):
        reason = reason.replace(ours, called) if ours else reason
    return " ".join(reason.split())


def build_chat() -> StateGraph[Chat, ChatContext, Chat, Chat]:
    """Build the chat graph, uncompiled."""

    def bind_context(node: Callable[[Any, ChatContext], Any], reads: type = Chat) -> Callable[..., Any]:
        def run(state: Any, runtime: Runtime[ChatContext]) -> Any:
            return node(state, runtime.context)

        run.__annotations__ = {
            "state": reads,
            "runtime": Runtime[ChatContext],
            "return": node.__annotations__["return"],
        }
        return run

    graph = StateGraph(Chat, context_schema=ChatContext)
    graph.add_node("listen", bind_context(listen), destinations=("locate", "steer", "ask", "report", END))
    graph.add_node("locate", bind_context(locate, PhotoTask), input_schema=PhotoTask)
    graph.add_node("report", bind_context(report))
    graph.add_node("steer", bind_context(steer_photo))
    graph.add_node("ask", bind_context(ask))
    graph.add_edge(START, "listen")
    graph.add_edge("locate", "report")
    for last in ("report", "steer", "ask"):
        graph.add_edge(last, END)
    return graph
