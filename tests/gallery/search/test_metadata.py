"""The file of metadata that large galleries are searched with: what the table says, wherever its rows lie."""

import mmap
from pathlib import Path

import numpy as np
import pytest

from sextant.gallery.build.commit import BuildTask, open_writer
from sextant.gallery.search import metadata
from sextant.gallery.search.metadata import METADATA, Details, write_details
from sextant.gallery.search.side_files import clear_side_files
from tests.support.galleries import made_rows, unit_vectors

SIZES = (300, 1, 250)  # of the table's fragments
COUNT = sum(SIZES)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("details")
    with open_writer(str(folder / "g"), 8) as writer:
        writer.begin(BuildTask("build", "made", "made", {}), None)
        rows, start = made_rows(COUNT), 0
        for size in SIZES:
            writer.append(rows[start : start + size], unit_vectors(size, 8))
            start += size
        write_details(writer.photos, folder)
        yield writer.photos, folder


@pytest.mark.parametrize("count", [1, 16, COUNT])
def test_rows_come_as_the_table_has_them_in_the_order_asked_for(table, count):
    photos, folder = table
    stored = photos.search().with_row_id(True).select(list(METADATA)).limit(COUNT).to_arrow()
    chosen = np.random.default_rng(1).permutation(COUNT)[:count]
    asked = stored.take(chosen)
    details = Details.opened(folder, "photos", photos.version)
    assert details is not None
    assert details.rows(asked["_rowid"]).to_pylist() == asked.drop_columns(["_rowid"]).to_pylist()


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="only POSIX systems can be told to unmap pages")
def test_pages_of_a_large_file_are_let_go_now_and_then_and_the_rows_stay_the_same(table, monkeypatch):
    photos, folder = table
    monkeypatch.setattr(metadata, "_KEPT_BYTES", 0)
    details = Details.opened(folder, "photos", photos.version)
    assert details is not None
    ids = photos.search().with_row_id(True).select(["id"]).limit(COUNT).to_arrow()
    before = [_count_resident_pages(folder)]
    for _ in range(3):
        assert details.rows(ids["_rowid"])["id"].to_pylist() == ids["id"].to_pylist()
        before.append(_count_resident_pages(folder))
    details._let_pages_go(COUNT)
    assert _count_resident_pages(folder) < max(before)


def test_a_small_file_stays_mapped(table):
    photos, folder = table
    details = Details.opened(folder, "photos", photos.version)
    assert details is not None
    details.rows(photos.search().with_row_id(True).select(["id"]).limit(COUNT).to_arrow()["_rowid"])
    before = _count_resident_pages(folder)
    details._let_pages_go(COUNT)
    assert _count_resident_pages(folder) == before > 0


def _count_resident_pages(folder):
    """Return kB of the details that are mapped into this process's memory now."""
    maps = Path("/proc/self/smaps")
    if not maps.exists():
        pytest.skip("only Linux tells which pages are mapped")
    resident, inside = 0, False
    for line in maps.read_text().splitlines():
        if "-" in line.split()[0]:
            inside = f"{folder}/" in line and line.endswith(".details")
        elif inside and line.startswith("Rss:"):
            resident += int(line.split()[1])
    return resident


def test_no_rows_are_an_empty_table_of_the_same_columns(table):
    photos, folder = table
    details = Details.opened(folder, "photos", photos.version)
    assert details is not None
    nothing = details.rows([])
    assert nothing.num_rows == 0 and nothing.column_names == list(METADATA)


def test_those_of_another_version_are_not_taken(table):
    photos, folder = table
    assert Details.opened(folder, "photos", photos.version + 1) is None


def test_only_those_of_one_version_stay(tmp_path):
    kept = ["outliers-2.vectors", "photos-4.details", "photos-4.vectors", "photos.lance"]
    for name in (*kept, "photos-3.details", "photos-3.vectors", "outliers-4.details", "photos-5.unfinished"):
        (tmp_path / name).touch()
    clear_side_files(tmp_path, {"photos": 4, "outliers": 2})
    assert sorted(file.name for file in tmp_path.iterdir()) == kept
