from pathlib import Path

from sextant.gallery.sources.recognise import SourceOptions, open_source
from sextant.gallery.sources.records import PhotoRecord, Unreadable
from tests.support.photos import jpeg, photo_folder


def test_rows_and_photos_without_each_other_are_reported(tmp_path: Path):
    folder = photo_folder(tmp_path / "images", [(1, 1), (2, 2), (3, 3), (4, 4)])
    rows = "000.jpg,10,20,Ann\n001.jpg,11,21,Ann\n000.jpg,0,1,Bob\nghost.jpg,1,1,Ann\n003.jpg,95,0,Ann\n"
    (tmp_path / "t.csv").write_text("image,latitude,longitude,author\n" + rows)
    items = list(open_source(str(folder), SourceOptions(metadata=tmp_path / "t.csv")))
    taken = {item.id: (item.latitude, item.longitude) for item in items if isinstance(item, PhotoRecord)}
    reasons = {item.id: item.reason for item in items if isinstance(item, Unreadable)}
    assert taken == {"000.jpg": (10, 20), "001.jpg": (11, 21)}
    assert reasons["ghost.jpg"] == "is not in folder 'images'"
    assert reasons["000.jpg"].startswith("is listed twice")
    assert "out of range" in reasons["003.jpg"]
    assert reasons["002.jpg"] == "has no row in 't.csv'"


def test_a_table_cannot_point_outside_its_folder(tmp_path: Path):
    folder = photo_folder(tmp_path / "images", [(1, 1)])
    (tmp_path / "secret.jpg").write_bytes(jpeg(9))
    (tmp_path / "t.csv").write_text(f"image,latitude,longitude\n../secret.jpg,1,2\n{tmp_path}/secret.jpg,1,2\n")
    items = list(open_source(str(folder), SourceOptions(metadata=tmp_path / "t.csv")))
    assert not [item for item in items if isinstance(item, PhotoRecord)]


def test_rows_without_a_country_can_be_left_out(tmp_path: Path):
    folder = photo_folder(tmp_path / "images", [(1, 1), (2, 2)])
    (tmp_path / "t.csv").write_text("image,latitude,longitude,country\n000.jpg,1,2,France\n001.jpg,1,2,\n")
    options = SourceOptions(metadata=tmp_path / "t.csv", country_known=True)
    items = list(open_source(str(folder), options))
    assert [item.id for item in items if isinstance(item, PhotoRecord)] == ["000.jpg"]


def test_another_table_or_another_reading_of_it_is_another_source(tmp_path: Path):
    folder = photo_folder(tmp_path / "images", [(1, 1)])
    table = tmp_path / "t.csv"

    def identity(text: str, **options: bool) -> str:
        table.write_text("image,latitude,longitude\n" + text)
        return open_source(str(folder), SourceOptions(metadata=table, **options)).identity

    once = identity("000.jpg,1,2\n")
    assert identity("000.jpg,1,2\n") == once
    assert len({once, identity("000.jpg,1,3\n"), identity("000.jpg,1,2\n", swapped=True)}) == 3
