"""The ray engine on a real local cluster."""

import pytest

pytest.importorskip("ray", reason="Ray is not installed; it comes with the extra 'ray'")
pytest.importorskip("lance_ray", reason="lance-ray is not installed; it comes with the extra 'ray'")

from sextant.gallery.build.build import add, build
from sextant.gallery.database import connect
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.search.search import find_farthest, find_nearest
from sextant.gallery.sources.recognise import open_source
from sextant.gallery.store import Gallery
from tests.support.photos import photo_folder, picture


@pytest.fixture(scope="module")
def cluster():
    import ray

    ray.init(num_cpus=2, include_dashboard=False, logging_level="error", log_to_driver=False)
    yield
    ray.shutdown()


def rows(path: str) -> list[dict[str, object]]:
    return sorted(connect(path).open_table("photos").to_arrow().to_pylist(), key=lambda row: row["id"])


@pytest.mark.slow
def test_ray_and_local_build_and_extend_the_same_gallery(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.build.ray._WAVE", 25)
    photos = photo_folder(tmp_path / "photos", [(10.0 + n, 20.0 + n) for n in range(40)])
    (photos / "005.jpg").write_bytes(b"broken")
    (photos / "030.jpg").write_bytes((photos / "002.jpg").read_bytes())
    more = photo_folder(tmp_path / "more", [(1.0, 1.0), (2.0, 2.0)], first_seed=100)
    encoder = load_encoder("builtin")
    reports = {}
    for engine in ("local", "ray"):
        out = str(tmp_path / engine)
        reports[engine] = build(open_source(str(photos)), out, encoder, engine=engine)
        assert add(open_source(str(more)), out, encoder, engine=engine).count == 40
    assert rows(str(tmp_path / "ray")) == rows(str(tmp_path / "local"))
    assert sorted(map(str, reports["ray"].unreadable)) == sorted(map(str, reports["local"].unreadable))

    local, ray = Gallery.open(str(tmp_path / "local")), Gallery.open(str(tmp_path / "ray"))
    query = encoder.encode([picture(7)])[0]
    assert find_nearest(ray, query, 10) == find_nearest(local, query, 10)
    assert find_farthest(ray, query, 10) == find_farthest(local, query, 10)


def test_an_interrupted_ray_build_keeps_its_waves(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.build.ray._WAVE", 10)
    photos = photo_folder(tmp_path / "photos", [(10.0 + n, 20.0 + n) for n in range(20)])
    out, encoder = str(tmp_path / "g"), load_encoder("builtin")

    def stop(progress):
        if progress.written == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(open_source(str(photos)), out, encoder, progress=stop, engine="ray")
    report = build(open_source(str(photos)), out, encoder, engine="ray")
    assert (report.count, report.resumed_from, report.added) == (20, 10, 10)
