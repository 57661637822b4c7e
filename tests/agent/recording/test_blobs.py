import pytest

from sextant.agent.recording.blobs import BlobMissing, BlobStore
from sextant.base.errors import SextantError


def test_bytes_come_back_by_their_hash(tmp_path):
    store = BlobStore(tmp_path)
    assert store.get(store.put(b"photo")) == b"photo"


def test_equal_bytes_are_kept_once(tmp_path):
    store = BlobStore(tmp_path)
    store.put(b"photo")
    store.put(b"photo")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_equal_values_have_equal_hashes_whatever_the_order_of_keys(tmp_path):
    store = BlobStore(tmp_path)
    assert store.put_json({"a": 1, "b": "é"}) == store.put_json({"b": "é", "a": 1})


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63, "/" * 64])
def test_a_name_that_is_no_hash_never_becomes_a_path(tmp_path, name):
    with pytest.raises(BlobMissing):
        BlobStore(tmp_path).get(name)


def test_bytes_changed_on_disk_are_not_handed_out(tmp_path):
    store = BlobStore(tmp_path)
    sha256 = store.put(b"photo")
    store.path(sha256).write_bytes(b"other")
    with pytest.raises(BlobMissing, match="changed"):
        store.get(sha256)


def test_a_store_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SextantError, match="--home"):
        BlobStore(tmp_path / "file").put(b"photo")
