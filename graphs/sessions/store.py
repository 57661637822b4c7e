"""Session store: the list of conversations, their locks and their messages, in SQLite or PostgreSQL.

The list is one table; a conversation is the checkpoints of its thread. A worker locks a session with a hold of some
seconds that it renews, so that two tabs or two servers take turns, and the hold of a killed process expires.
"""

import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from sextant.agent.privacy.precision import Policy, coarsen, redact_coordinates
from sextant.agent.privacy.view import view_photo
from sextant.agent.state import NOTHING_SPENT
from sextant.base.documents.session import SessionView, ShownTurn
from sextant.base.errors import SextantError, WrongUse
from sextant.base.json_types import Json
from sextant.graphs.chat import PHOTOS_AT_ONCE, ChatContext, build_chat
from sextant.graphs.runs.shared_graph import STEPS_FUSE
from sextant.graphs.sessions.checkpoints import share_checkpoints
from sextant.graphs.sessions.hold import Hold, is_held, read_clock
from sextant.graphs.sessions.summaries import summarise_photos
from sextant.graphs.sessions.tables import Rows, get_sessions_file, note_database

SUMMARISED_AT_ONCE = 20  # sessions of earlier versions that one list summarises
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class SessionBusy(SextantError):
    """The session is locked by another worker."""


@dataclass(frozen=True)
class SessionInfo:
    """One session in the list. Times are epoch seconds; ``busy`` while a worker holds it.

    ``summary`` is exact: show it through ``view_summary``.
    """

    id: str
    title: str
    created: float
    updated: float
    busy: bool
    summary: Json | None = None


@dataclass
class Sessions:
    """The sessions of a home or of a shared database. Thread-safe."""

    home: str | None = None
    me: str = field(default_factory=lambda: f"{os.getpid()}-{secrets.token_hex(4)}")

    def __post_init__(self) -> None:
        self._table = Rows(get_sessions_file(self.home))
        if self._table.address:
            note_database(self.home, self._table.address)

    def create(self, title: str = "", session: str | None = None) -> str:
        """Create a session and return its id.

        Raises:
            WrongUse: the id is taken or invalid.
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
            raise WrongUse(f"session {session!r} already exists; choose another name")
        return session

    def exists(self, session: str) -> bool:
        return bool(self._table.read("SELECT id FROM sessions WHERE id = ?", (session,)))

    def list_sessions(self, most: int = 100) -> list[SessionInfo]:
        """List the sessions, the most recently changed first."""
        rows = self._table.read(
            "SELECT id, title, created, updated, held_until FROM sessions ORDER BY updated DESC, id LIMIT ?", (most,)
        )
        at = read_clock(self._table)
        known = {row[0]: json.loads(row[1]) for row in self._table.read("SELECT session, summary FROM summaries")}
        missing = [row[0] for row in rows if row[0] not in known and row[3] > row[2]]
        for session in missing[:SUMMARISED_AT_ONCE]:  # kept by an earlier version
            known[session] = self._keep_summary(session, self._read_photos(session))
        return [SessionInfo(row[0], row[1], row[2], row[3], is_held(row[4], at), known.get(row[0])) for row in rows]

    def _read_photos(self, session: str) -> dict[str, Json]:
        """Read a session's photos; none where it cannot be read, which the list survives."""
        try:
            photos: dict[str, Json] = self.read_state(session).get("photos", {})
        except SextantError:
            return {}
        return photos

    def _keep_summary(self, session: str, photos: dict[str, Json]) -> Json:
        summary = summarise_photos(photos)
        self._table.execute(
            "INSERT INTO summaries (session, summary) VALUES (?, ?) "
            "ON CONFLICT (session) DO UPDATE SET summary = excluded.summary",
            (session, json.dumps(summary)),
        )
        return summary

    def list_update_times(self) -> dict[str, float]:
        """Read when each session last changed, in epoch seconds."""
        return {str(row[0]): float(row[1]) for row in self._table.read("SELECT id, updated FROM sessions")}

    def is_busy(self, session: str) -> bool:
        """Return whether a worker holds the session."""
        rows = self._table.read("SELECT held_until FROM sessions WHERE id = ?", (session,))
        return bool(rows) and is_held(float(rows[0][0]), read_clock(self._table))

    def set_title(self, session: str, title: str) -> None:
        """Set the title of a session that has none."""
        self._table.execute("UPDATE sessions SET title = ? WHERE id = ? AND title = ''", (title[:120], session))

    def delete(self, session: str) -> None:
        """Delete a session and its conversation; its runs are kept.

        Raises:
            SessionBusy: a worker holds it.
        """
        with self.hold_session(session), self._open_saver() as saver:
            saver.delete_thread(make_thread_id(session))
            self._table.execute("DELETE FROM waiting WHERE session = ?", (session,))
            self._table.execute("DELETE FROM summaries WHERE session = ?", (session,))
            self._table.execute("DELETE FROM sessions WHERE id = ?", (session,))

    def acquire_hold(self, session: str) -> Hold:
        """Lock the session until the returned hold is released.

        Raises:
            SessionBusy: another worker holds it.
            WrongUse: the session does not exist.
        """
        if not self.exists(session):
            raise WrongUse(f"session {session[:80]!r} does not exist; see the list of sessions, or start a new one")
        hold = Hold(self._table, session, f"{self.me}-{secrets.token_hex(4)}")
        if not hold.take():
            raise SessionBusy(f"session {session!r} is answering a message; wait for it, or stop it")
        return hold

    @contextmanager
    def hold_session(self, session: str) -> Iterator[None]:
        """Lock the session within the block. Raises as ``acquire_hold``."""
        with self.acquire_hold(session):
            yield

    def accept(self, session: str, message: Json) -> None:
        """Store a message durably before it is answered: from now on, neither a crash nor a power cut loses it.

        The caller must hold the session, so that no other message is accepted at the same time.

        Raises:
            SessionBusy: an earlier message was interrupted and has no answer yet.
        """
        if self._cut_off(session) not in (None, message["id"]):
            raise SessionBusy("an earlier message of this session was interrupted; resume it first")
        self._table.execute(
            "INSERT INTO waiting (session, message) VALUES (?, ?) "
            "ON CONFLICT (session) DO UPDATE SET message = excluded.message",
            (session, json.dumps(message)),
        )

    def send_message(self, session: str, message: Json, context: ChatContext) -> Json:
        """Lock the session, answer one message, and return the new state.

        Raises:
            SessionBusy, WrongUse: as ``acquire_hold``.
        """
        with self.hold_session(session):
            return self.answer(session, message, context)

    def answer(self, session: str, message: Json, context: ChatContext) -> Json:
        """Answer one message and return the new state; the caller must hold the session."""
        if message["text"] or message["photos"]:
            self.set_title(session, make_title(message, context.policy))
        return self._invoke(session, {"message": message}, context)

    def finish_interrupted(self, session: str, context: ChatContext) -> Json:
        """Lock the session and finish a message that a crash interrupted, if there is one."""
        with self.hold_session(session):
            return self.finish(session, context)

    def finish(self, session: str, context: ChatContext) -> Json:
        """Finish an interrupted message, if there is one; the caller must hold the session."""
        if not self.is_interrupted(session):
            return self.read_state(session)
        waiting = self._read_waiting(session)
        return self._invoke(session, {"message": waiting} if waiting else None, context)

    def read_state(self, session: str) -> Json:
        """Read the conversation as it was last stored; empty for a new session."""
        with self._open_saver() as saver:
            try:
                kept = saver.get_tuple(make_config(session))
            except (ValueError, TypeError, KeyError, IndexError) as error:
                raise SextantError(
                    f"session {session!r} cannot be read ({type(error).__name__}: {error}); begin a new session"
                ) from error
        values: Json = dict(kept.checkpoint["channel_values"]) if kept else {}
        return values

    def is_interrupted(self, session: str) -> bool:
        """Return whether a message was interrupted: it is unfinished, and no worker is answering it."""
        return self._cut_off(session) is not None

    def _cut_off(self, session: str) -> str | None:
        """Find the id of the interrupted message; None when there is none."""
        if waiting := self._read_waiting(session):
            return str(waiting["id"])
        with self._open_saver() as saver:
            state = build_chat().compile(checkpointer=saver).get_state(make_config(session))
        # Not `state.next`: it leaves out a step that has run, whose checkpoint a full disk did not take.
        return str(state.values.get("message", {}).get("id")) if state.tasks else None

    def add_spending(self, session: str, spent: Json) -> None:
        """Add spending that no message caused, such as a fork's; the caller must hold the session."""
        with self._open_saver() as saver:
            graph = build_chat().compile(checkpointer=saver)
            graph.update_state(make_config(session), {"spent": spent}, as_node="report")

    def _read_waiting(self, session: str) -> Json | None:
        """Read the accepted message that is not yet in the conversation; None when there is none."""
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
        self._keep_summary(session, state.get("photos", {}))
        return state

    @contextmanager
    def _open_saver(self) -> Iterator[Any]:
        with share_checkpoints(self._table.file) as saver:
            yield saver


