"""A folder of photos is a folder of photos, whatever else lies in it; a table is one when it names its photos."""

import os
import unicodedata
import zipfile

import pytest

from sextant.gallery.photos.open import open_photo
from sextant.gallery.sources.recognise import SourceOptions, open_source
from sextant.gallery.sources.records import PhotoRecord, SourceError, Unreadable
from tests.support.photos import gps_exif, jpeg, photo_folder

PLACED = jpeg(1, exif=gps_exif(10, 20))
TABLE = "image,latitude,longitude\na.jpg,44.567,2.5\n"


def records(source):
    return [item for item in source if isinstance(item, PhotoRecord)]


@pytest.mark.parametrize("where", ["old.zip", "sub/old.zip", ".hidden/notes.zip", "sub/deeper/backup.tar.00"])
def test_an_archive_among_photos_refuses_nothing(tmp_path, where):
    (tmp_path / "a.jpg").write_bytes(PLACED)
    (tmp_path / where).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(tmp_path / where, "w") as archive:
        archive.writestr("notes.txt", "hello")
    assert [record.id for record in records(open_source(str(tmp_path)))] == ["a.jpg"]
    (tmp_path / "t.csv").write_text(TABLE)
    named = open_source(str(tmp_path), SourceOptions(metadata=tmp_path / "t.csv"))
    assert [record.latitude for record in records(named)] == [44.567]


@pytest.mark.parametrize(
    "text",
    [
        "id,time,lat,lon\n1,2024-05-01T10:00:00Z,10,20\n",
        "id,lat,lon\nParis,48.8,2.3\n",
        "name,latitude,longitude\nParis,48.8,2.3\n",
        "image,latitude,longitude\nelsewhere.jpg,1,2\n",
        "",
    ],
)
def test_an_unrelated_table_takes_over_nothing_and_is_named(tmp_path, text):
    (tmp_path / "a.jpg").write_bytes(PLACED)
    (tmp_path / "1.jpg").write_bytes(PLACED)
    (tmp_path / "other.csv").write_text(text)
    source = open_source(str(tmp_path))
    assert [record.latitude for record in records(source)] == [None, None]  # by EXIF
    assert any("other.csv" in note for note in source.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_tables_are_read_in_every_common_form(tmp_path, encoding, mark):
    text = f"image{mark}latitude{mark}longitude{mark}author\nMünchen.jpg{mark}48.1{mark}11.5{mark}Jörg Müller\n"
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    (tmp_path / "München.jpg").write_bytes(jpeg(1))
    source = open_source(str(tmp_path))
    (record,) = records(source)
    assert (record.latitude, record.longitude, record.author) == (48.1, 11.5, "Jörg Müller")
    assert bool(source.notes) == (mark != "," or not encoding.startswith("utf-8"))


def test_decimal_commas_and_true_minus_are_numbers(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "t.csv").write_text('image,latitude,longitude\na.jpg,"\u221244,567","2,5"\n', encoding="utf-8")
    (record,) = records(open_source(str(tmp_path)))
    assert (record.latitude, record.longitude) == (-44.567, 2.5)


def test_a_row_at_zero_zero_is_not_used(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "t.csv").write_text("image,latitude,longitude\na.jpg,0.0,0.0\n")
    (item,) = open_source(str(tmp_path))
    assert isinstance(item, Unreadable) and "0, 0" in item.reason


@pytest.mark.parametrize(
    ("file", "listed"),
    [
        (unicodedata.normalize("NFD", "München.jpg"), "München.jpg"),
        ("München.jpg", unicodedata.normalize("NFD", "München.jpg")),
        ("sub/a.jpg", "sub\\a.jpg"),
        ("IMG_1.JPG", "img_1.jpg"),
    ],
)
def test_names_match_however_they_are_spelled(tmp_path, file, listed):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(jpeg(1))
    (tmp_path / "t.csv").write_text(f"image,latitude,longitude\n{listed},48.1,11.5\n", encoding="utf-8")
    assert [record.latitude for record in records(open_source(str(tmp_path)))] == [48.1]


def test_two_files_that_differ_by_case_are_never_mixed_up(tmp_path):
    for name in ("a.jpg", "A.jpg"):
        (tmp_path / name).write_bytes(jpeg(1))
    (tmp_path / "t.csv").write_text("image,latitude,longitude\na.jpg,1,2\nA.JPG,3,4\n")
    assert [record.id for record in records(open_source(str(tmp_path)))] == ["a.jpg"]


def test_photos_are_taken_by_content_and_other_pictures_are_listed(tmp_path):
    for name in ("a.jfif", "b.jpe", "c.mpo", "noname", "d.bin"):
        (tmp_path / name).write_bytes(PLACED)
    (tmp_path / "e.jxl").write_bytes(b"\xff\x0a" + bytes(40))
    (tmp_path / "notes.doc").write_bytes(b"Dear diary")
    (tmp_path / "@eaDir").mkdir()
    (tmp_path / "@eaDir" / "thumb.jpg").write_bytes(PLACED)
    items = list(open_source(str(tmp_path)))
    assert [item.id for item in items if isinstance(item, PhotoRecord)] == [
        "a.jfif",
        "b.jpe",
        "c.mpo",
        "d.bin",
        "noname",
    ]
    assert [(item.id, item.reason) for item in items if isinstance(item, Unreadable)] == [
        ("e.jxl", "is a JPEG XL file, which is not supported; export it as JPEG")
    ]


def test_archives_alone_still_need_a_table(tmp_path):
    with zipfile.ZipFile(tmp_path / "00.zip", "w") as archive:
        archive.writestr("1.jpg", PLACED)
    with pytest.raises(SourceError, match="--metadata"):
        open_source(str(tmp_path))


def test_tables_and_spreadsheets_are_named_however_their_suffix_is_written(tmp_path):
    folder = photo_folder(tmp_path / "photos", [(1, 2), (3, 4)])
    (folder / "T.CSV").write_text("Datei;Breite;Länge\n000.jpg;33°51'24\"S;151,25\n")
    (folder / "more.xlsx").write_bytes(b"PK\3\4")
    source = open_source(str(folder))
    record = next(iter(source))
    assert (record.latitude, record.longitude) == (pytest.approx(-33.856667, abs=1e-5), 151.25)
    assert any("'more.xlsx' is a spreadsheet" in note for note in source.notes)


def test_a_table_whose_lines_do_not_fit_its_header_says_so(tmp_path):
    folder = photo_folder(tmp_path / "photos", [(1, 2)])
    (folder / "t.csv").write_text("a,b,file,lat,lon\n000.jpg,1,2\n")
    assert any("none of its lines has the columns" in note for note in open_source(str(folder)).notes)


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tgz", "a.tar.zst", "a.7z", "below/a.rar"])
@pytest.mark.parametrize("table", ["", "file,lat,lon\n000.jpg,5,6\n"])
def test_archives_beside_photos_are_named_and_left(tmp_path, name, table):
    folder = photo_folder(tmp_path / "photos", [(1, 2)])
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"not opened")
    if table:
        (folder / "t.csv").write_text(table)
    source = open_source(str(folder))
    assert len(list(source)) == 1
    assert any("archives were not opened: " in note and "unpack" in note for note in source.notes)


