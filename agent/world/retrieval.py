"""Retrieval from the run's gallery: nearest and farthest photos, coverage of a place, position scores."""

import threading
import time
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Recipe, Settings, make_recipe
from sextant.agent.verification.scoring.retrieval_trust import retrieval_trust
from sextant.agent.warning_codes import Code, warn
from sextant.agent.within import load_within
from sextant.agent.world.contact_sheet import draw_contact_sheet
from sextant.agent.world.photo_opening import open_run_photo
from sextant.agent.world.position_scores import (
    as_aligned,
    find_heatmap_peaks,
    require_aligned,
    score_positions,
    write_photo_heatmap,
)
from sextant.agent.world.references import references_to_json
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.gallery.encoders.spec import Encoder
from sextant.gallery.photos.phash import compute_perceptual_hash
from sextant.gallery.search.filters import DUPLICATE_BITS, DUPLICATE_COSINE
from sextant.gallery.search.search import Filters, PhotoSearch
from sextant.gallery.store import Gallery

if TYPE_CHECKING:
    from sextant.gallery.alignment.model.encoder import AlignedEncoder

VECTORS_KEPT = 64  # embeddings of photos in flight: some kilobytes each
PICTURES_KEPT = 4  # photos opened and not yet searched with
MOST_PIXELS = 50_000_000  # of a picture that is kept: 150 MB


def uses_peaks(recipe: Recipe) -> bool:
    """Return whether peaks of a heat map can become the answer: `top1` and a recipe that counts photos take none."""
    return recipe.keep_nearest is None and recipe.verify != "top1"


