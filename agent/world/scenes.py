"""Compare the photo with the gallery photos most like it, feature by feature."""

import threading
from collections import OrderedDict

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.world.photo_opening import open_run_photo
from sextant.agent.world.retrieval import Retrieval
from sextant.base.json_types import Json
from sextant.gallery.photos.open import PhotoError, open_photo
from sextant.gallery.profile import RetrievalProfile
from sextant.gallery.scenes.compare import SceneMatch, compare_scenes
from sextant.gallery.scenes.drawing import draw_match
from sextant.gallery.scenes.features import LocalFeatures, find_features
from sextant.gallery.search.search import Reference

_LEAST = 0.5  # probability below which a match is not reported
# Of the first hit's cosine, in the gallery's own deviations from its mean: photos that are less alike are not compared.
# At 0.5, of the pairs of one scene that geometry proves 93 % (`onnx:`) and 99 % (`builtin`) are still compared, and 0.9
# and 0.7 instead of 5 photos a query of im2gps3k-dev: ``python -m bench.street.scene_gate`` (docs/scenes.md).
LEAST_DEVIATIONS = 0.5
_KEPT = 256  # gallery photos whose features are kept: about a megabyte each


class Scenes:
    """Answers requests of kind "scenes". Shared by the threads of many runs."""

    def __init__(self, retrieval: Retrieval, blobs: BlobStore) -> None:
        self._retrieval = retrieval
        self._blobs = blobs
        self._lock = threading.Lock()
        self._known: OrderedDict[str, LocalFeatures | None] = OrderedDict()

    def compare(self, request: Json) -> Json:
        """Compare a photo with those of its nearest gallery photos that are alike enough to show the same scene.

        Args:
            request: ``photo`` (sha256) and ``count``.

        Returns:
            ``{"compared": n, "matches": [{id, latitude, longitude, inliers, spread, probability, evidence}]}``, the
            surest first; ``evidence`` is the drawing of both photos, a blob. Gallery photos that cannot be opened are
            not compared. In a gallery that does not know how alike its photos are, all ``count`` are.

        Raises:
            MissingPackage: OpenCV is not installed.
        """
        search = self._retrieval.search(request["photo"])
        least = find_least_similarity(search.gallery.manifest.profile)
        alike = [one for one in search.nearest(request["count"]) if one.similarity >= least]
        if not alike:
            return {"compared": 0, "matches": []}
        photo = open_run_photo(self._blobs.get(request["photo"])).image
        features = find_features(photo)
        compared, matches = 0, []
        for reference in alike:
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


def find_least_similarity(profile: RetrievalProfile | None) -> float:
    """Return the cosine from which on a retrieved photo may show the same scene; -1 where the gallery cannot tell."""
    if profile is None or profile.similarity is None:
        return -1.0
    mean, deviation = profile.similarity
    return mean + LEAST_DEVIATIONS * deviation


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
