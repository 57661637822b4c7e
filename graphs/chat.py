"""The graph of a conversation: one message in, one reply out, everything kept under the session's thread.

    START → listen ──Send × photos──→ locate ──→ report → END
               └─→ steer | ask ──────────────────────────┘

``locate`` is a whole recorded run of the geolocate graph: it has a folder and a name that ``listen`` wrote down first,
so that a killed process goes on with it. Steering weighs stored candidates and asks nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Annotated, Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Send
from typing_extensions import TypedDict

from sextant.agent.chat.chat_replies import located, put_together, steered
from sextant.agent.chat.follow_up import follow_up
from sextant.agent.chat.intents import intent_of, together
from sextant.agent.chat.record_answers import CAN, recall
from sextant.agent.chat.reweigh import constraints_after, weighed
from sextant.agent.guard.claims import Entry, ledger
from sextant.agent.privacy.precision import Policy
from sextant.agent.privacy.view import photo_shown
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Settings
from sextant.agent.state import Spent, add_spent, merge
from sextant.agent.world.cancellation import make_cancellable
from sextant.agent.world.deps import ignore_event
from sextant.agent.world.live import make_deps
from sextant.base.errors import SextantError
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.graphs.runs.folder import runs_folder
from sextant.graphs.runs.resume import resume
from sextant.graphs.runs.run import locate as locate_run
from sextant.graphs.sessions.photo_snapshot import evidence_of, failed
from sextant.graphs.sessions.tasks import Task, again, new_tasks, run_spending, with_effort

PHOTOS_AT_ONCE = 2  # runs of one message side by side; each has its own fan-out of model calls


@dataclass(frozen=True)
class Desk:
    """What stands behind a conversation: settings, the precision policy, a listener, a stop, a budget of calls."""

    settings: Settings = field(default_factory=Settings)
    policy: Policy = field(default_factory=Policy)
    on_event: Callable[[Json], None] = ignore_event
    stop: Event | None = None
    max_calls: int | None = None

    @property
    def blobs(self) -> BlobStore:
        """The store of the home."""
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


SPENT = Entry("The session's budget of model calls is spent; begin a new session.", "inferred")

# Who answers what asks for no run.
GOES: dict[str, Acts] = {
    "steer": "steer",
    "undo": "steer",
    "together": "report",
    "ask": "ask",
    "nothing": "report",
}


def listen(state: Chat, desk: Desk) -> Command[Acts]:
    """Take the message in, and send it to whoever answers it."""
    message = state["message"]
    if any(turn["id"] == message["id"] for turn in state.get("turns", [])):
        return Command(goto="__end__")
    photos = state.get("photos", {})
    said = user_turn(message, len(photos))
    intent = intent_of(message, sum(photo["status"] == "located" for photo in photos.values()))
    if intent in ("locate", "again"):
        left = calls_left(state, desk)
        if left == 0:
            return Command(
                update=Chat(turns=[said, reply(message, "budget", None, [SPENT], desk.policy)]), goto="__end__"
            )
        tasks = [again(target(state))] if intent == "again" else new_tasks(message, len(photos))
        for task in tasks:
            task["most_calls"] = None if left is None else max(1, left // len(tasks))
        noted = {**message, "keys": [task["key"] for task in tasks]}
        return Command(update=Chat(turns=[said], message=noted), goto=[Send("locate", task) for task in tasks])
    return Command(update=Chat(turns=[said]), goto=GOES[intent])


def locate(task: Task, desk: Desk) -> Chat:
    """Locate one photo by a recorded run, or go on with the run that was begun for it."""
    settings = with_effort(replace(desk.settings, run=task["run"]), task["effort"], task.get("most_calls"))

    def on_event(event: Json) -> None:
        desk.on_event({**event, "photo": task["key"], "run": task["run"]})

    folder = runs_folder(settings.home) / task["run"]
    try:
        if (folder / "run.json").exists():
            run = resume(task["run"], settings.home, settings.base_url, on_event, desk.stop)
        else:
            run = locate_run(str(desk.blobs.path(task["sha256"])), settings, on_event, desk.stop)
        evidence = evidence_of(task["key"], task["file"], run, folder, settings)
        evidence = weighed({**evidence, "effort": task["effort"]}, task["constraints"], desk.blobs)
    except SextantError as error:
        reason = plain_reason(str(error), settings)
        return Chat(photos={task["key"]: failed(task["key"], task["file"], task["sha256"], task["run"], reason)})
    return Chat(photos={task["key"]: evidence}, spent=run_spending(run.answer))  # type: ignore[typeddict-item]


def report(state: Chat, desk: Desk) -> Chat:
    """Say what was found: photo by photo, and together where the message says that they belong together."""
    message, photos = state["message"], state.get("photos", {})
    keys = message.get("keys", [])
    entries = [entry for key in keys for entry in located(photo_shown(photos[key], desk.policy), len(keys) > 1)]
    way = together(message["text"])
    if way:
        entries += put_together(way, list(photos.values()), desk.policy)
    if not entries:
        entries = [nothing_to_say(photos)]
    turn = reply(message, "answer", keys[-1] if keys else None, entries, desk.policy)
    return Chat(turns=[turn])


def steer_photo(state: Chat, desk: Desk) -> Chat:
    """Weigh the photo's stored candidates under what the person says now and said before."""
    message, photo = state["message"], target(state)
    old = photo_shown(photo, desk.policy)
    try:
        changed = weighed(photo, constraints_after(photo["constraints"], message), desk.blobs)
    except SextantError as error:
        return Chat(turns=[reply(message, "steer", photo["key"], [Entry(str(error), "inferred")], desk.policy)])
    entries = steered(old, photo_shown(changed, desk.policy))
    turn = reply(message, "steer", photo["key"], entries, desk.policy)
    return Chat(turns=[turn], photos={photo["key"]: changed})


