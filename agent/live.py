"""The world behind a run: the photo file, the gallery, the model, the tools, the clock."""

import base64
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool, ToolException
from PIL.Image import Image
from pydantic import ValidationError

from agent.blobs import BlobStore
from agent.contact_sheet import contact_sheet
from agent.equipment import Equipment, silent
from agent.evidence import as_json
from agent.fitted import with_fitted
from agent.heat import draw_heat, heat_peaks, place_scores
from agent.home import home_folder
from agent.images import shown_jpeg
from agent.modelling import ask_model
from agent.models import ChatModel, load_model
from agent.photo_opening import opened
from agent.settings import Settings, checked, from_json, to_json, usd
from agent.state import Json
from agent.toolbox import NoSearch, toolbox
from agent.verification.trust import retrieval_trust
from gallery.encoders import Encoder
from gallery.filters import DUPLICATE_BITS, DUPLICATE_COSINE
from gallery.hashing import perceptual_hash
from gallery.photos import read_photo
from gallery.search import Filters, PhotoSearch
from gallery.store import Gallery
from geo.errors import SextantError, WrongUse

VECTORS_KEPT = 64  # embeddings of photos in flight: some kilobytes each


class Live:
    """Answers every call of a run from the real world. Shared by the threads of one run, or of many."""

    def __init__(self, settings: Settings, blobs: BlobStore) -> None:
        self.settings = settings
        self.blobs = blobs
        self.began = time.time()
        self.authors: dict[str, str] = {}
        """Photographers by the sha256 of their photo, as a benchmark's table names them."""
        self._lock = threading.RLock()
        self._encoding = threading.Lock()
        self._gallery: Gallery | None = None
        self._encoder: Encoder | None = None
        self._model: ChatModel | None = None
        self._searches: OrderedDict[str, PhotoSearch] = OrderedDict()
        self._kinds: dict[str, Callable[[Json], Json]] = {
            "photo": self.photo,
            "references": self.references,
            "coverage": self.coverage,
            "positions": self.positions,
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
            self.encoder()

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

    def references(self, request: Json) -> Json:
        """The nearest and farthest gallery photos, with what the run's filters left out."""
        began = time.monotonic()
        search = self.search(request["photo"])
        ready = time.monotonic()
        near, far = search.nearest(request["nearest"]), search.farthest(request["farthest"])
        timings = {"embed": round(ready - began, 4), "search": round(time.monotonic() - ready, 4)}
        excluded = self.excluded(search, request["nearest"])
        warnings = []
        if self.settings.exclude_author and not search.filters.exclude_authors:
            warnings.append("the gallery does not know this photo's photographer; only the photo itself was left out")
        sheets: Json = {}
        for size in request["sheets"] if near else ():
            page, missing = contact_sheet(near[:size])
            sheets[str(size)] = self.blobs.put(page)
            if missing:
                warnings.append(f"{missing} of {size} gallery photos could not be opened for the contact sheet")
        if not near:
            warnings.append("the gallery holds no photo that this run may be shown")
        found = {"nearest": as_json(near), "farthest": as_json(far), "sheets": sheets, "excluded": excluded}
        peaks = heat_peaks(self.encoder(), search.vector)
        most_alike = near[0].similarity if near else None
        trust = retrieval_trust(most_alike, search.gallery.manifest.nearest_percentiles)
        return {**found, "peaks": peaks, "trust": trust, "timings": timings, "warnings": warnings}

    def positions(self, request: Json) -> Json:
        """How well each place fits the photo, by an aligned encoder: cosines of image and location embedding."""
        vector = self.search(request["photo"]).vector
        return {"scores": place_scores(self.encoder(), vector, request["positions"])}

    def heat(self, sha256: str, path: Path) -> None:
        """Write the heat map of a photo over the world.

        Raises:
            WrongUse: the gallery's encoder has no sense of places.
        """
        draw_heat(self.encoder(), self.search(sha256).vector, path)

    def coverage(self, request: Json) -> Json:
        """How many gallery photos lie near a place."""
        place = request["latitude"], request["longitude"]
        gallery = self.gallery()
        return {f"within_{radius}_km": gallery.count_within_km(*place, radius) for radius in (25, 200)}

    def model(self, request: Json) -> Json:
        """One model call, its pictures filled in just before."""
        return ask_model(self.chat_model(), self.filled(request), self.settings)

    def tool(self, request: Json) -> Json:
        """One tool call; an error the model can act on is a result."""
        photo = request["photo"]["sha256"]
        search = self.search(photo) if self.settings.gallery else NoSearch()
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

    def gallery(self) -> Gallery:
        """The run's gallery, opened once.

        Raises:
            SextantError: it is none, or was built with another encoder.
        """
        if self._gallery is None:
            with self._lock:
                if not self.settings.gallery:
                    raise WrongUse("this run has no gallery; pass --gallery DIR")
                self._gallery = self._gallery or Gallery.open(self.settings.gallery, self.settings.encoder)
        return self._gallery

    def encoder(self) -> Encoder:
        """The gallery's encoder, loaded once; the gallery's own searches are made ready with it."""
        if self._encoder is None:
            with self._lock:
                self.gallery().warm()
                self._encoder = self._encoder or self.gallery().encoder()
        return self._encoder

    def chat_model(self) -> ChatModel:
        """The run's model, loaded once."""
        if self._model is None:
            with self._lock:
                self._model = self._model or load_configured(self.settings)
        return self._model

    def search(self, sha256: str) -> PhotoSearch:
        """The search of one photo: its embedding is computed once."""
        known = self._searches.get(sha256)
        if known is not None:
            return known
        gallery, image = self.gallery(), opened(self.blobs.get(sha256)).image
        filters = self.filters(gallery, sha256, image)
        with self._encoding:  # one photo at a time: encoders use all cores by themselves
            if sha256 not in self._searches:
                vector = self.encoder().encode([image])[0]
                self._searches[sha256] = PhotoSearch(gallery, vector, filters)
                while len(self._searches) > VECTORS_KEPT:
                    self._searches.popitem(last=False)
            return self._searches[sha256]

    def filters(self, gallery: Gallery, sha256: str, image: Image) -> Filters:
        """The run's filters for one photo."""
        settings, authors, same = self.settings, set(self.settings.without_authors), Filters()
        if settings.exclude_duplicates:
            same = Filters((), (), perceptual_hash(image), DUPLICATE_BITS, DUPLICATE_COSINE)
        if not settings.exclude_author:
            return replace(same, exclude_authors=tuple(sorted(authors)))
        authors |= set(gallery.authors_of(sha256))
        authors |= {self.authors[sha256]} if sha256 in self.authors else set()
        return replace(same, exclude_authors=tuple(sorted(authors)), exclude_sha256=(sha256,))

    def excluded(self, search: PhotoSearch, count: int) -> Json:
        """How many gallery photos the filters kept from this run, by reason; None where that filter is off."""
        settings, filters = self.settings, search.filters
        of_author = sum(search.gallery.count_of_author(author) for author in filters.exclude_authors)
        return {
            "author": of_author if filters.exclude_authors or settings.exclude_author else None,
            "near_duplicate": len(search.duplicates(count)) if settings.exclude_duplicates else None,
        }

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
    live = Live(settings, BlobStore(home_folder(settings.home) / "blobs"))
    live.open()
    return Equipment(settings, live.blobs, live), live


@lru_cache(maxsize=8)
def _live(settings: Settings) -> Live:
    return Live(checked(settings), BlobStore(home_folder(settings.home) / "blobs"))


def plain(settings: Settings) -> Settings:
    """Settings as JSON brings them have lists where ours have tuples."""
    return from_json(to_json(settings))
