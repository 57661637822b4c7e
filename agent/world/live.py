"""The real backend of a run: photo file, gallery, model, tools, clock and prices."""

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from langchain_core.tools import BaseTool, ToolException
from pydantic import ValidationError

from sextant.agent.llm.call import call_model, call_model_samples
from sextant.agent.llm.model import ChatModel, load_model
from sextant.agent.llm.retry import RateLimiter
from sextant.agent.llm.samples import SampleRequests
from sextant.agent.llm.spec import resolve
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.recording.fitted_models import resolve_fitted
from sextant.agent.settings import (
    Settings,
    check_settings,
    make_recipe,
    price_call_usd,
    settings_from_json,
    settings_to_json,
)
from sextant.agent.warning_codes import Code, warn
from sextant.agent.world.deps import Deps, ignore_event
from sextant.agent.world.exemplars import Exemplars
from sextant.agent.world.images import encode_jpeg
from sextant.agent.world.maps import HomeMaps
from sextant.agent.world.mcp_tools import call_mcp_tool
from sextant.agent.world.online import OnlineMaps, make_online_client
from sextant.agent.world.photo_opening import open_run_photo
from sextant.agent.world.retrieval import Retrieval
from sextant.agent.world.scenes import Scenes
from sextant.agent.world.sights import Sights
from sextant.agent.world.tool_names import MCP_PREFIX
from sextant.agent.world.toolbox import NoSearch, Sources, make_tools
from sextant.atlas.online.client import collect_sent
from sextant.base.documents.progress import OnEvent
from sextant.base.errors import SextantError, WrongUse
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.gallery.database import read_manifest_state
from sextant.gallery.photos.open import read_photo
from sextant.tools.find_place import find_place_tool
from sextant.tools.maps import Maps, NoMaps


class LiveBackend:
    """Answers every call of a run from the real world. Safe to share between threads and runs."""

    def __init__(
        self, settings: Settings, blobs: BlobStore, *, follow: bool = False, rate_limiter: RateLimiter | None = None
    ) -> None:
        self.settings = settings
        self.blobs = blobs
        self.began = time.time()
        self.retrieval = Retrieval(settings, blobs, follow=follow)
        self.sights = Sights(settings.home)
        self.maps = HomeMaps(settings.home)
        self.online = make_online_client(settings.online, settings.home)
        self.scenes = Scenes(self.retrieval, blobs)
        self.exemplars = Exemplars(self.retrieval, blobs, self.online)
        self.samples = SampleRequests(self.model_samples)
        self._lock = threading.Lock()
        self._rate_limiter = rate_limiter
        self._model: ChatModel | None = None
        self._kinds: dict[str, Callable[[Json], Json]] = {
            "photo": self.photo,
            "references": self.retrieval.references,
            "coverage": self.retrieval.coverage,
            "positions": self.retrieval.positions,
            "sight": self.sights.look_up,
            "signs": self.sights.look_up_signs,
            "map": self.maps.place_texts,
            "scenes": self.scenes.compare,
            "exemplars": self.exemplars.gather,
            "model": self.model,
            "tool": self.tool,
            "clock": self.clock,
            "price": self.price,
        }

    def __call__(self, kind: str, request: Json) -> Json:
        return self._kinds[kind](request)

    def open(self) -> None:
        """Load gallery, encoder and model.

        Raises:
            SextantError: one of them cannot be loaded.
        """
        self.chat_model()
        if self.settings.gallery:
            self.retrieval.encoder()

    def check_reachable(self, *, open_gallery: bool = True) -> None:
        """Open the gallery and resolve the model's address, without loading an encoder or calling the model.

        Args:
            open_gallery: whether a folder that looks like a gallery is opened; that loads LanceDB, which takes long.

        Raises:
            SextantError: the gallery or the model address is invalid.
        """
        resolve(self.settings.model, self.settings.base_url)
        gallery = self.settings.gallery
        if gallery and (open_gallery or read_manifest_state(gallery) is None):
            self.retrieval.gallery()

    def photo(self, request: Json) -> Json:
        """Open the file, store its bytes and the picture shown to the model, and return its metadata separately."""
        path = request.get("path")
        photo_file = open_run_photo(path or self.blobs.get(request["sha256"]))
        shown = encode_jpeg(photo_file.image, make_recipe(self.settings).image_side, self.settings.image_quality)
        photo = {
            "sha256": self.blobs.put(read_photo(path)) if path else request["sha256"],
            "path": path,
            "width": photo_file.width,
            "height": photo_file.height,
            "shown": self.blobs.put(shown),
        }
        self.retrieval.keep_picture(photo_file.sha256, photo_file.image)
        metadata = photo_file.metadata
        sealed: Json = {name: getattr(metadata, name) for name in ("latitude", "longitude", "captured_at")}
        if metadata.origin is not None:
            sealed |= {"source": metadata.origin, "notes": list(metadata.notes)}
        if metadata.camera is not None:
            sealed["camera"] = metadata.camera
        return {
            "photo": photo,
            "metadata": sealed,
            "warnings": [warn(Code.PHOTO_INCOMPLETE, note) for note in photo_file.notes],
        }

    def model(self, request: Json) -> Json:
        """Call the model, after filling in the bytes of the pictures."""
        if "together" in request:
            return self.samples.get_reply(request)
        return call_model(self.chat_model(), self.fill_pictures(request), self.settings)

    def model_samples(self, request: Json, count: int) -> list[Json]:
        """Call the model for several samples in one request."""
        return call_model_samples(self.chat_model(), self.fill_pictures(request), self.settings, count)

    def tool(self, request: Json) -> Json:
        """Call one tool; an error that the model can act on is returned as a result."""
        if request["name"].startswith(MCP_PREFIX):
            return call_mcp_tool(self.settings.mcp, request["name"], request["args"], self.blobs)
        photo = request["photo"]["sha256"]
        search = self.retrieval.search(photo) if self.settings.gallery else NoSearch()
        local: Maps | None = self.maps if self.settings.maps else None
        online = OnlineMaps(local, self.online) if self.online else None
        sources = Sources(
            search, lambda: open_run_photo(self.blobs.get(photo)).image, online or local or NoMaps(), online
        )
        try:
            (tool,) = make_tools((request["name"],), sources).values()
        except WrongUse as error:
            return {"error": str(error)}
        if request["name"] == "find_place" and self.settings.gazetteer:
            tool = find_place_tool(self.sights.find)
        with collect_sent() as sent:
            reply = call_tool(tool, request["args"], self.blobs)
        return {**reply, "sent": sent} if sent else reply

    def clock(self, request: Json) -> Json:
        """Read the seconds the run has taken since its first reading. The time between a crash and resuming is
        excluded.
        """
        now = time.time()
        if request["read_at"] is None:
            return {"seconds": 0.0, "read_at": now}
        since = max(request["read_at"], self.began)
        return {"seconds": request["seconds"] + max(0.0, now - since), "read_at": now}

    def price(self, request: Json) -> Json:
        """Compute the price of a call from its token counts; None when the price is unknown."""
        return {"usd": price_call_usd(self.settings, request["input_tokens"], request["output_tokens"])}

    def chat_model(self) -> ChatModel:
        """Load the run's model once and return it."""
        if self._model is None:
            with self._lock:
                self._model = self._model or load_chat_model(self.settings, self._rate_limiter)
        return self._model

    def fill_pictures(self, request: Json) -> Json:
        """Return the request with the hashes of its pictures replaced by their bytes."""

        def fill(block: Json) -> Json:
            if block["type"] != "image":
                return block
            data = base64.b64encode(self.blobs.get(block["sha256"])).decode()
            return {**block, "mime": "image/jpeg", "data": data}

        messages = [
            {**m, "content": [fill(block) for block in m["content"]]} if isinstance(m["content"], list) else m
            for m in request["messages"]
        ]
        return {**request, "messages": messages}