@pytest.mark.parametrize("name", ["places.csv", "places.txt"])
def test_a_table_with_the_position_in_one_column_is_read(tmp_path, name):
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / name).write_text("file\tcoordinates\na.jpg\t-33.8568, 151.2153\n", encoding="utf-8")
    (found,) = records(open_source(str(tmp_path)))
    assert (found.latitude, found.longitude) == (-33.8568, 151.2153)


def test_a_column_of_place_names_is_no_column_of_positions(tmp_path):
    (tmp_path / "a.jpg").write_bytes(PLACED)
    (tmp_path / "captions.csv").write_text("file,location\na.jpg,Sydney\n", encoding="utf-8")
    source = open_source(str(tmp_path))
    (found,) = records(source)
    assert found.latitude is None  # by EXIF
    assert any("'location' holds no positions" in note for note in source.notes)


def test_a_text_file_that_is_no_table_is_not_mentioned(tmp_path):
    (tmp_path / "a.jpg").write_bytes(PLACED)
    (tmp_path / "notes.txt").write_text("Taken with a borrowed camera.\n", encoding="utf-8")
    assert not any("notes" in note for note in open_source(str(tmp_path)).notes)


def test_a_name_that_is_not_utf8_is_a_row_like_any_other(tmp_path):
    (tmp_path / os.fsdecode(b"\xff caf\xe9.jpg")).write_bytes(PLACED)
    (found,) = records(open_source(str(tmp_path)))
    assert found.id == r"\xff caf\xe9.jpg"
    assert open_photo(found.uri).metadata.latitude == 10  # a gallery's row finds its photo
