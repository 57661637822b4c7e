"""Gazetteers are read as they are published, and an import that fails changes nothing."""

import gzip
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sextant.atlas.gazetteer import add
from sextant.atlas.gazetteer.add import add_source, remove_source
from sextant.atlas.gazetteer.feature import PlacesSourceError
from sextant.atlas.gazetteer.lookup import Lookup
from sextant.atlas.gazetteer.store import list_sources, open_store
from sextant.base.locks import Lock
from tests.atlas.gazetteer.samples import GEONAMES, geonames_zip, names_zip, wikidata_csv, wikipedia_dumps
from tests.support.data import SHARED, needs_shared_data

OSM = SHARED / "osm" / "liechtenstein.osm.pbf"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "home" / "places.sqlite"


def found(store: Path, name: str) -> list[tuple[float, float]]:
    lookup = Lookup(store)
    try:
        return [(sight.latitude, sight.longitude) for sight in lookup.resolve(name)]
    finally:
        lookup.close()


def csv_of(folder: Path, text: str, name: str = "own.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_geonames_and_its_names_in_many_languages(store: Path, tmp_path: Path) -> None:
    report = add_source(store, geonames_zip(tmp_path))
    assert (report.places, report.broken) == (4, 0)
    names = add_source(store, names_zip(tmp_path))
    assert (names.places, names.names) == (0, 1)  # links, numbers of Wikidata and historic names do not count
    tower = [(48.8584, 2.29448)]
    assert found(store, "Eiffelturm") == found(store, "Эйфелева башня") == found(store, "艾菲尔铁塔, Paris") == tower
    assert found(store, "Tour de trois cents mètres") == []
    assert [(one.format, one.licence.split(",")[0]) for one in list_sources(store)] == [
        ("GeoNames", "CC BY 4.0"),
        ("GeoNames names", "CC BY 4.0"),
    ]


def test_a_sight_is_looked_for_in_its_container(store: Path, tmp_path: Path) -> None:
    add_source(store, geonames_zip(tmp_path))
    assert found(store, "Plaza de Armas, Cusco, Peru") == [(-13.51668, -71.97878)]
    assert found(store, "Plaza de Armas, Lima") == [(-12.04596, -77.03054)]
    assert found(store, "Plaza de Armas, Paris") == []
    assert len(found(store, "Plaza de Armas")) == 2


def test_wikipedia_articles_with_a_primary_position_on_earth(store: Path, tmp_path: Path) -> None:
    report = add_source(store, wikipedia_dumps(tmp_path))
    assert (report.places, report.broken) == (2, 0)
    assert found(store, "Eiffel Tower, Paris") == [(48.8583, 2.2945)]
    assert found(store, "Queen's Gallery, London") == [(51.5008, -0.1419)]
    assert found(store, "Hadley") == []


def test_the_wikidata_gazetteer(store: Path, tmp_path: Path) -> None:
    add_source(store, wikidata_csv(tmp_path))
    assert found(store, "Brandenburger Tor, Berlin") == [(52.51627, 13.3777)]
    (source,) = list_sources(store)
    assert (source.format, source.licence) == ("Wikidata", "CC0, Wikidata")


@pytest.mark.parametrize(
    "text",
    [
        "name,latitude,longitude\nOld Mill,47.5,9.5\n",
        "Name;Lat;Lon;Type\nOld Mill;47,5;9,5;mill\n",
        "\ufefflon\tlat\ttitle\n9.5\t47.5\tOld Mill\n",
    ],
)
def test_the_columns_of_any_csv_are_recognised(store: Path, tmp_path: Path, text: str) -> None:
    add_source(store, csv_of(tmp_path, text))
    assert found(store, "old mill") == [(47.5, 9.5)]


def test_names_are_data_whatever_they_hold(store: Path, tmp_path: Path) -> None:
    odd = ['O"Brien OR *', "x' --", "NEAR(a b)", "\u202eevil\u200f", "a AND b NOT c", "^key: (", "DROP TABLE places"]
    rows = "".join(f'"{name.replace(chr(34), chr(34) * 2)}",47.{number},9.5\n' for number, name in enumerate(odd, 1))
    add_source(store, csv_of(tmp_path, f"name,latitude,longitude\n{rows}"))
    for number, name in enumerate(odd, 1):
        assert (float(f"47.{number}"), 9.5) in found(store, name)
    for query in ('"', "* OR", "NEAR(", "\x00", "^^^^^^", "aaaa OR key:bbbb", "(" * 50, "x" * 5000):
        found(store, query)


def test_a_misspelling_is_forgiven(store: Path, tmp_path: Path) -> None:
    add_source(store, csv_of(tmp_path, "name,latitude,longitude\nBrandenburg Gate,52.5,13.4\n"))
    assert found(store, "Brandenburg Gate") == found(store, "Brandenbrg Gate") == found(store, "Brandenburk Gate")
    assert found(store, "Brandon Gate") == []


def test_one_wrong_letter_is_forgiven_wherever_it_stands(store: Path, tmp_path: Path) -> None:
    name = "Alte Mühle am Wehr"
    add_source(store, csv_of(tmp_path, f"name,latitude,longitude\n{name},47.5,9.5\n"))
    for at in range(len(name)):
        for wrong in (name[:at] + name[at + 1 :], name[:at] + "x" + name[at + 1 :], name[:at] + "x" + name[at:],
                      name[:at] + name[at : at + 2][::-1] + name[at + 2 :]):  # fmt: skip
            assert found(store, wrong) == [(47.5, 9.5)], wrong


def test_broken_lines_are_counted_and_listed(store: Path, tmp_path: Path) -> None:
    lines = GEONAMES.splitlines(keepends=True)
    text = lines[0] + "a line of another kind\n" + lines[1].replace("42.50729", "north") + "".join(lines[2:])
    report = add_source(store, csv_of(tmp_path, text, "allCountries.txt"))
    assert (report.places, report.broken) == (3, 2)
    assert [one.line for one in report.first_broken] == [2, 3]
    assert list_sources(store)[0].broken == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("allCountries.txt", b"just\nsome words\n", "no column of 'name'"),
        ("page.sql", b"CREATE TABLE `page` (\n", "without positions"),
        ("enwiki-geo_tags.sql", b"nothing", "beside it"),
        ("cut.csv.gz", gzip.compress(b"name,latitude,longitude\n" + b"a,1,2\n" * 50_000)[:-30], "truncated"),
        ("own.csv", b"name,latitude,longitude\n" + b"x,y,z\n" * 100 + b"a,1,2\n" * 9, "lines cannot be read"),
        ("own.csv", b"name,latitude,longitude\n", "no place could be read"),
        ("no.zip", b"PK no zip", "truncated or damaged"),
        ("bytes.bin", b"\x00\x01\x02" * 100, "is not a known gazetteer"),
    ],
)
def test_a_bad_file_is_refused_and_changes_nothing(
    store: Path, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    add_source(store, csv_of(tmp_path, "name,latitude,longitude\nOld Mill,47.5,9.5\n", "first.csv"))
    before = list_sources(store)
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(PlacesSourceError, match=message):
        add_source(store, path)
    assert list_sources(store) == before and found(store, "Old Mill") == [(47.5, 9.5)]


def test_a_source_added_again_is_replaced_and_removed_whole(store: Path, tmp_path: Path) -> None:
    add_source(store, csv_of(tmp_path, "name,latitude,longitude\nOld Mill,47.5,9.5\nNew Mill,47.6,9.5\n"))
    add_source(store, csv_of(tmp_path, "name,latitude,longitude\nOld Mill,48.5,9.5\n"))
    assert found(store, "Old Mill") == [(48.5, 9.5)] and found(store, "New Mill") != [(47.6, 9.5)]
    assert [one.places for one in list_sources(store)] == [1]
    assert remove_source(store, "own.csv") == 1
    assert found(store, "Old Mill") == [] and list_sources(store) == []
    with pytest.raises(PlacesSourceError, match="unknown source"):
        remove_source(store, "own.csv")


def test_two_imports_at_once_are_refused(store: Path, tmp_path: Path) -> None:
    store.parent.mkdir()
    lock = Lock(store.with_name("places.sqlite.lock"))
    lock.take()
    try:
        with pytest.raises(PlacesSourceError, match="another import"):
            add_source(store, wikidata_csv(tmp_path))
    finally:
        lock.release()
    add_source(store, wikidata_csv(tmp_path))


def many_places(folder: Path) -> Path:
    rows = "".join(f"Place {number},47.{number:06d},9.5,LI\n" for number in range(30_000))
    return csv_of(folder, f"name,latitude,longitude,country_code\n{rows}", "big.csv")


def test_an_import_that_fills_the_disk_leaves_the_old_index(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_source(store, csv_of(tmp_path, "name,latitude,longitude\nOld Mill,47.5,9.5\n", "first.csv"))
    before = list_sources(store)

    def open_on_a_small_disk(path: Path, *, write: bool = False) -> sqlite3.Connection:
        connection = open_store(path, write=write)
        connection.execute("PRAGMA max_page_count = 200")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(add, "open_store", open_on_a_small_disk)
        with pytest.raises(PlacesSourceError, match=r"disk is full; nothing was changed"):
            add_source(store, many_places(tmp_path))
    assert list_sources(store) == before and found(store, "Old Mill") == [(47.5, 9.5)]
    assert add_source(store, many_places(tmp_path)).places == 30_000


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of a process's files")
def test_the_command_says_that_a_file_cannot_grow_and_leaves_the_old_index(store: Path, tmp_path: Path) -> None:
    add_source(store, csv_of(tmp_path, "name,latitude,longitude\nOld Mill,47.5,9.5\n", "first.csv"))
    before = list_sources(store)
    limited = (
        "import resource, runpy, sys",
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))",
        f"sys.argv = ['sextant', 'places', 'add', {str(many_places(tmp_path))!r}, '--home', {str(store.parent)!r}]",
        "runpy.run_module('sextant.app', run_name='__main__')",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(limited)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "cannot take 'big.csv'" in done.stderr.splitlines()[-1]
    assert list_sources(store) == before and found(store, "Old Mill") == [(47.5, 9.5)]


@pytest.mark.kill
def test_a_killed_import_leaves_the_old_index(store: Path, tmp_path: Path) -> None:
    add_source(store, csv_of(tmp_path, "name,latitude,longitude\nOld Mill,47.5,9.5\n", "first.csv"))
    rows = "".join(f"Place {number},47.{number:06d},9.5,LI\n" for number in range(300_000))
    big = csv_of(tmp_path, f"name,latitude,longitude,country_code\n{rows}", "big.csv")
    lines = (
        "from pathlib import Path",
        "from sextant.atlas.gazetteer.add import add_source",
        "print('reads', flush=True)",
        f"add_source(Path({str(store)!r}), Path({str(big)!r}), lambda count: print(count, flush=True))",
    )
    child = subprocess.Popen([sys.executable, "-c", "\n".join(lines)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline(), child.stdout.readline()  # it has written a batch
    with pytest.raises(PlacesSourceError, match="another import"):
        add_source(store, csv_of(tmp_path, "name,latitude,longitude\nNew Mill,47.6,9.5\n", "next.csv"))
    child.kill()
    child.wait()
    assert [one.name for one in list_sources(store)] == ["first.csv"] and found(store, "Old Mill") == [(47.5, 9.5)]
    add_source(store, csv_of(tmp_path, "name,latitude,longitude\nNew Mill,47.6,9.5\n", "next.csv"))
    assert [one.name for one in list_sources(store)] == ["first.csv", "next.csv"]


# Places of Liechtenstein and where OpenStreetMap has them.
LIECHTENSTEIN = [
    ("Burg Gutenberg", 47.0656, 9.5005), ("Burg Gutenberg, Balzers", 47.0656, 9.5005),
    ("Schloss Vaduz", 47.1396, 9.5243),
    ("Postgebäude, Vaduz", 47.1387, 9.5217), ("Kunstmuseum Liechtenstein, Vaduz", 47.1395, 9.5221),
    ("Kathedrale St. Florin, Vaduz", 47.1362, 9.5229), ("Bahnhof Schaan-Vaduz", 47.1684, 9.5082),
    ("Rathaus Vaduz", 47.1407, 9.5219),
    ("Rheinparkstadion, Vaduz", 47.1405, 9.5101), ("Landstrasse Schaan", 47.1653, 9.5089),
]  # fmt: skip


@needs_shared_data
def test_a_whole_country_of_openstreetmap(store: Path) -> None:
    pytest.importorskip("osmium")
    report = add_source(store, OSM)
    assert report.places > 4000 and list_sources(store)[0].licence.startswith("ODbL")
    from sextant.geo.sphere import compute_great_circle_km

    for name, latitude, longitude in LIECHTENSTEIN:
        position = found(store, name)[0]
        assert float(compute_great_circle_km(position, (latitude, longitude))) < 0.1, name
    lookup = Lookup(store)
    sight = lookup.prominent_near(47.1395, 9.5245)
    lookup.close()
    assert sight is not None and sight.name == "Schloss Vaduz"
