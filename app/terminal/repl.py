"""The chat REPL in a terminal: reads lines, shows steps as they happen, prints replies."""

import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from sextant.agent.answer_words import format_distance
from sextant.agent.chat.steering_parser import read_steering
from sextant.agent.guard.metadata_check import read_file_position
from sextant.agent.privacy.view import view_event
from sextant.agent.recording.blobs import BlobStore
from sextant.app.render.progress import Progress
from sextant.app.render.progress_words import report_run
from sextant.app.render.screen import Screen
from sextant.app.terminal.areas import EXAMPLE, parse_constraint
from sextant.app.terminal.forks import USE, fork_and_compare, format_steps
from sextant.app.terminal.keyboard import read_lines
from sextant.app.terminal.text_map import draw_text_map
from sextant.app.terminal.typed import read_line
from sextant.base.documents.progress import ProgressEvent
from sextant.base.documents.session import SessionView, ShownPhoto
from sextant.base.errors import SextantError, WrongUse
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.base.printable import pluralise
from sextant.gallery.photos.open import read_metadata
from sextant.geo.deep_links import list_deep_links
from sextant.graphs.chat import ChatContext
from sextant.graphs.sessions.store import Sessions, view_session
from sextant.graphs.sessions.summaries import view_summary

HELP = {
    "/map": "draw the answer, its rival and the similar photos",
    "/evidence": "every claim with its source",
    "/why": "the evidence for the answer",
    "/steer WORDS": "not Europe, only in Peru, near the sea, ignore the sign; pin LAT LON, reject LAT LON",
    "/steer inside AREA": "or outside: a GeoJSON file, or corners LAT,LON LAT,LON LAT,LON",
    "/undo": "undo the last steering",
    "/again": "locate the photo again with a larger budget",
    "/photo N": "switch to photo N",
    "/links": "addresses where the place can be checked by eye; nothing is opened",
    "/budget": "calls, tokens and cost so far, and what is left",
    "/runs": "the recorded runs of this session",
    "/fork STEP KEY=VALUE": "rerun this photo from a step with a change; without arguments, list its steps",
    "/export FORMAT [FILE]": "geojson, kml, csv or html (the case file; no-picture leaves the photo out)",
    "/sessions": "list the sessions",
    "/quit": "quit; the session is saved",
}


