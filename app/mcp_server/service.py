"""What the tools of `sextant mcp` do: under the server's budget of model calls and its precision policy."""

import base64
import binascii
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from langchain_core.tools import BaseTool

from sextant.agent.privacy.precision import coarsen
from sextant.agent.privacy.run_view import view_run
from sextant.agent.privacy.view import view_answer
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import make_recipe
from sextant.agent.world.contact_sheet import draw_contact_sheet
from sextant.agent.world.live import LiveBackend, call_tool, get_backend
from sextant.agent.world.photo_opening import open_run_photo, use_opener
from sextant.app.exports.compact import make_compact
from sextant.app.web.limits import Limits
from sextant.app.web.uploads import Decoder, make_display_name
from sextant.base.documents.progress import OnEvent
from sextant.base.errors import SextantError, WrongUse
from sextant.base.json_types import Json
from sextant.gallery.search.search import Reference, search_gallery
from sextant.graphs.chat import ChatContext
from sextant.graphs.runs.archive import load_shown_picture
from sextant.graphs.runs.folder import RunError, RunFolder, find_run, list_runs
from sextant.graphs.runs.run import locate
from sextant.graphs.runs.timeline import build_timeline, summarise_run
from sextant.tools.find_place import find_place, find_place_tool
from sextant.tools.map_search import make_map_search_tool
from sextant.tools.maps import Maps, NoMaps

SHOWN = 10  # similar photos on the contact sheet of an answer
RUNS_LISTED = 50  # the newest
SHARED = (
    "latitude",
    "longitude",
    "country_code",
    "captured_at",
    "similarity",
)  # of a gallery photo; no file, no author
LISTED = ("run", "status", "stop", "model", "preset", "best")


