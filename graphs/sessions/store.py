"""The session store: the list of conversations, their locks, and the conversation itself.

The list is one table, in SQLite under the home or in PostgreSQL; the conversation is the checkpoints of its thread.
Whoever works on a session holds it for some seconds at a time, so that two tabs, or two servers, take turns, and a
process that was killed holds it no longer than that.
"""

import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sextant.agent.privacy.precision import Policy, coarsen, redact_coordinates
from sextant.agent.privacy.view import view_photo
from sextant.agent.state import NOTHING_SPENT
from sextant.base.errors import SextantError, WrongUse
from sextant.base.json_types import Json
from sextant.graphs.chat import PHOTOS_AT_ONCE, ChatContext, build_chat
from sextant.graphs.runs.run import STEPS_FUSE
from sextant.graphs.sessions.checkpoints import open_checkpoints
from sextant.graphs.sessions.hold import Hold, is_held, read_clock
from sextant.graphs.sessions.tables import Rows, get_sessions_file, note_database

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class SessionBusy(SextantError):
    """Somebody else is at work on the session."""


@dataclass(frozen=True)
class SessionInfo:
    """One line of the list. Times are epoch seconds; ``busy`` while somebody is at work on it."""

    id: str
    title: str
    created: float
    updated: float
    busy: bool


@dataclass
class Sessions:
    """The sessions of a home, or of a shared database. Safe for threads."""

    home: str | None = None
    me: str = field(default_factory=lambda: f"{os.getpid()}-{secrets.token_hex(4)}")

    def __post_init__(self) -> None:
        self._table = Rows(get_sessions_file(self.home))
        if self._table.address:
            note_database(self.home, self._table.address)

    def create(self, title: str = "", session: str | None = None) -> str:
        """Return a new session; its id.

        Raises:
            WrongUse: the id is taken or cannot be one.
        """
        session = session or secrets.token_urlsafe(9).replace("-", "a").replace("_", "b")
        if not NAME.fullmatch(session):
            raise WrongUse(f"{session[:80]!r} cannot name a session; use letters, digits, '_' and '-'")
        at = time.time()
        added = self._table.execute(
            "INSERT INTO sessions (id, title, created, updated) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (session, title[:120], at, at),
        )
        if not added:
            raise WrongUse(f"there is a session {session!r} already; choose another name")
        return session

    def exists(self, session: str) -> bool:
        return bool(self._table.read("SELECT id FROM sessions WHERE id = ?", (session,)))

    def list_sessions(self, most: int = 100) -> list[SessionInfo]:
        """Return the sessions, the latest first."""
        rows = self._table.read(
            "SELECT id, title, created, updated, held_until FROM sessions ORDER BY updated DESC, id LIMIT ?", (most,)
        )
        at = read_clock(self._table)
        return [SessionInfo(row[0], row[1], row[2], row[3], is_held(row[4], at)) for row in rows]

    def read_update_time(self, session: str) -> float:
        """When the session last changed, epoch seconds; 0 where there is none."""
        rows = self._table.read("SELECT updated FROM sessions WHERE id = ?", (session,))
        return float(rows[0][0]) if rows else 0.0

    def list_update_times(self) -> dict[str, float]:
        """When each session last changed, epoch seconds."""
        return {str(row[0]): float(row[1]) for row in self._table.read("SELECT id, updated FROM sessions")}

    def is_busy(self, session: str) -> bool:
        """Whether anybody is at work on it."""
        rows = self._table.read("SELECT held_until FROM sessions WHERE id = ?", (session,))
        return bool(rows) and is_held(float(rows[0][0]), read_clock(self._table))

    def set_title(self, session: str, title: str) -> None:
        """Name the session, unless it has a name."""
        self._table.execute("UPDATE sessions SET title = ? WHERE id = ? AND title = ''", (title[:120], session))

    def delete(self, session: str) -> None:
        """Forget a session and its conversation; its runs stay.

        Raises:
            SessionBusy: somebody is at work on it.
        """
        with self.hold_session(session), self._open_saver() as saver:
            saver.delete_thread(make_thread_id(session))
            self._table.execute("DELETE FROM waiting WHERE session = ?", (session,))
            self._table.execute("DELETE FROM sessions WHERE id = ?", (session,))

    def acquire_hold(self, session: str) -> Hold:
        """Be the one at work on the session, until the hold is released.

        Raises:
            SessionBusy: somebody else is.
            WrongUse: there is no such session.
        """
        if not self.exists(session):
            raise WrongUse(f"there is no session {session[:80]!r}; see the list of sessions, or start a new one")
        hold = Hold(self._table, session, f"{self.me}-{secrets.token_hex(4)}")
        if not hold.take():
            raise SessionBusy(f"session {session!r} is at work on a message; wait for it, or stop it")
        return hold

    @contextmanager
    def hold_session(self, session: str) -> Iterator[None]:
        """Be the one at work on the session within the block. Raises as ``acquire_hold``."""
        with self.acquire_hold(session):
            yield

    def accept(self, session: str, message: Json) -> None:
        """Write a message down that is going to be answered: from now on neither a crash nor a power cut loses it.

        Whoever calls this holds the session, so that no other message is accepted in its place.

        Raises:
            SessionBusy: an earlier message was cut off and has no answer yet.
        """
        if self._cut_off(session) not in (None, message["id"]):
            raise SessionBusy("an earlier message of this session was cut off; go on with it first")
        self._table.execute(
            "INSERT INTO waiting (session, message) VALUES (?, ?) "
            "ON CONFLICT (session) DO UPDATE SET message = excluded.message",
            (session, json.dumps(message)),
        )

    def send_message(self, session: str, message: Json, context: ChatContext) -> Json:
        """Answer one message; the session's state after it.

        Raises:
            SessionBusy, WrongUse: as ``acquire_hold``.
        """
        with self.hold_session(session):
            return self.answer(session, message, context)

    def answer(self, session: str, message: Json, context: ChatContext) -> Json:
        """Answer one message, as ``send_message``, for whoever holds the session."""
        if message["text"] or message["photos"]:
            self.set_title(session, make_title(message, context.policy))
        return self._invoke(session, {"message": message}, context)

    def finish_interrupted(self, session: str, context: ChatContext) -> Json:
        """Finish a message that was cut off by a crash; without one, nothing happens."""
        with self.hold_session(session):
            return self.finish(session, context)

    def finish(self, session: str, context: ChatContext) -> Json:
        """Finish a message that was cut off, as ``finish_interrupted``, for whoever holds the session."""
        if not self.is_interrupted(session):
            return self.read_state(session)
        waiting = self._read_waiting(session)
        return self._invoke(session, {"message": waiting} if waiting else None, context)

    def read_state(self, session: str) -> Json:
        """Return the conversation as it was last kept; empty for a new session."""
        with self._open_saver() as saver:
            kept = saver.get_tuple(make_config(session))
        values: Json = dict(kept.checkpoint["channel_values"]) if kept else {}
        return values

    def is_interrupted(self, session: str) -> bool:
        """Whether a message was cut off: its work is unfinished, and nobody is at it."""
        return self._cut_off(session) is not None

    def _cut_off(self, session: str) -> str | None:
        """Return the id of the message that was cut off."""
        if waiting := self._read_waiting(session):
            return str(waiting["id"])
        with self._open_saver() as saver:
            state = build_chat().compile(checkpointer=saver).get_state(make_config(session))
        return str(state.values.get("message", {}).get("id")) if state.next else None

    def add_spending(self, session: str, spent: Json) -> None:
        """Add spending that came from no message to the session's; whoever calls this holds the session."""
        with self._open_saver() as saver:
            graph = build_chat().compile(checkpointer=saver)
            graph.update_state(make_config(session), {"spent": spent}, as_node="report")

    def _read_waiting(self, session: str) -> Json | None:
        """Return the message that was accepted and that the conversation does not hold yet."""
        rows = self._table.read("SELECT message FROM waiting WHERE session = ?", (session,))
        if not rows:
            return None
        message: Json = json.loads(rows[0][0])
        state = self.read_state(session)
        began = state.get("message", {}).get("id") == message["id"]
        return None if began or message["id"] in {turn["id"] for turn in state.get("turns", [])} else message

    def _invoke(self, session: str, given: Any, context: ChatContext) -> Json:
        with self._open_saver() as saver:
            graph = build_chat().compile(checkpointer=saver, name="chat")
            state = dict(graph.invoke(given, make_config(session), context=context, durability="sync"))
        self._table.execute("DELETE FROM waiting WHERE session = ?", (session,))
        return state

    @contextmanager
    def _open_saver(self) -> Iterator[Any]:
        with open_checkpoints(self._table.file) as saver:
            yield saver


