"""A gallery in an object store, on a real S3-compatible server on loopback."""

import pytest

pytest.importorskip("moto.server", reason="moto is not installed; it comes with the extra 'dev'")

from sextant.gallery.build.build import add, build
from sextant.gallery.database import GalleryError, connect
from sextant.gallery.search.search import find_farthest, find_nearest
from sextant.gallery.sources.recognise import open_source
from sextant.gallery.store import Gallery
from tests.gallery.build.test_build import PLACES, Stopped, StopsAfter
from tests.gallery.test_large import cone
from tests.support.encoders import ThumbnailEncoder
from tests.support.galleries import made_gallery
from tests.support.photos import photo_folder, picture


@pytest.fixture
def bucket(monkeypatch):
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket="galleries")
    yield "s3://galleries"
    server.stop()


def rows(path: str) -> list[dict[str, object]]:
    return connect(path).open_table("photos").to_arrow().to_pylist()


def test_a_gallery_in_a_bucket_is_built_resumed_searched_and_extended(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.encoders.spec.BATCH", 8)
    monkeypatch.setattr("sextant.gallery.build.pipeline._COMMIT_ROWS", 8)
    photos = photo_folder(tmp_path / "photos", PLACES)
    out = f"{bucket}/mine"
    with pytest.raises(GalleryError, match="is not a gallery"):
        Gallery.open(out)
    with pytest.raises(Stopped):
        build(open_source(str(photos)), out, StopsAfter(24))
    with pytest.raises(GalleryError, match="unfinished build"):
        Gallery.open(out)
    report = build(open_source(str(photos)), out, ThumbnailEncoder())
    assert (report.count, report.resumed_from) == (40, 24)

    build(open_source(str(photos)), str(tmp_path / "local"), ThumbnailEncoder())
    assert rows(out) == rows(str(tmp_path / "local"))
    query = ThumbnailEncoder().encode([picture(7)])[0]
    there, here = Gallery.open(out), Gallery.open(str(tmp_path / "local"))
    assert find_nearest(there, query, 5) == find_nearest(here, query, 5)
    assert find_farthest(there, query, 5) == find_farthest(here, query, 5)

    more = photo_folder(tmp_path / "more", [(1, 1)], first_seed=100)
    assert add(open_source(str(more)), out, ThumbnailEncoder()).count == 41


@pytest.mark.slow
def test_an_indexed_gallery_in_a_bucket_finds_what_one_in_a_folder_finds(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.gallery.search.index.EXACT_BELOW", 1000)
    vectors = cone(3000, 1)
    there, here = (made_gallery(path, *vectors.shape, vectors) for path in (f"{bucket}/large", tmp_path / "large"))
    assert (there.manifest.index.kind, here.manifest.index.kind) == ("IVF_RQ", "IVF_SIMHASH")
    for gallery in (there, here):
        whole = {"probes": gallery.manifest.index.partitions, "rerank": 3000}
        gallery.manifest = gallery.manifest.model_copy(
            update={"index": gallery.manifest.index.model_copy(update=whole)}
        )
    assert there.indexed_rows.details is None and here.indexed_rows.details is not None
    for query in cone(3, 2):
        assert find_nearest(there, query, 5) == find_nearest(here, query, 5)
        assert find_farthest(there, query, 5) == find_farthest(here, query, 5)