def ask(state: Chat, desk: Desk) -> Chat:
    """Answer a question: by the model with the tools at hand, or from the record where there is none.

    Under a precision cap no model is asked: it sees the picture, and its words could say more than the cap allows.
    """
    message, photo = state["message"], target(state)
    shown = photo_shown(photo, desk.policy)
    if desk.settings.model == "offline" or desk.policy.withholds_words:
        return Chat(turns=[reply(message, "record", photo["key"], recall(message["text"], shown), desk.policy)])
    deps = make_cancellable(
        make_deps(desk.settings, lambda event: desk.on_event({**event, "photo": photo["key"]})), desk.stop
    )
    record = {**shown, "shown": photo["shown"]}
    said = follow_up(message["text"], record, state["turns"][:-1], deps, calls_left(state, desk))
    if said.failure:
        reason = plain_reason(said.failure, desk.settings)
        lead = Entry(f"The model did not answer ({reason}); this is from the record.", "inferred")
        entries = [lead, *recall(message["text"], shown)]
    else:
        clues = [claim for claim in shown["answer"]["claims"] if not claim.get("struck")]
        entries = ledger(said.text, said.trace, clues)
    return Chat(turns=[reply(message, "model", photo["key"], entries, desk.policy)], spent=said.spent)


def user_turn(message: Json, photos: int) -> Json:
    """Return what the person said, as a turn."""
    names = [f"photo {photos + number}" for number in range(1, len(message["photos"]) + 1)]
    words = "; ".join(constraint["words"] for constraint in message["steer"])
    return {"id": message["id"], "by": "you", "text": message["text"].strip() or words, "photos": names, "cap": None}


def reply(message: Json, kind: str, key: str | None, entries: list[Entry], policy: Policy) -> Json:
    """Return the session's answer as a turn, its ledger with it, marked with the cap it was written under."""
    return {
        "id": f"{message['id']}-reply",
        "by": "sextant",
        "kind": kind,
        "photo": key,
        "text": " ".join(entry.text for entry in entries),
        "entries": [entry.to_json() for entry in entries],
        "cap": policy.coarsest,
    }


def calls_left(state: Chat, desk: Desk) -> int | None:
    """Model calls the session may still make; None is no limit."""
    calls = state.get("spent", {}).get("calls", 0)
    return None if desk.max_calls is None else max(0, desk.max_calls - calls)


def target(state: Chat) -> Json:
    """Return the photo a message speaks of: the one it names, else the latest that was located."""
    photos = state.get("photos", {})
    named = photos.get(state["message"].get("photo") or "")
    if named and named["status"] == "located":
        return named
    return [photo for photo in photos.values() if photo["status"] == "located"][-1]


def nothing_to_say(photos: dict[str, Json]) -> Entry:
    """Return the reply to a message that asks nothing of anything."""
    if any(photo["status"] == "located" for photo in photos.values()):
        return Entry(f"Ask about the photo ({CAN}), or say what it cannot be: not Europe, only in Peru.", "inferred")
    return Entry("Send a photo first: then ask where it was taken.", "inferred")


def plain_reason(reason: str, settings: Settings) -> str:
    """Return the reason in one line, without the folders and addresses of this machine."""
    for ours, called in ((str(Home.at(settings.home).root), "the home"), (settings.base_url, "its server")):
        reason = reason.replace(ours, called) if ours else reason
    return " ".join(reason.split())


def build_chat() -> StateGraph[Chat, Desk, Chat, Chat]:
    """Return the graph, not yet compiled."""

    def at_desk(node: Callable[[Any, Desk], Any], reads: type = Chat) -> Callable[..., Any]:
        def run(state: Any, runtime: Runtime[Desk]) -> Any:
            return node(state, runtime.context)

        run.__annotations__ = {"state": reads, "runtime": Runtime[Desk], "return": node.__annotations__["return"]}
        return run

    graph = StateGraph(Chat, context_schema=Desk)
    graph.add_node("listen", at_desk(listen), destinations=("locate", "steer", "ask", "report", END))
    graph.add_node("locate", at_desk(locate, Task), input_schema=Task)
    graph.add_node("report", at_desk(report))
    graph.add_node("steer", at_desk(steer_photo))
    graph.add_node("ask", at_desk(ask))
    graph.add_edge(START, "listen")
    graph.add_edge("locate", "report")
    for last in ("report", "steer", "ask"):
        graph.add_edge(last, END)
    return graph