def make_title(message: Json, policy: Policy) -> str:
    """Title a session by its first message: its photo, or its text. A file's name can give away the place."""
    if message["photos"] and not policy.withholds_words:
        return redact_coordinates(str(message["photos"][0]["file"]), policy)
    return redact_coordinates(message["text"], policy)


def make_thread_id(session: str) -> str:
    """Return the checkpoint thread of a session; runs have threads of their own names."""
    return f"chat-{session}"


def make_config(session: str) -> Any:
    return {
        "configurable": {"thread_id": make_thread_id(session)},
        "recursion_limit": STEPS_FUSE,
        "max_concurrency": PHOTOS_AT_ONCE,
    }


def view_session(session: str, state: Json, policy: Policy, *, busy: bool = False, interrupted: bool = False) -> Json:
    """Return a session as a person may see it: the one document that page, terminal and exports are made from."""
    return {
        "session": session,
        "busy": busy,
        "interrupted": interrupted,
        "precision": policy.to_json(),
        "turns": [view_turn(turn, policy) for turn in state.get("turns", [])],
        "photos": [view_photo(photo, policy) for photo in state.get("photos", {}).values()],
        "spent": {**NOTHING_SPENT, **state.get("spent", {})},
    }


def view_turn(turn: Json, policy: Policy) -> Json:
    """Return a turn; one that was written under a finer cap than now holds is not repeated."""
    order = ("country", "region", "city", "street", None)
    if turn["by"] != "you" and order.index(turn["cap"]) > order.index(policy.coarsest):
        note = "This was said under a finer precision cap; ask again."
        return {**turn, "text": note, "entries": []}
    # A model's reply may hold coordinates in any spelling, also where its words are let through.
    coarse: Json = coarsen(turn, policy)
    return coarse
