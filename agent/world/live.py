"""The world behind a run: the photo file, the gallery, the model, the tools, the clock."""

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from langchain_core.tools import BaseTool, ToolException
from pydantic import ValidationError

from sextant.agent.llm.call import ask_model
from sextant.agent.llm.client import ChatModel, load_model
from sextant.agent.llm.spec import resolve
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.recording.fitted_models import with_fitted
from sextant.agent.settings import Settings, checked, from_json, to_json, usd
from sextant.agent.state import Json
from sextant.agent.world.deps import Equipment, silent
from sextant.agent.world.images import shown_jpeg
from sextant.agent.world.photo_opening import opened
from sextant.agent.world.retrieval import Retrieval
from sextant.agent.world.toolbox import NoSearch, toolbox
from sextant.base.errors import SextantError, WrongUse
from sextant.base.home import Home
from sextant.gallery.photos.open import read_photo


class Live:
    """Answers every call of a run from the real world. Shared by the threads of one run, or of many."""

    def __init__(self, settings: Settings, blobs: BlobStore) -> None:
        self.settings = settings
        self.blobs = blobs
        self.began = time.time()
        self.retrieval = Retrieval(settings, blobs)
        self._lock = threading.Lock()
        self._model: ChatModel | None = None
        self._kinds: dict[str, Callable[[Json], Json]] = {
            "photo": self.photo,
            "references": self.retrieval.references,
            "coverage": self.retrieval.coverage,
            "positions": self.retrieval.positions,
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
            SextantError: one of them cannot be had.
        """
        self.chat_model()
        if self.settings.gallery:
            self.retrieval.encoder()

    def reachable(self) -> None:
        """Open the gallery and look the model's address up, without loading an encoder or asking anybody.

        Raises:
            SextantError: one of them is none.
        """
        resolve(self.settings.model, self.settings.base_url)
        if self.settings.gallery:
            self.retrieval.gallery()

    def photo(self, request: Json) -> Json:
        """Open the file, keep its bytes and the model's view of it, and set its metadata apart."""
        path = request.get("path")
        photo_file = opened(path or self.blobs.get(request["sha256"]))
        shown = shown_jpeg(photo_file.image, self.settings.image_side, self.settings.image_quality)
        photo = {
            "sha256": self.blobs.put(read_photo(path)) if path else request["sha256"],
            "path": path,
            "width": photo_file.width,
            "height": photo_file.height,
            "shown": self.blobs.put(shown),
        }
        metadata = photo_file.metadata
        sealed = {name: getattr(metadata, name) for name in ("latitude", "longitude", "captured_at")}
        return {"photo": photo, "metadata": sealed, "warnings": []}

    def model(self, request: Json) -> Json:
        """One model call, its pictures filled in just before."""
        return ask_model(self.chat_model(), self.filled(request), self.settings)

    def tool(self, request: Json) -> Json:
        """One tool call; an error the model can act on is a result."""
        photo = request["photo"]["sha256"]
        search = self.retrieval.search(photo) if self.settings.gallery else NoSearch()
        try:
            (tool,) = toolbox((request["name"],), search, lambda: opened(self.blobs.get(photo)).image).values()
        except WrongUse as error:
            return {"error": str(error)}
        return call_tool(tool, request["args"], self.blobs)

    def clock(self, request: Json) -> Json:
        """Seconds the run has taken since its first reading. The time between a crash and resuming does not count."""
        now = time.time()
        if request["read_at"] is None:
            return {"seconds": 0.0, "read_at": now}
        since = max(request["read_at"], self.began)
        return {"seconds": request["seconds"] + max(0.0, now - since), "read_at": now}

    def price(self, request: Json) -> Json:
        """What a call of so many tokens costs, None when the price is unknown."""
        return {"usd": usd(self.settings, request["input_tokens"], request["output_tokens"])}

    def chat_model(self) -> ChatModel:
        """The run's model, loaded once."""
        if self._model is None:
            with self._lock:
                self._model = self._model or load_configured(self.settings)
        return self._model

    def filled(self, request: Json) -> Json:
        """The request with the bytes of its pictures in place of their hashes."""

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


def load_configured(settings: Settings) -> ChatModel:
    """The model of these settings.

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
        image_detail=settings.image_detail,
        requests_per_minute=settings.requests_per_minute,
        concurrency=settings.concurrency,
    )


def call_tool(tool: BaseTool, args: Json, blobs: BlobStore) -> Json:
    """Run one tool: its text, pictures by hash, and whether its words are foreign; or an error in one line."""
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


def equip(settings: Settings, tell: Callable[[Json], None] = silent) -> Equipment:
    """The equipment of a run in the real world; one set for equal settings, so that a gallery is opened once."""
    settings = with_fitted(plain(settings))
    live = world(settings)
    return Equipment(settings, live.blobs, live, tell)


def world(settings: Settings) -> Live:
    """The world behind runs of these settings, the same that ``equip`` hands them."""
    return _live(replace(plain(settings), run=None))


def equip_many(settings: Settings) -> tuple[Equipment, Live]:
    """Equipment for many photos at a time, and the world behind it, which no other run shares.

    Raises:
        SextantError: the gallery, its encoder or the model cannot be had: better now than at every photo.
    """
    settings = with_fitted(checked(plain(settings)))
    live = Live(settings, BlobStore(Home.at(settings.home).blobs))
    live.open()
    return Equipment(settings, live.blobs, live), live


@lru_cache(maxsize=8)
def _live(settings: Settings) -> Live:
    return Live(checked(settings), BlobStore(Home.at(settings.home).blobs))


def plain(settings: Settings) -> Settings:
    """Settings as JSON brings them have lists where ours have tuples."""
    return from_json(to_json(settings))