def make_title(message: Json, policy: Policy) -> str:
    """Title a session by its first message: its photo, or its text. A file's name can give away the place."""
    if message["photos"] and not policy.withholds_words:
        return redact_coordinates(str(message["photos"][0]["file"]), policy)
    return redact_coordinates(message["text"], policy)


def make_thread_id(session: str) -> str:
    """Make the checkpoint thread id of a session; a run's thread is named after the run."""
    return f"chat-{session}"


def make_config(session: str) -> Any:
    return {
        "configurable": {"thread_id": make_thread_id(session)},
        "recursion_limit": STEPS_FUSE,
        "max_concurrency": PHOTOS_AT_ONCE,
    }


def view_session(
    session: str,
    state: Json,
    policy: Policy,
    *,
    busy: bool = False,
    interrupted: bool = False,
    latest: int | None = None,
) -> SessionView:
    """Build the redacted view of a session: the document that page, terminal and exports render.

    Args:
        latest: number of last turns to include; None means all. ``earlier_turns`` counts those before them.
    """
    turns = state.get("turns", [])
    earlier = 0 if latest is None else max(0, len(turns) - latest)
    return {
        "session": session,
        "busy": busy,
        "interrupted": interrupted,
        "precision": policy.to_json(),
        "turns": [view_turn(turn, policy) for turn in turns[earlier:]],
        "earlier_turns": earlier,
        "photos": [view_photo(photo, policy) for photo in state.get("photos", {}).values()],
        "spent": {**NOTHING_SPENT, **state.get("spent", {})},
    }


def view_turn(turn: Json, policy: Policy) -> ShownTurn:
    """Build the view of a turn; its text is withheld when it was written under a finer precision cap than the current
    one.
    """
    order = ("country", "region", "city", "street", None)
    if turn["by"] != "you" and order.index(turn["cap"]) > order.index(policy.coarsest):
        note = "This was said under a finer precision cap; ask again."
        return cast(ShownTurn, {**turn, "text": note, "entries": []})
    # A model's reply may contain coordinates in any notation, even where its words are allowed.
    return cast(ShownTurn, coarsen(turn, policy))