class Retrieval:
    """The gallery of these settings, with its encoder and each photo's search. Shared by threads.

    With ``follow``, photos that are added to the gallery meanwhile are found: a server works on for days. An evaluation
    keeps the gallery that it started with.
    """

    def __init__(self, settings: Settings, blobs: BlobStore, *, follow: bool = False) -> None:
        self.settings = settings
        self.blobs = blobs
        self.follow = follow
        self.authors: dict[str, str] = {}
        """Photographers by the sha256 of their photo, from a benchmark's table."""
        self._lock = threading.RLock()
        self._encoding = threading.Lock()
        self._gallery: Gallery | None = None
        self._encoder: Encoder | None = None
        self._searches: OrderedDict[str, PhotoSearch] = OrderedDict()
        self._placed: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._opened: OrderedDict[str, Image] = OrderedDict()

    def references(self, request: Json) -> Json:
        """Find the nearest and farthest gallery photos, and count what the run's filters excluded."""
        self.reopen_if_changed()
        try:
            return self._find_references(request)
        except Exception:  # what was open of an earlier version can be gone from the disk in the midst of a search
            if not self.reopen_if_changed():
                raise
            return self._find_references(request)

    def _find_references(self, request: Json) -> Json:
        began = time.monotonic()
        search = self.search(request["photo"])
        ready = time.monotonic()
        near, far = search.nearest(request["nearest"]), search.farthest(request["farthest"])
        timings = {"embed": round(ready - began, 4), "search": round(time.monotonic() - ready, 4)}
        excluded = self.count_excluded(search, request["nearest"])
        warnings = []
        if self.settings.exclude_author and not search.filters.exclude_authors:
            text = "the gallery does not know this photo's photographer; only the photo itself was left out"
            warnings.append(warn(Code.AUTHOR_UNKNOWN, text))
        sheets: Json = {}
        for size in request["sheets"] if near else ():
            page, missing = draw_contact_sheet(near[:size])
            sheets[str(size)] = self.blobs.put(page)
            if missing:
                text = f"{missing} of {size} gallery photos could not be opened for the contact sheet"
                warnings.append(warn(Code.SHEET_INCOMPLETE, text))
        if not near:
            warnings.append(warn(Code.GALLERY_EMPTY, "the gallery holds no photo that this run may be shown"))
        found = {
            "nearest": references_to_json(near),
            "farthest": references_to_json(far),
            "sheets": sheets,
            "excluded": excluded,
        }
        peaks = self.find_peaks(request["photo"])
        most_alike = near[0].similarity if near else None
        trust = retrieval_trust(most_alike, search.gallery.manifest.nearest_percentiles)
        profile = search.gallery.manifest.profile
        worth = {"profile": profile.model_dump(mode="json")} if profile else {}
        return {**found, "peaks": peaks, "trust": trust, **worth, "timings": timings, "warnings": warnings}

    def coverage(self, request: Json) -> Json:
        """Count the gallery photos within 25 and 200 km of a place."""
        place = request["latitude"], request["longitude"]
        gallery = self.gallery()
        return {f"within_{radius}_km": gallery.count_within_km(*place, radius) for radius in (25, 200)}

    def positions(self, request: Json) -> Json:
        """Score how well each place fits the photo: cosines of image and location embedding (aligned encoder)."""
        aligned = require_aligned(self.encoder())
        return {"scores": score_positions(aligned, self.embed(request["photo"], aligned), request["positions"])}

    def find_peaks(self, sha256: str) -> list[Json] | None:
        """Find the peaks of a photo's heat map; None when the encoder is not geo-aligned.

        They take seconds, so none is looked for where the recipe has no use for them.
        """
        aligned = as_aligned(self.encoder())
        if aligned is None:
            return None
        if not uses_peaks(make_recipe(self.settings)):
            return []
        return find_heatmap_peaks(aligned, self.embed(sha256, aligned))

    def embed(self, sha256: str, aligned: "AlignedEncoder") -> NDArray[np.float32]:
        """Return a photo's embedding by an alignment.

        A gallery of one part of an alignment (``aligned:DIR#image``) finds photos by that part, while places are
        compared by the whole, which embeds the photo a second time.
        """
        if aligned is self.encoder():
            return self.search(sha256).vector
        if sha256 not in self._placed:
            image = open_run_photo(self.blobs.get(sha256)).image
            with self._encoding:
                self._placed[sha256] = aligned.encode([image])[0]
                while len(self._placed) > VECTORS_KEPT:
                    self._placed.popitem(last=False)
        return self._placed[sha256]

    def write_heatmap(self, sha256: str, path: Path) -> None:
        """Write the heat map of a photo over the world.

        Raises:
            WrongUse: the gallery's encoder is not geo-aligned.
        """
        aligned = require_aligned(self.encoder())
        write_photo_heatmap(aligned, self.embed(sha256, aligned), path)

    def gallery(self) -> Gallery:
        """Open the run's gallery once and return it.

        Raises:
            SextantError: the folder is not a gallery, or was built with another encoder.
        """
        if self._gallery is None:
            with self._lock:
                if not self.settings.gallery:
                    raise WrongUse("this run has no gallery; pass --gallery DIR")
                self._gallery = self._gallery or Gallery.open(self.settings.gallery, self.settings.encoder)
        return self._gallery

    def current_gallery(self) -> Gallery:
        """Return the gallery as it is now, for what is shown beside a run."""
        self.reopen_if_changed()
        return self.gallery()

    def reopen_if_changed(self) -> bool:
        """Open the gallery anew where it was changed since it was opened; return whether it was."""
        gallery = self._gallery
        if not self.follow or gallery is None or gallery.is_current():
            return False
        with self._lock:
            if self._gallery is gallery:
                self._gallery = gallery.reopen()
                self._encoder = None
                self._searches.clear()
                self._placed.clear()
        return True

    def encoder(self) -> Encoder:
        """Load the gallery's encoder once, warm up the gallery's search, and return the encoder."""
        if self._encoder is None:
            with self._lock:
                self.gallery().warm()
                self._encoder = self._encoder or self.gallery().encoder()
        return self._encoder

    def keep_picture(self, sha256: str, image: Image) -> None:
        """Keep a picture that was just opened for the search that follows, which need not decode it again then."""
        if not self.settings.gallery or image.width * image.height > MOST_PIXELS or sha256 in self._searches:
            return
        with self._lock:
            self._opened[sha256] = image
            while len(self._opened) > PICTURES_KEPT:
                self._opened.popitem(last=False)

    def take_picture(self, sha256: str) -> Image:
        """Return the picture that was kept, or decode the stored photo."""
        with self._lock:
            kept = self._opened.pop(sha256, None)
        return open_run_photo(self.blobs.get(sha256)).image if kept is None else kept

    def search(self, sha256: str) -> PhotoSearch:
        """Return the search of one photo; its embedding is computed once."""
        known = self._searches.get(sha256)
        if known is not None:
            return known
        gallery, image = self.gallery(), self.take_picture(sha256)
        filters = self.filters(gallery, sha256, image)
        with self._encoding:  # one photo at a time: encoders use all cores by themselves
            if sha256 not in self._searches:
                vector = self.encoder().encode([image])[0]
                self._searches[sha256] = PhotoSearch(gallery, vector, filters)
                while len(self._searches) > VECTORS_KEPT:
                    self._searches.popitem(last=False)
            return self._searches[sha256]

    def filters(self, gallery: Gallery, sha256: str, image: Image) -> Filters:
        """Build the run's filters for one photo."""
        settings, authors, same = self.settings, set(self.settings.without_authors), Filters()
        if settings.exclude_duplicates:
            same = Filters((), (), compute_perceptual_hash(image), DUPLICATE_BITS, DUPLICATE_COSINE)
        if settings.within:
            same = load_within(settings.within).narrow(same)
        if not settings.exclude_author:
            return replace(same, exclude_authors=tuple(sorted(authors)))
        authors |= set(gallery.authors_of(sha256))
        authors |= {self.authors[sha256]} if sha256 in self.authors else set()
        return replace(same, exclude_authors=tuple(sorted(authors)), exclude_sha256=(sha256,))

    def count_excluded(self, search: PhotoSearch, count: int) -> Json:
        """Count the gallery photos that the filters excluded, by reason; None for a filter that is off."""
        settings, filters = self.settings, search.filters
        of_author = sum(search.gallery.count_of_author(author) for author in filters.exclude_authors)
        return {
            "author": of_author if filters.exclude_authors or settings.exclude_author else None,
            "near_duplicate": len(search.duplicates(count)) if settings.exclude_duplicates else None,
        }