@dataclass
class ToolService:
    """Everything the tools work with. Safe for threads.

    Attributes:
        remote: whether clients come over the network: they send photos instead of naming files, each photo is decoded
            in a process of its own, and only runs of this server can be read.
    """

    context: ChatContext
    remote: bool = False
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0  # made, and reserved for runs under way
        self._runs: set[str] = set()
        self._open = ExitStack()
        if self.remote:
            decoder = Decoder(self.limits)
            self._open.callback(decoder.close)
            self._open.enter_context(use_opener(decoder.open))

    @property
    def calls(self) -> int:
        """Return the model calls of all clients: made, and reserved for runs under way."""
        with self._lock:
            return self._calls

    def close(self) -> None:
        """End the decoder."""
        self._open.close()

    @property
    def live(self) -> LiveBackend:
        """The backend that runs with the server's settings share."""
        return get_backend(self.context.settings)

    def locate(
        self, photo: str, data: str, hint: str, on_event: OnEvent, stop: threading.Event
    ) -> tuple[Json, bytes | None]:
        """Locate a photo; return the answer as it may be shown, and the contact sheet of similar photos.

        Raises:
            WrongUse: no photo, or the server's model calls are used up.
            SextantError: the photo, the gallery or the model cannot be used.
        """
        with self._take_photo(photo, data) as path, self._reserve() as most:
            settings = replace(self.context.settings, max_calls=most[0], hint=hint or self.context.settings.hint)
            run = locate(str(path), settings, on_event, stop)
            most[1] = run.answer["spent"]["calls"]
        self._runs.add(run.name)
        answer: Json = dict(view_answer(run.answer, self.context.policy))
        if data:
            answer["photo"] = {**answer["photo"], "path": None}
        return make_compact(answer), self._draw_nearest(run.answer["photo"]["sha256"])

    def search_gallery(self, photo: str, data: str, count: int, *, far: bool) -> tuple[list[Json], bytes | None]:
        """Search the gallery for photos similar (or, with ``far``, dissimilar) to one; return them and their sheet.

        Raises:
            WrongUse: no photo, or no gallery.
            SextantError: the photo or the gallery cannot be used.
        """
        self._require_gallery()
        with self._take_photo(photo, data) as path:
            image = open_run_photo(path).image
        retrieval = self.live.retrieval
        vector = retrieval.encoder().encode([image])[0]
        found = search_gallery(retrieval.current_gallery(), vector, count, far=far).references
        return [self._view_reference(one) for one in found], self._draw_sheet(found)

    def find_place(self, name: str, country: str | None) -> str:
        """Find where places of a name lie.

        Raises:
            SextantError: no such place is known.
        """
        tool = find_place_tool(self.live.sights.find) if self.context.settings.gazetteer else find_place
        return self._call(tool, {"name": name, "country": country})

    def search_map(self, query: str, latitude: float | None, longitude: float | None, radius_km: float) -> str:
        """Search the maps of the home.

        Raises:
            SextantError: no map was added, or it has no such thing.
        """
        maps: Maps = self.live.maps if self.context.settings.maps else NoMaps()
        where = {"latitude": latitude, "longitude": longitude, "radius_km": radius_km}
        return self._call(make_map_search_tool(maps), {"query": query, **where})

    def list_runs(self) -> list[Json]:
        """List the newest runs that clients may read, newest first."""
        known = [run for run in list_runs(self.context.settings.home) if self._may_read(run.name)]
        found: list[Json] = []
        for run in reversed(known[-RUNS_LISTED:]):
            try:
                summary = summarise_run(run)
            except SextantError:
                continue  # a run of another version, or one that is being written
            found.append({name: summary[name] for name in LISTED if name in summary})
        return [coarsen(one, self.context.policy) for one in found]

    def explain_run(self, name: str) -> Json:
        """Return a run's timeline: settings, branches with their turns, verdicts, steps.

        Raises:
            SextantError: no such run, or it cannot be read.
        """
        return view_run(build_timeline(self._find(name)), self.context.policy)

    def read_answer(self, name: str) -> Json:
        """Return the answer of a run.

        Raises:
            SextantError: no such run, or it has no answer.
        """
        answer = self._find(name).answer()
        if answer is None:
            raise RunError(f"run {name!r} has no answer yet")
        return make_compact(dict(view_answer(answer, self.context.policy)))

    def read_picture(self, name: str) -> bytes:
        """Return the picture that the model saw in a run, as JPEG.

        Raises:
            SextantError: no such run, its picture was pruned, or the precision cap withholds it.
        """
        if self.context.policy.withholds_words:
            raise WrongUse("pictures are withheld: they may show more than the precision cap allows")
        picture = load_shown_picture(self._find(name), self.context.settings.home)
        if picture is None:
            raise RunError(f"the picture of run {name!r} is not stored here")
        return picture

    def _find(self, name: str) -> RunFolder:
        """Find a run by its name; a path is never followed."""
        if not name or "/" in name or "\\" in name or name.startswith("."):
            raise WrongUse(f"{name[:80]!r} is not the name of a run")
        run = find_run(name, self.context.settings.home)
        if not self._may_read(run.name):
            raise RunError(f"no run named {name!r} was made here")
        return run

    def _may_read(self, name: str) -> bool:
        return not self.remote or name in self._runs

    @contextmanager
    def _take_photo(self, photo: str, data: str) -> Iterator[Path]:
        """Give the path of the photo, for the time of the block.

        Raises:
            WrongUse: neither a path nor bytes, both, a path over the network, or bytes that are too many.
        """
        if bool(photo) == bool(data):
            raise WrongUse("give either photo (a path) or data (the file in base64)")
        if photo:
            if self.remote:
                raise WrongUse("this server does not read files; send the photo as data (the file in base64)")
            yield Path(photo).expanduser()
            return
        if len(data) > self.limits.upload_bytes * 4 / 3 + 4:
            raise WrongUse(f"the photo is larger than {self.limits.upload_bytes // 2**20} MB; export it smaller")
        try:
            content = base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise WrongUse("data is not base64; send the bytes of the photo's file in base64") from error
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / make_display_name("photo")
            path.write_bytes(content)
            yield path

    @contextmanager
    def _reserve(self) -> Iterator[list[int]]:
        """Reserve model calls for a run: ``[reserved, made]``; the block sets what was made, all if it fails.

        Raises:
            WrongUse: none are left.
        """
        most = self.context.max_calls
        with self._lock:
            left = most - self._calls if most is not None else None
            wanted = make_recipe(self.context.settings).max_calls
            taken = wanted if left is None else min(wanted, left)
            if taken < 1:
                raise WrongUse(f"the server's {most} model calls are used up; restart it, or raise --session-calls")
            self._calls += taken
        used = [taken, taken]
        try:
            yield used
        finally:
            with self._lock:
                self._calls += used[1] - taken

    def _require_gallery(self) -> None:
        if not self.context.settings.gallery:
            raise WrongUse("this server has no gallery; start it with --gallery DIR")

    def _call(self, tool: BaseTool, args: Json) -> str:
        """Call one of the model's own tools; return its text.

        Raises:
            SextantError: the tool's error.
        """
        result = call_tool(tool, args, BlobStore(self.context.blobs.folder))
        if "error" in result:
            raise SextantError(result["error"])
        return str(coarsen(result["content"], self.context.policy))

    def _view_reference(self, reference: Reference) -> Json:
        fields = {name: value for name, value in asdict(reference).items() if name in SHARED}
        shown: Json = coarsen({**fields, "similarity": round(reference.similarity, 4)}, self.context.policy)
        return shown

    def _draw_nearest(self, sha256: str) -> bytes | None:
        if not self.context.settings.gallery:
            return None
        return self._draw_sheet(self.live.retrieval.search(sha256).nearest(SHOWN))

    def _draw_sheet(self, references: list[Reference]) -> bytes | None:
        """Draw the numbered photos; None under a cap that withholds them, or where no file is left."""
        if self.context.policy.withholds_words or not references:
            return None
        sheet, missing = draw_contact_sheet(references)
        return sheet if missing < len(references) else None