class ChatRepl:
    """One session at one terminal."""

    def __init__(self, sessions: Sessions, context: ChatContext, session: str | None) -> None:
        self.sessions = sessions
        self.context = context
        self.console = Screen()
        self.photo: str | None = None
        if session is None or not sessions.exists(session):
            session = sessions.create(session=session)
        self.session = session

    def run(self, photos: tuple[str, ...]) -> None:
        """Talk until the end of input.

        Raises:
            SextantError: a photo named on the command line cannot be used.
        """
        self._greet()
        if self.sessions.is_interrupted(self.session):
            self.console.print("[dim]The last message was interrupted; resuming it.[/dim]")
            with self._show_steps() as context:
                self._print_reply(self.sessions.finish_interrupted(self.session, context))
        if photos:
            self.say("where was this taken?", tuple(Path(photo) for photo in photos))
        names = sorted({name.split()[0] for name in HELP})
        for line in read_lines(Home.at(self.context.settings.home).chat_history, names):
            try:
                if not self._take(line):
                    break
            except SextantError as error:
                self.console.print(f"[red]{escape(str(error))}[/red]")
        self.console.print(f"[dim]Saved as session {self.session}: sextant chat --session {self.session}[/dim]")

    def say(self, words: str, photos: tuple[Path, ...] = (), steer: tuple[Json, ...] = ()) -> None:
        """Send one message and print the reply."""
        kept = [self._keep(path) for path in photos]
        message = {"id": secrets.token_hex(8), "text": words, "photos": kept, "steer": list(steer), "photo": self.photo}
        with self._show_steps(several=len(kept) > 1) as context:
            state = self.sessions.send_message(self.session, message, context)
        if kept:
            self.photo = None
        self._print_reply(state)

    def view(self) -> SessionView:
        """Return the session as it may be shown."""
        return view_session(self.session, self.sessions.read_state(self.session), self.context.policy)

    def _take(self, line: str) -> bool:
        """Act on one line; False at the end."""
        typed = read_line(line)
        if typed.command is None:
            if typed.photos or typed.words:
                self.say(typed.words or "where was this taken?", typed.photos)
            return True
        if typed.command in ("quit", "exit", "q"):
            return False
        actions = {
            "help": self._help,
            "map": self._map,
            "evidence": self._evidence,
            "why": lambda words: self.say("why?"),
            "steer": self._steer,
            "undo": lambda words: self.say("undo"),
            "again": lambda words: self.say("look again with more effort"),
            "photo": self._choose,
            "links": self._links,
            "budget": self._budget,
            "runs": self._runs,
            "fork": self._fork,
            "export": self._export,
            "sessions": self._sessions,
        }
        if typed.command not in actions:
            raise WrongUse(f"unknown command /{typed.command}; see /help")
        actions[typed.command](typed.words)
        return True

    def _help(self, words: str) -> None:
        table = Table.grid(padding=(0, 2))
        for name, text in HELP.items():
            table.add_row(f"[bold]{escape(name)}[/bold]", text)
        self.console.print(table)

    def _map(self, words: str) -> None:
        self.console.print(draw_text_map(self._current()), markup=False)

    def _evidence(self, words: str) -> None:
        photo = self._current()
        table = Table("claim", "source", "call", box=None, header_style="bold")
        for claim in photo["ledger"]:
            struck = f"\n[strike dim]{escape(claim['struck'])}[/strike dim]" if claim.get("struck") else ""
            table.add_row(escape(claim["text"]) + struck, claim["source"], escape(claim["call"] or ""))
        self.console.print(table)
        for branch in photo["done"]:
            self.console.print(
                f"[dim]{escape(branch['branch'])}: {', '.join(branch['tools']) or 'no tool called'}[/dim]"
            )

    def _steer(self, words: str) -> None:
        if not words:
            raise WrongUse(f"/steer takes words, for example: /steer not Europe; or {EXAMPLE}")
        constraint = parse_constraint(words)
        if constraint is not None:
            self.say("", steer=(constraint,))
        else:
            self.say(words, steer=tuple(read_steering(words)))

    def _fork(self, words: str) -> None:
        run, home = str(self._current()["run"]), self.context.settings.home
        if not words:
            self.console.print(format_steps(run, home))
            self.console.print(f"[dim]{escape(USE)}[/dim]")
            return
        with self._show_steps() as context:
            lines = fork_and_compare(self.sessions, self.session, run, words, context)
        self.console.print("\n".join(lines), markup=False)

    def _choose(self, words: str) -> None:
        keys = [photo["key"] for photo in self.view()["photos"] if photo["status"] == "located"]
        if words not in keys:
            raise WrongUse(f"no photo {words!r}; photos: {', '.join(keys) or 'none yet'}")
        self.photo = words
        self.console.print(f"[dim]Now talking about photo {words}.[/dim]")

    def _links(self, words: str) -> None:
        answer = self._current()["answer"]
        if answer["best"] is None:
            raise WrongUse("there is no place to check; undo, or look again")
        stated = read_file_position(answer["metadata"])
        for link, address in list_deep_links(
            answer["best"]["latitude"], answer["best"]["longitude"], stated["taken_at"]
        ):
            self.console.print(f"{link.name}, {link.shows}: {address}", markup=False, soft_wrap=True)
        self.console.print("[dim]Nothing was opened. A site that you open learns this position.[/dim]")

    def _budget(self, words: str) -> None:
        spent = self.view()["spent"]
        tokens = spent["input_tokens"] + spent["output_tokens"]
        money = "price unknown" if spent["unpriced_calls"] else f"${spent['usd']:.4f}"
        left = (
            "no limit"
            if self.context.max_calls is None
            else f"{pluralise(max(0, self.context.max_calls - spent['calls']), 'call')} left"
        )
        self.console.print(f"{pluralise(spent['calls'], 'model call')}, {tokens:,} tokens, {money}; {left}")

    def _runs(self, words: str) -> None:
        for photo in self.view()["photos"]:
            self.console.print(f"{photo['name']}  {photo['run']}  {escape(photo['file'] or '')}")

    def _export(self, words: str) -> None:
        from sextant.app.exports import FORMATS
        from sextant.graphs.runs.folder import write_bytes

        parts = words.split(" ")
        picture = "no-picture" not in parts
        name, _, file = " ".join(part for part in parts if part != "no-picture").partition(" ")
        if name not in FORMATS:
            raise WrongUse(f"/export takes one of: {', '.join(FORMATS)}; for example: /export geojson places.geojson")
        path = Path(file.strip() or f"sextant-{self.session}{FORMATS[name].suffix}").expanduser()
        text = self._make_case_file(picture) if name == "html" else FORMATS[name].make(self.view())
        write_bytes(path, text.encode())
        self.console.print(f"Written: {escape(str(path))}")

    def _make_case_file(self, picture: bool) -> str:
        from sextant.app.exports.case_parts import make_reference_reader
        from sextant.app.exports.write_case_file import write_case_file

        view, stored = self.view(), self.sessions.read_state(self.session).get("photos", {})
        reader = make_reference_reader(self.context)
        return write_case_file(view, stored, self.context, reader, picture=picture)

    def _sessions(self, words: str) -> None:
        for one in self.sessions.list_sessions():
            here = "→" if one.id == self.session else " "
            listed = view_summary(one.summary, self.context.policy)
            parts = [
                escape(one.title),
                listed["place"],
                (listed["taken_at"] or "")[:10],
                "(at work)" if one.busy else "",
            ]
            self.console.print(f"{here} {one.id}  {' · '.join(filter(None, parts))}")

    def _greet(self) -> None:
        turns = self.view()["turns"]
        model = (
            "no model: similar photos only" if self.context.settings.model == "offline" else self.context.settings.model
        )
        self.console.print(f"[bold]Sextant[/bold]  [dim]{escape(model)} · session {self.session} · /help[/dim]")
        if self.context.policy.coarsest:
            self.console.print(f"[dim]Precision is capped: {escape(self.context.policy.reason)}[/dim]")
        for turn in turns[-6:]:
            self.console.print(f"[dim]{turn['by']}: {escape(turn['text'])}[/dim]")
        if not turns:
            self.console.print("[dim]Type or paste the path of a photo.[/dim]")

    def _current(self) -> ShownPhoto:
        """Return the photo spoken of, as shown."""
        located = [photo for photo in self.view()["photos"] if photo["status"] == "located"]
        if not located:
            raise WrongUse("no photo is located yet; type or paste the path of one")
        return next((photo for photo in located if photo["key"] == self.photo), located[-1])

    def _keep(self, path: Path) -> Json:
        """Store the photo's bytes once they are known to be a photo's."""
        read_metadata(path)
        blobs = BlobStore(Home.at(self.context.settings.home).blobs)
        return {"sha256": blobs.put(path.read_bytes()), "file": path.name}

    def _print_reply(self, state: Json) -> None:
        view = view_session(self.session, state, self.context.policy)
        if not view["turns"]:
            return
        for entry in view["turns"][-1]["entries"] or [{"text": view["turns"][-1]["text"], "source": ""}]:
            struck = f" [strike dim]{escape(entry['struck'])}[/strike dim]" if entry.get("struck") else ""
            self.console.print(f"  {escape(entry['text'])}{struck} [dim]{entry['source']}[/dim]")
        changed = next((p["changed"] for p in view["photos"] if p["key"] == view["turns"][-1].get("photo")), None)
        if changed and changed["moved_km"]:
            self.console.print(f"  [dim]{format_distance(changed['moved_km'])} from the run's own answer[/dim]")

    @contextmanager
    def _show_steps(self, *, several: bool = False) -> Iterator[ChatContext]:
        """Show the context's steps live; Ctrl-C stops the run, which then answers with its best candidate so far.

        Args:
            several: several photos are at work; each line says whose it is.
        """
        stop, policy = threading.Event(), self.context.policy

        def interrupted(number: int, frame: Any) -> None:
            stop.set()

        old = signal.signal(signal.SIGINT, interrupted)
        try:
            with Progress() as progress:
                report = report_run(progress)

                def on_event(event: ProgressEvent) -> None:
                    whose = f"photo {event['photo']}: " if several else ""
                    report({**view_event(event, policy), "whose": whose})

                yield replace(self.context, on_event=on_event, stop=stop)
        finally:
            signal.signal(signal.SIGINT, old)
