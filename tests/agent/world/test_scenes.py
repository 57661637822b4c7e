"""Only gallery photos that are alike enough are compared feature by feature."""

from types import SimpleNamespace

import pytest

from sextant.agent.world import scenes
from sextant.agent.world.scenes import LEAST_DEVIATIONS, Scenes, find_least_similarity
from sextant.gallery.profile import RetrievalProfile

PROFILE = RetrievalProfile(unknown=None, similarity=(0.8, 0.04))


def test_the_threshold_follows_the_gallery_and_is_open_where_it_cannot_tell():
    assert find_least_similarity(PROFILE) == pytest.approx(0.8 + LEAST_DEVIATIONS * 0.04)
    assert find_least_similarity(None) == find_least_similarity(RetrievalProfile()) == -1.0


def test_nothing_is_opened_where_no_photo_is_alike_enough(monkeypatch):
    opened = []
    monkeypatch.setattr(scenes, "open_run_photo", lambda photo: opened.append(photo) or 1 / 0)
    found = SimpleNamespace(similarity=0.81, id="a", uri="a.jpg")
    search = SimpleNamespace(
        gallery=SimpleNamespace(manifest=SimpleNamespace(profile=PROFILE)), nearest=lambda count: [found] * count
    )
    blobs = SimpleNamespace(get=lambda sha256: b"")
    world = Scenes(SimpleNamespace(search=lambda sha256: search), blobs)
    assert world.compare({"photo": "0", "count": 5}) == {"compared": 0, "matches": []}
    assert not opened
    found.similarity = 0.83
    with pytest.raises(ZeroDivisionError):
        world.compare({"photo": "0", "count": 5})
