"""Arrays in one mapped file come back as they were written; a damaged file is refused."""

import numpy as np
import pytest

from sextant.gallery.search.array_file import DamagedFile, Pieces, map_arrays, write_arrays


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "arrays"
    write_arrays(
        path,
        {
            "names": Pieces.whole(np.arange(5, dtype=np.uint8)),
            "none": Pieces(np.dtype(np.int64), (0, 3), iter(())),
            "table": Pieces(np.dtype(np.float32), (4, 2), iter([np.ones((3, 2)), np.zeros((1, 2))])),
            "turned": Pieces.whole(np.arange(6, dtype=np.int64).reshape(2, 3).T),
        },
    )
    return path


def test_arrays_come_back_as_they_were_written(file):
    arrays = map_arrays(file)
    assert list(arrays) == ["names", "none", "table", "turned"]
    assert arrays["names"].tolist() == [0, 1, 2, 3, 4] and arrays["none"].shape == (0, 3)
    assert arrays["table"].dtype == np.float32 and arrays["table"].tolist() == [[1, 1]] * 3 + [[0, 0]]
    assert arrays["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_each_array_begins_at_a_cache_line(file):
    assert all(array.__array_interface__["data"][0] % 64 == 0 for array in map_arrays(file).values() if array.size)


def test_a_mapped_array_cannot_be_written_to(file):
    with pytest.raises(ValueError, match="read-only"):
        map_arrays(file)["table"][0, 0] = 5


def test_a_file_that_is_cut_short_is_refused(file):
    content = file.read_bytes()
    for kept in (content[: len(content) // 2], content[:-65]):
        file.write_bytes(kept)
        with pytest.raises(DamagedFile, match="cut short"):
            map_arrays(file)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"a line\n", b'{"arrays": 3}\n', b'{"arrays": [["a", "<f4"]]}\n', b"\0" * 99]
)
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(DamagedFile, match="not a file of arrays"):
        map_arrays(tmp_path / "other")


def test_pieces_must_fill_the_shape(tmp_path):
    with pytest.raises(ValueError, match="array 'a' has 8 bytes"):
        write_arrays(tmp_path / "short", {"a": Pieces(np.dtype(np.int64), (2,), [np.zeros(1)])})
