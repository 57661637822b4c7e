"""The session service, independent of HTTP: sessions, worker threads, events, stops."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace

from anyio import to_thread
from starlette.datastructures import UploadFile

from sextant.agent.privacy.precision import Policy
from sextant.agent.privacy.view import view_event
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.world.deps import Deps
from sextant.agent.world.live import LiveBackend, make_deps
from sextant.agent.world.photo_opening import use_opener
from sextant.app.render.terminal import echo, shorten_line
from sextant.app.web.basemap import pack_outlines
from sextant.app.web.events import EventLog
from sextant.app.web.limits import Limits, RateLimit, RequestRefused, Reserve, Streams
from sextant.app.web.reports import Reports
from sextant.app.web.tiles import Basemap
from sextant.app.web.uploads import Decoder, make_photo, read_content
from sextant.atlas.map_index.store import list_map_files, maps_folder
from sextant.base.documents.session import SessionView
from sextant.base.errors import SextantError, WrongUse
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.graphs.chat import ChatContext
from sextant.graphs.runs.pruning import sweep
from sextant.graphs.sessions.hold import Hold
from sextant.graphs.sessions.store import Sessions, view_session
from sextant.graphs.sessions.uploads import UploadJournal

LOOK_S = 0.9  # how old the knowledge may be of what other servers changed
TURNS_SHOWN = 100  # of a conversation at once; earlier ones are asked for
AT_WORK = "this session is processing a message; wait for it, or stop it"


@dataclass
class SessionService:
    """Everything the routes work with. Safe for threads."""

    sessions: Sessions
    context: ChatContext
    reports: Reports
    limits: Limits = field(default_factory=Limits)
    tiles: str | None = None
    basemap: Basemap | None = None

    def __post_init__(self) -> None:
        self.blobs = BlobStore(Home.at(self.context.settings.home).blobs)
        self.decoder = Decoder(self.limits)
        self._open = ExitStack()
        self._open.callback(self.decoder.close)
        self._open.enter_context(use_opener(self.decoder.open))
        self._pool = ThreadPoolExecutor(self.limits.working_at_once, thread_name_prefix="session")
        self._lock = threading.Lock()
        self._logs: dict[str, EventLog] = {}
        self._stops: dict[str, threading.Event] = {}
        self._rates: dict[str, RateLimit] = {}
        self._new = RateLimit(self.limits.sessions_a_minute)
        self.uploading = Reserve(self.limits.uploading_bytes)
        self.streams = Streams(self.limits.streams_a_client, self.limits.streams)
        self._changes: dict[str, float] = {}
        self._looked = -LOOK_S
        self._looking = asyncio.Lock()
        self.failure: SextantError | None = None
        self._journal = UploadJournal(self.context.settings.home)
        self._open.callback(self._journal.close)

    def new_session(self) -> str:
        """Start a session and return its id.

        Raises:
            Refused: too many in a minute.
        """
        with self._lock:
            self._new.take("new sessions")
        return self.sessions.create()

    def log(self, session: str) -> EventLog:
        """Return the session's events in this process."""
        with self._lock:
            return self._logs.setdefault(session, EventLog())

    def working(self, session: str) -> bool:
        """Return whether this process is at work on it."""
        return session in self._stops

    async def updated(self, session: str) -> float:
        """Return when the session last changed, known to a second; one query serves all who wait on any session."""
        async with self._looking:
            if time.monotonic() - self._looked >= LOOK_S:
                self._changes = await to_thread.run_sync(self.sessions.list_update_times)
                self._looked = time.monotonic()
        return self._changes.get(session, 0.0)

    def require_session(self, session: str) -> str:
        """Return the session's id if it exists.

        Raises:
            RequestRefused: no such session.
        """
        if not self.sessions.exists(session):
            raise RequestRefused(404, f"no session {session[:80]!r}")
        return session

    def view(self, session: str, latest: int | None = TURNS_SHOWN) -> SessionView:
        """Return the session as it is shown, with its latest turns; None means all of them."""
        busy = self.working(session) or self.sessions.is_busy(session)
        cut = not busy and self.sessions.is_interrupted(session)
        return view_session(
            session, self.sessions.read_state(session), self.context.policy, busy=busy, interrupted=cut, latest=latest
        )

    def evidence(self, session: str, key: str) -> Json:
        """Return the exact stored snapshot of one photo; it must never be sent unredacted.

        Raises:
            RequestRefused: no such photo.
        """
        photo: Json | None = self.sessions.read_state(self.require_session(session)).get("photos", {}).get(key)
        if photo is None:
            raise RequestRefused(404, f"session {session!r} has no photo {key[:20]!r}")
        return photo

    def check_ready(self, session: str) -> None:
        """Check, before a message is read, that it would be taken, as far as one can tell now.

        Raises:
            Refused: there is no such session, it is at work, it gets messages too fast, or the server is full.
        """
        self.require_session(session)
        with self._lock:
            self._rates.setdefault(session, RateLimit(self.limits.messages_a_minute)).check("messages")
            if session in self._stops:
                raise RequestRefused(409, AT_WORK)
            self._check_room()
        if self.sessions.is_busy(session):
            raise RequestRefused(409, "another server is processing this session; wait for it")

    def say(self, session: str, message: Json | None, photos: Sequence[UploadFile] = ()) -> None:
        """Start answering a message in a thread of its own; None resumes an interrupted one.

        Args:
            photos: its photos; they are stored when the message is accepted, and not otherwise.

        Raises:
            Refused: the session is at work already, or gets messages too fast, or the server is full.
            Busy: the session is at work on another server, or an earlier message waits to go on.
        """
        with self._lock:
            self._rates.setdefault(session, RateLimit(self.limits.messages_a_minute)).take("messages")
        stop = self._begin(session, AT_WORK)
        try:
            hold = self.sessions.acquire_hold(session)
            try:
                if message:
                    message = self._accept(session, message, photos)
                self.log(session).add("working", {"text": message["text"] if message else ""})
                self._pool.submit(self._work, session, message, stop, hold)
            except BaseException:
                hold.release()
                raise
        except BaseException:
            self._end(session)
            raise

    def _accept(self, session: str, message: Json, photos: Sequence[UploadFile]) -> Json:
        """Store a message and its photos, and return it with their hashes; the session is held."""
        hashes = [hashlib.sha256(read_content(photo)).hexdigest() for photo in photos]
        with self._journal.protect(hashes) if photos else nullcontext():
            stored = [make_photo(photo, self.blobs.put(read_content(photo), fsync=True)) for photo in photos]
            message = {**message, "photos": stored}
            self.sessions.accept(session, message)
        return message

    def stop(self, work: str) -> bool:
        """Stop the work on a session, or a fork by its name; False when this process is at none."""
        with self._lock:
            stop = self._stops.get(work)
        if stop:
            stop.set()
        return stop is not None

    @contextmanager
    def forking(self, session: str, key: str) -> Iterator[threading.Event]:
        """Give the event that stops a fork of a photo's run, while the fork runs.

        Raises:
            Refused: a fork of the photo is under way already, or the server is full.
        """
        stop = self._begin(fork_name(session, key), "a fork of this photo is running; wait for it, or stop it")
        try:
            yield stop
        finally:
            self._end(fork_name(session, key))

    def warm(self) -> None:
        """Load in the background what the first visitor would wait for: gallery, map, place names, decoder.

        A gallery that cannot be opened ends the server: ``failure`` says why.
        """

        def load() -> None:
            gallery = self.context.settings.gallery
            try:
                if gallery:
                    self.live().retrieval.gallery()
            except SextantError as error:
                self.failure = error
                return
            from sextant.atlas.names import find_place
            from sextant.geo.places import describe

            with suppress(SextantError):
                pack_outlines()
                if gallery:
                    self.live().retrieval.gallery().encoder()
                describe(0.0, 0.0)
                find_place("Lisbon")

        def tidy() -> None:
            with suppress(SextantError):  # what cannot be deleted now is deleted by `sextant runs prune`
                sweep(self.context.settings.home)

        threading.Thread(target=tidy, daemon=True).start()
        threading.Thread(target=load, daemon=True).start()
        threading.Thread(target=self.decoder.warm, daemon=True).start()

    def close(self) -> None:
        """Stop everything and let go of the decoder."""
        with self._lock:
            stops = list(self._stops.values())
        for stop in stops:
            stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._open.close()

    def has_streets(self) -> bool:
        """Return whether the home holds a map, whose streets the page can draw; under a precision cap it does not."""
        home = self.context.settings.home
        return not self.context.policy.coarsest and bool(list_map_files(maps_folder(home)))

    def list_streets(self, latitude: float, longitude: float, metres: float) -> Json:
        """Return the streets round a position; empty without a map.

        Raises:
            SextantError: a map cannot be opened.
        """
        if not self.has_streets():
            return {"type": "FeatureCollection", "features": []}
        from sextant.app.render.map_drawing import list_map_shapes
        from sextant.atlas.map_index.search import MapIndex

        index = MapIndex(maps_folder(self.context.settings.home))
        try:
            return list_map_shapes(index, latitude, longitude, metres)
        finally:
            index.close()

    def deps(self) -> Deps:
        """Return the dependencies of this server's settings; the gallery is opened once."""
        return make_deps(self.context.settings)

    def live(self) -> LiveBackend:
        """Return the live backend behind the dependencies.

        Raises:
            WrongUse: it is not the real world.
        """
        outside = self.deps().ask
        if not isinstance(outside, LiveBackend):
            raise WrongUse("this server replays a recording and has no gallery")
        return outside

    def _begin(self, work: str, busy: str) -> threading.Event:
        """Note work that begins; what is returned stops it.

        Raises:
            Refused: this very work is under way, or the server is full.
        """
        stop = threading.Event()
        with self._lock:
            if work in self._stops:
                raise RequestRefused(409, busy)
            self._check_room()
            self._stops[work] = stop
        return stop

    def _check_room(self) -> None:
        if len(self._stops) >= self.limits.working_at_once:
            raise RequestRefused(503, f"{len(self._stops)} sessions are busy; try again in a moment")

    def _end(self, work: str) -> None:
        with self._lock:
            self._stops.pop(work, None)

    def _work(self, session: str, message: Json | None, stop: threading.Event, hold: Hold) -> None:
        log, policy = self.log(session), self.context.policy
        context = replace(self.context, on_event=lambda event: log.add("step", view_event(event, policy)), stop=stop)
        problem = None
        try:
            with hold:
                if message is None:
                    self.sessions.finish(session, context)
                else:
                    self.sessions.answer(session, message, context)
        except SextantError as error:
            problem = f"{name_message(message, policy)}: {error}"
        except Exception as error:  # a defect must not leave the page waiting for ever
            problem = f"{name_message(message, policy)}: the server failed ({type(error).__name__}); it can be resumed"
            echo(f"sextant: session {session}: {type(error).__name__}: {shorten_line(str(error))}", err=True)
        finally:
            self._end(session)
        if problem:
            log.add("error", {"text": problem.replace(str(Home.at(self.context.settings.home).root), "the home")})
        log.add("session", self.view(session))
        log.add("idle", {})


def name_message(message: Json | None, policy: Policy) -> str:
    """Name a message in an error: by its photos' files, unless they may say too much, else by the photo it is about."""
    files = [] if policy.withholds_words else [str(photo["file"]) for photo in (message or {}).get("photos", [])]
    if files:
        return ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
    key = (message or {}).get("photo")
    return f"photo {key}" if key else "the message"


def fork_name(session: str, key: str) -> str:
    """Return the name of a fork among the work in progress; no session has such an id."""
    return f"{session} {key}"
