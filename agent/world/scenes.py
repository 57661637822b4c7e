"""Compare the photo with the gallery photos most like it, feature by feature."""

import threading
from collections import OrderedDict

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.world.photo_opening import open_run_photo
from sextant.agent.world.retrieval import Retrieval
from sextant.base.json_types import Json
from sextant.gallery.photos.open import PhotoError, open_photo
from sextant.gallery.scenes.compare import SceneMatch, compare_scenes
from sextant.gallery.scenes.drawing import draw_match
from sextant.gallery.scenes.features import LocalFeatures, find_features
from sextant.gallery.search.search import Reference

_LEAST = 0.5  # probability below which a match is not reported
_KEPT = 256  # gallery photos whose features are kept: about a megabyte each


class Scenes:
    """Answers requests of kind "scenes". Shared by the threads of many runs."""

    def __init__(self, retrieval: Retrieval, blobs: BlobStore) -> None:
        self._retrieval = retrieval
        self._blobs = blobs
        self._lock = threading.Lock()
        self._known: OrderedDict[str, LocalFeatures | None] = OrderedDict()

    def compare(self, request: Json) -> Json:
        """Compare a photo with its nearest gallery photos.

        Args:
            request: ``photo`` (sha256) and ``count``.

        Returns:
            ``{"compared": n, "matches": [{id, latitude, longitude, inliers, spread, probability, evidence}]}``, the
            surest first; ``evidence`` is the drawing of both photos, a blob. Gallery photos that cannot be opened are
            not compared.

        Raises:
            MissingPackage: OpenCV is not installed.
        """
        photo = open_run_photo(self._blobs.get(request["photo"])).image
        features = find_features(photo)
        compared, matches = 0, []
        for reference in self._retrieval.search(request["photo"]).nearest(request["count"]):
            other = self._find(reference)
            if other is None:
                continue
            compared += 1
            match = compare_scenes(features, other)
            if match.probability >= _LEAST:
                drawn = self._blobs.put(draw_match(photo, open_photo(reference.uri or "").image, match))
                matches.append(_make_match(reference, match, drawn))
        matches.sort(key=lambda one: (-one["probability"], -one["inliers"], one["id"]))
        return {"compared": compared, "matches": matches}

    def _find(self, reference: Reference) -> LocalFeatures | None:
        """Return the features of a gallery photo; None where it cannot be opened."""
        with self._lock:
            if reference.id in self._known:
                return self._known[reference.id]
        try:
            found = find_features(open_photo(reference.uri).image) if reference.uri else None
        except PhotoError:
            found = None
        with self._lock:
            self._known[reference.id] = found
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return found


def _make_match(reference: Reference, match: SceneMatch, drawn: str) -> Json:
    return {
        "id": reference.id,
        "latitude": round(reference.latitude, 6),
        "longitude": round(reference.longitude, 6),
        "inliers": match.inliers,
        "spread": match.spread,
        "probability": match.probability,
        "evidence": drawn,
    }
