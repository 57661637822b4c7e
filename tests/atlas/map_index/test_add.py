"""An extract becomes a map whole, or not at all; killed, the import goes on."""

import os
import sqlite3
from pathlib import Path

import pytest

from sextant.atlas.map_index import add as adding
from sextant.atlas.map_index.add import add_map
from sextant.atlas.map_index.element import Form, MapError, pack_parts, unpack_parts
from sextant.atlas.map_index.search import MapIndex
from sextant.atlas.map_index.shapes import make_shape
from sextant.atlas.map_index.store import list_map_files, list_maps, remove_map
from sextant.base.locks import Lock
from tests.support.data import SHARED, needs_shared_data
from tests.support.map_extract import write_extract

pytest.importorskip("osmium")
import numpy as np


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    return write_extract(tmp_path / "town.osm.pbf")


def test_the_map_lists_its_source_and_licence(extract: Path, tmp_path: Path) -> None:
    told: list[int] = []
    made = add_map(tmp_path / "maps", extract, told.append)
    (source,) = list_maps(tmp_path / "maps")
    assert (source.name, source.elements) == ("town.osm.pbf", made.elements)
    assert source.licence.startswith("ODbL") and told[-1] == made.elements
    assert remove_map(tmp_path / "maps", "town.osm.pbf") == made.elements
    assert list_maps(tmp_path / "maps") == []
    with pytest.raises(MapError, match="unknown map 'x'; the maps are: none"):
        remove_map(tmp_path / "maps", "x")


def test_what_is_of_no_use_is_left_out(extract: Path, tmp_path: Path) -> None:
    add_map(tmp_path / "maps", extract)
    (path,) = list_map_files(tmp_path / "maps")
    kinds = {row[0] for row in sqlite3.connect(path).execute("SELECT kind FROM kinds")}
    assert "natural=tree" not in kinds and {"bridge=yes", "amenity=fountain", "waterway=river"} <= kinds


def test_a_killed_import_goes_on_where_it_was(extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def kill(count: int) -> None:
        if count >= 6:
            raise Killed

    whole = add_map(tmp_path / "whole", extract)
    monkeypatch.setattr(adding, "_BATCH", 3)
    with pytest.raises(Killed):
        add_map(tmp_path / "maps", extract, kill)
    assert list_maps(tmp_path / "maps") == []
    made = add_map(tmp_path / "maps", extract)
    assert made.resumed == 6 and made.elements == whole.elements and made.names == whole.names
    tables = [
        list(sqlite3.connect(tmp_path / name / "town.osm.pbf.sqlite").execute("SELECT * FROM elements ORDER BY id"))
        for name in ("whole", "maps")
    ]
    assert tables[0] == tables[1]


def test_another_file_of_the_name_begins_anew(extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "_BATCH", 3)

    def kill(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_map(tmp_path / "maps", extract, kill)
    os.utime(extract, (1, 1))
    assert add_map(tmp_path / "maps", extract).resumed == 0


def test_a_failed_import_leaves_the_earlier_map(extract: Path, tmp_path: Path) -> None:
    add_map(tmp_path / "maps", extract)
    before = (tmp_path / "maps" / "town.osm.pbf.sqlite").read_bytes()
    content = extract.read_bytes()
    extract.write_bytes(content[: len(content) // 2])
    with pytest.raises(MapError, match="download it again"):
        add_map(tmp_path / "maps", extract)
    assert (tmp_path / "maps" / "town.osm.pbf.sqlite").read_bytes() == before
    assert MapIndex(tmp_path / "maps").search("Coop")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.osm.pbf", None, "is not a file"),
        ("photo.jpg", b"\xff\xd8", "should end in .osm.pbf"),
        ("html.osm.pbf", b"<html>not found</html>", "is not an .osm.pbf file"),
        ("empty.osm.pbf", b"", "is not an .osm.pbf file"),
    ],
)
def test_a_file_of_another_format_is_refused(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(MapError, match=message):
        add_map(tmp_path / "maps", tmp_path / name)
    assert list_map_files(tmp_path / "maps") == []


def test_a_second_import_of_the_file_is_refused(extract: Path, tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    lock = Lock(tmp_path / "maps" / "town.osm.pbf.sqlite.lock")
    lock.take()
    try:
        with pytest.raises(MapError, match="being added already"):
            add_map(tmp_path / "maps", extract)
    finally:
        lock.release()


def test_a_full_disk_is_one_line(extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(adding, "_insert", fail)
    with pytest.raises(MapError, match="disk is full; free some space"):
        add_map(tmp_path / "maps", extract)
    assert list_maps(tmp_path / "maps") == []


def test_shapes_keep_their_positions() -> None:
    parts = (np.array([(48.0, 11.0), (48.1, 11.1), (48.0, 11.2)]), np.array([(1.0, -2.0), (1.5, -2.5)]))
    back = unpack_parts(pack_parts(parts))
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(parts, back, strict=True))
    assert make_shape(Form.POINT, 48.0, 11.0, None).coords[0] == (11.0, 48.0)
    assert make_shape(Form.LINE, 48.0, 11.0, pack_parts(parts[:1])).geom_type == "LineString"


@needs_shared_data
def test_a_country_is_added_in_bounded_memory(tmp_path: Path) -> None:
    assert SHARED
    made = add_map(tmp_path / "maps", SHARED / "osm" / "liechtenstein.osm.pbf")
    assert made.elements > 17_000
    index = MapIndex(tmp_path / "maps")
    found = {
        text: index.search(text)[0]
        for text in (
            "Burg Gutenberg",
            "Städtle 32",
            "Landstrasse / Feldkircher Strasse, Schaan",
            "a ruin in Schellenberg",
        )
    }
    assert abs(found["Burg Gutenberg"].latitude - 47.0656) < 0.002
    assert found["Städtle 32"].name == "Kunstmuseum Liechtenstein"
    assert found["Landstrasse / Feldkircher Strasse, Schaan"].near[0].metres < 1
    assert found["a ruin in Schellenberg"].name.startswith("Ruine")
