"""Sessions: the list of conversations, who is at work on one, and the conversation itself.

The list is one table, in SQLite under the home or in PostgreSQL; the conversation is the checkpoints of its thread.
Whoever works on a session holds it for some seconds at a time, so that two tabs, or two servers, take turns, and a
process that was killed holds it no longer than that.
"""

import json
import os
import re
import secrets
import threading
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
from sextant.graphs.sessions.tables import Rows, get_sessions_file, note_database

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
HELD_S = 10.0  # how long a hold lasts unless it is renewed; renewed three times as often


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
        now = time.time()
        added = self._table.change(
            "INSERT INTO sessions (id, title, created, updated) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (session, title[:120], now, now),
        )
        if not added:
            raise WrongUse(f"there is a session {session!r} already; choose another name")
        return session

    def exists(self, session: str) -> bool:
        return bool(self._table.read("SELECT id FROM sessions WHERE id = ?", (session,)))

    def listed(self, most: int = 100) -> list[SessionInfo]:
        """Return the sessions, the latest first."""
        rows = self._table.read(
            "SELECT id, title, created, updated, held_until FROM sessions ORDER BY updated DESC, id LIMIT ?", (most,)
        )
        now = time.time()
        return [SessionInfo(row[0], row[1], row[2], row[3], row[4] > now) for row in rows]

    def updated(self, session: str) -> float:
        """When the session last changed, epoch seconds; 0 where there is none."""
        rows = self._table.read("SELECT updated FROM sessions WHERE id = ?", (session,))
        return float(rows[0][0]) if rows else 0.0

    def busy(self, session: str) -> bool:
        """Whether anybody is at work on it."""
        rows = self._table.read("SELECT held_until FROM sessions WHERE id = ?", (session,))
        return bool(rows) and float(rows[0][0]) > time.time()

    def title(self, session: str, title: str) -> None:
        """Name the session, unless it has a name."""
        self._table.change("UPDATE sessions SET title = ? WHERE id = ? AND title = ''", (title[:120], session))

    def delete(self, session: str) -> None:
        """Forget a session and its conversation; its runs stay.

        Raises:
            Busy: somebody is at work on it.
        """
        with self.held(session), self._saver() as saver:
            saver.delete_thread(make_thread_id(session))
            self._table.change("DELETE FROM waiting WHERE session = ?", (session,))
            self._table.change("DELETE FROM sessions WHERE id = ?", (session,))

    @contextmanager
    def held(self, session: str) -> Iterator[None]:
        """Be the one at work on the session.

        Raises:
            Busy: somebody else is.
            WrongUse: there is no such session.
        """
        if not self.exists(session):
            raise WrongUse(f"there is no session {session[:80]!r}; see the list of sessions, or start a new one")
        if not self._hold(session):
            raise SessionBusy(f"session {session!r} is at work on a message; wait for it, or stop it")
        done = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(session, done), daemon=True)
        renewing.start()
        try:
            yield
        finally:
            done.set()
            renewing.join()
            self._table.change("UPDATE sessions SET held_until = 0, updated = ? WHERE id = ?", (time.time(), session))

    def accept(self, session: str, message: Json) -> None:
        """Write a message down that is going to be answered: from now on a crash does not lose it."""
        self._table.change(
            "INSERT INTO waiting (session, message) VALUES (?, ?) "
            "ON CONFLICT (session) DO UPDATE SET message = excluded.message",
            (session, json.dumps(message)),
        )

    def say(self, session: str, message: Json, desk: ChatContext) -> Json:
        """Answer one message; the session's state after it.

        Raises:
            Busy, WrongUse: as ``held``.
        """
        with self.held(session):
            if message["text"] or message["photos"]:
                self.title(session, make_title(message, desk.policy))
            return self._invoke(session, {"message": message}, desk)

    def finish_interrupted(self, session: str, desk: ChatContext) -> Json:
        """Finish a message that was cut off by a crash; without one, nothing happens."""
        with self.held(session):
            if not self.interrupted(session):
                return self.state(session)
            waiting = self._waiting(session)
            return self._invoke(session, {"message": waiting} if waiting else None, desk)

    def state(self, session: str) -> Json:
        """Return the conversation as it was last kept; empty for a new session."""
        with self._saver() as saver:
            kept = saver.get_tuple(make_config(session))
        values: Json = dict(kept.checkpoint["channel_values"]) if kept else {}
        return values

    def interrupted(self, session: str) -> bool:
        """Whether a message was cut off: its work is unfinished, and nobody is at it."""
        if self._waiting(session):
            return True
        with self._saver() as saver:
            graph = build_chat().compile(checkpointer=saver)
            return bool(graph.get_state(make_config(session)).next)

    def add_spending(self, session: str, spent: Json) -> None:
        """Add spending that came from no message to the session's; whoever calls this holds the session."""
        with self._saver() as saver:
            graph = build_chat().compile(checkpointer=saver)
            graph.update_state(make_config(session), {"spent": spent}, as_node="report")

    def _waiting(self, session: str) -> Json | None:
        """Return the message that was accepted and that the conversation does not hold yet."""
        rows = self._table.read("SELECT message FROM waiting WHERE session = ?", (session,))
        if not rows:
            return None
        message: Json = json.loads(rows[0][0])
        state = self.state(session)
        began = state.get("message", {}).get("id") == message["id"]
        return None if began or message["id"] in {turn["id"] for turn in state.get("turns", [])} else message

    def _invoke(self, session: str, given: Any, desk: ChatContext) -> Json:
        with self._saver() as saver:
            graph = build_chat().compile(checkpointer=saver, name="chat")
            state = dict(graph.invoke(given, make_config(session), context=desk, durability="sync"))
        self._table.change("DELETE FROM waiting WHERE session = ?", (session,))
        return state

    @contextmanager
    def _saver(self) -> Iterator[Any]:
        with open_checkpoints(self._table.file) as saver:
            yield saver

    def _hold(self, session: str) -> bool:
        now = time.time()
        return bool(
            self._table.change(
                "UPDATE sessions SET holder = ?, held_until = ? WHERE id = ? AND held_until < ?",
                (self.me, now + HELD_S, session, now),
            )
        )

    def _renew(self, session: str, done: threading.Event) -> None:
        while not done.wait(HELD_S / 3):
            self._table.change(
                "UPDATE sessions SET held_until = ?, updated = ? WHERE id = ? AND holder = ?",
                (time.time() + HELD_S, time.time(), session, self.me),
            )


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