def load_chat_model(settings: Settings, rate_limiter: RateLimiter | None = None) -> ChatModel:
    """Load the model that these settings name.

    Args:
        rate_limiter: one that other processes share too, instead of the limits of the settings.

    Raises:
        WrongUse: an unknown spec.
    """
    return load_model(
        settings.model,
        base_url=settings.base_url,
        timeout_s=settings.timeout_seconds,
        max_retries=settings.retries,
        seed=settings.seed,
        num_ctx=settings.num_ctx,
        requests_per_minute=settings.requests_per_minute,
        concurrency=settings.concurrency,
        rate_limiter=rate_limiter,
    )


def call_tool(tool: BaseTool, args: Json, blobs: BlobStore) -> Json:
    """Run one tool; return its text, its pictures by hash and whether the text is untrusted, or a one-line error."""
    try:
        message = tool.invoke({"name": tool.name, "args": args, "id": "call", "type": "tool_call"})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return {"error": f"argument {where}: {first['msg']}; got {str(first['input'])[:80]!r}"}
    except (ToolException, SextantError) as error:
        return {"error": str(error)}
    artifact: Any = message.artifact if isinstance(message.artifact, dict) else {}
    images = [blobs.put(artifact["crop"])] if "crop" in artifact else []
    untrusted = bool((tool.metadata or {}).get("untrusted"))
    return {"content": str(message.content), "images": images, "untrusted": untrusted}


def make_deps(settings: Settings, on_event: OnEvent = ignore_event) -> Deps:
    """Make the dependencies of a run on the real backend, which runs with equal settings share."""
    settings = resolve_fitted(normalise_settings(settings))
    live = _load_backend(replace(settings, run=None))
    return Deps(settings, live.blobs, live, on_event)


def get_backend(settings: Settings) -> LiveBackend:
    """Return the backend of runs with these settings, the same that ``make_deps`` uses."""
    return _load_backend(replace(normalise_settings(settings), run=None))


def make_batch_deps(settings: Settings, rate_limiter: RateLimiter | None = None) -> tuple[Deps, LiveBackend]:
    """Make dependencies for a batch of photos, and their backend, which no other run shares.

    Args:
        rate_limiter: one that other processes share too, instead of the limits of the settings.

    Raises:
        SextantError: the gallery, its encoder or the model cannot be loaded (found here, not at every photo).
    """
    settings = resolve_fitted(check_settings(normalise_settings(settings)))
    live = LiveBackend(settings, BlobStore(Home.at(settings.home).blobs), rate_limiter=rate_limiter)
    live.open()
    return Deps(settings, live.blobs, live), live


@lru_cache(maxsize=8)
def _load_backend(settings: Settings) -> LiveBackend:
    return LiveBackend(check_settings(settings), BlobStore(Home.at(settings.home).blobs), follow=True)


def normalise_settings(settings: Settings) -> Settings:
    """Turn the lists that JSON leaves in settings into tuples."""
    return settings_from_json(settings_to_json(settings))
