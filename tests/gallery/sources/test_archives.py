import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from sextant.gallery.build.build import build
from sextant.gallery.database import connect
from sextant.gallery.sources.recognise import SourceOptions, open_source, open_sources
from sextant.gallery.sources.records import PhotoRecord, SourceError, Unreadable
from tests.support.encoders import ThumbnailEncoder
from tests.support.photos import jpeg

MP16 = (
    "IMG_ID,AUTHOR,LAT,LON,S3_Label,S16_Label,S365_Label,Prob_indoor,Prob_natural,Prob_urban,"
    "neighbourhood,city,county,state,region,country,country_code,continent\n"
)
OSV = "id,latitude,longitude,thumb_original_url,country,sequence,captured_at,cell,creator_username,creator_id\n"


def mp16_table(folder: Path, images: list[str], country: str = "France,fr") -> None:
    rows = [
        f"{name},7@N0{n},{10 + n},{20 + n},1,2,3,0,0,1,,Paris,,,,{country},Europe\n" for n, name in enumerate(images)
    ]
    (folder / "MP16_Pro_filtered.csv").write_text(MP16 + "".join(rows))


def mp16_tar(folder: Path, members: dict[str, bytes], parts: int = 3) -> None:
    """One tar cut into parts of equal length, as published: cuts fall anywhere, also within a header."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    whole = buffer.getvalue()
    step = len(whole) // parts + 1
    for number in range(parts):
        (folder / f"MP16-Pro.tar.{number:02}").write_bytes(whole[number * step : (number + 1) * step])


def split(folder: Path, **options: bool) -> tuple[list[PhotoRecord], dict[str, str]]:
    items = list(open_source(str(folder), SourceOptions(**options)))
    records = [item for item in items if isinstance(item, PhotoRecord)]
    return records, {item.id: item.reason for item in items if isinstance(item, Unreadable)}


@pytest.mark.parametrize("parts", [1, 2, 7, 40])
@pytest.mark.parametrize("root", ["images", "images/mp16"])
def test_tar_parts_are_read_across_their_boundaries(tmp_path, parts, root):
    photos = {f"ab/{n}_x.jpg": jpeg(n) for n in range(6)}
    mp16_table(tmp_path, list(photos))
    mp16_tar(tmp_path, {f"{root}/{name.replace('/', '_')}": content for name, content in photos.items()}, parts)
    records, reasons = split(tmp_path)
    assert {record.id: record.photo.read() for record in records} == photos and reasons == {}
    first = records[0]
    assert (first.latitude, first.longitude, first.author, first.country_code) == (10, 20, "7@N00", "FR")


def test_members_may_keep_the_folders_of_their_id(tmp_path):
    mp16_table(tmp_path, ["ab/cd/1.jpg"])
    mp16_tar(tmp_path, {"images/ab/cd/1.jpg": jpeg(1)}, 1)
    assert [record.id for record in split(tmp_path)[0]] == ["ab/cd/1.jpg"]


def test_several_whole_tars_are_read_one_after_the_other(tmp_path):
    mp16_table(tmp_path, ["1.jpg", "2.jpg"])
    for number in (1, 2):
        mp16_tar(tmp_path, {f"images/{number}.jpg": jpeg(number)}, 1)
        (tmp_path / "MP16-Pro.tar.00").rename(tmp_path / f"part{number}.tar")
    assert [record.id for record in split(tmp_path)[0]] == ["1.jpg", "2.jpg"]


def test_a_tar_cut_in_the_middle_gives_what_is_whole_and_says_so(tmp_path):
    photos = {f"{n}.jpg": jpeg(n, size=(300, 200)) for n in range(8)}
    mp16_table(tmp_path, list(photos))
    mp16_tar(tmp_path, {f"images/{name}": content for name, content in photos.items()}, 1)
    tar = tmp_path / "MP16-Pro.tar.00"
    tar.write_bytes(tar.read_bytes()[: tar.stat().st_size * 6 // 10])
    report = build(open_source(str(tmp_path)), str(tmp_path / "g"), ThumbnailEncoder())
    reasons = {item.id: item.reason for item in report.unreadable}
    assert 3 <= report.count < 7
    assert "cut off or broken" in reasons["MP16-Pro.tar.00"]
    assert any("the tar ends" in reason for reason in reasons.values())
    assert reasons["7.jpg"] == "is in none of the archives"
    assert report.count + len(reasons) == 9


def test_rows_and_members_without_each_other_are_reported(tmp_path):
    mp16_table(tmp_path, ["1.jpg", "2.jpg", "1.jpg"])
    mp16_tar(tmp_path, {"images/1.jpg": jpeg(1), "images/3.jpg": jpeg(3)}, 1)
    records, reasons = split(tmp_path)
    assert [record.id for record in records] == ["1.jpg"]
    assert reasons["1.jpg"].startswith("is listed twice")
    assert reasons["images/3.jpg"] == "has no row in 'MP16_Pro_filtered.csv'"
    assert reasons["2.jpg"] == "is in none of the archives"


def test_rows_without_a_country_can_be_left_out(tmp_path):
    mp16_table(tmp_path, ["1.jpg"], country=",")
    mp16_tar(tmp_path, {"images/1.jpg": jpeg(1)}, 1)
    assert split(tmp_path)[0] and split(tmp_path, country_known=True)[1] == {"1.jpg": "its row names no country"}


def osv5m(folder: Path) -> Path:
    rows = {
        "train": [("11", 48.8, 2.3, "FR"), ("12", 35.6, 139.7, "JP"), ("13", 1.0, 1.0, "GH")],
        "test": [("99", 0, 1, "GA")],
    }
    for name, listed in rows.items():
        lines = [f'{i},{lat},{lon},http://x,{cc},s,1530000000000,"(1, 2)",ann,7\n' for i, lat, lon, cc in listed]
        (folder / f"{name}.csv").write_text(OSV + "".join(lines))
        (folder / "images" / name).mkdir(parents=True)
        with zipfile.ZipFile(folder / "images" / name / "00.zip", "w") as archive:
            for row in listed:
                archive.writestr(f"00/{row[0]}.jpg", jpeg(int(row[0])))
    return folder


def test_osv5m_is_read_from_its_zips_and_its_test_photos_stay_out(tmp_path):
    records, reasons = split(osv5m(tmp_path))
    assert [(r.id, r.country_code, r.author) for r in records] == [
        ("11", "FR", "ann"),
        ("12", "JP", "ann"),
        ("13", "GH", "ann"),
    ]
    assert records[0].photo.read() == jpeg(11) and reasons == {}


def test_a_bad_checksum_loses_one_photo(tmp_path):
    archive = osv5m(tmp_path) / "images" / "train" / "00.zip"
    content = bytearray(archive.read_bytes())
    at = content.find(jpeg(12))
    content[at + 300] ^= 0xFF
    archive.write_bytes(bytes(content))
    report = build(open_source(str(tmp_path)), str(tmp_path / "g"), ThumbnailEncoder())
    assert [row["id"] for row in connect(str(tmp_path / "g")).open_table("photos").to_arrow().to_pylist()] == [
        "11",
        "13",
    ]
    assert [(item.id, "CRC" in item.reason) for item in report.unreadable] == [("12", True)]


def test_a_zip_cut_off_is_reported_and_the_next_one_read(tmp_path):
    folder = osv5m(tmp_path)
    (folder / "images" / "train" / "01.zip").write_bytes((folder / "images" / "train" / "00.zip").read_bytes()[:500])
    records, reasons = split(folder)
    assert len(records) == 3 and "truncated or not a zip" in reasons["01.zip"]


def test_times_of_osv5m_are_read_as_times(tmp_path):
    assert split(osv5m(tmp_path))[0][0].captured_at == "2018-06-26T08:00:00+00:00"


def test_archives_without_a_table_are_refused(tmp_path):
    mp16_tar(tmp_path, {"images/1.jpg": jpeg(1)}, 1)
    with pytest.raises(SourceError, match="no table for them"):
        open_source(str(tmp_path))


def test_two_tables_must_be_told_apart(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("image,latitude,longitude\nx.jpg,1,2\n")
    (tmp_path / "x.jpg").write_bytes(jpeg(1))
    with pytest.raises(SourceError, match=r"holds 2 tables \(a.csv, b.csv\); name one"):
        open_source(str(tmp_path))


def test_a_table_in_the_folder_or_alone_is_a_source(tmp_path):
    (tmp_path / "meta.csv").write_text("image,latitude,longitude\nx.jpg,1,2\n")
    (tmp_path / "x.jpg").write_bytes(jpeg(1))
    for given in (tmp_path, tmp_path / "meta.csv"):
        (record,) = open_source(str(given))
        assert isinstance(record, PhotoRecord) and (record.id, record.latitude) == ("x.jpg", 1)


@pytest.mark.parametrize("metadata", ["", "metadata"])
def test_mp16_pro_as_published_is_read(tmp_path, metadata):
    photos = {f"ab/{n}_x.jpg": jpeg(n) for n in range(6)}
    (tmp_path / metadata).mkdir(exist_ok=True)
    mp16_table(tmp_path / metadata, list(photos))
    (tmp_path / metadata / "MP16_Pro_places365.csv").write_text(
        (tmp_path / metadata / "MP16_Pro_filtered.csv").read_text()
    )
    mp16_tar(tmp_path, {f"images/{name.replace('/', '_')}": content for name, content in photos.items()}, 19)
    for part in tmp_path.glob("*.tar.*"):
        part.rename(tmp_path / f"mp-16-images{part.name[-2:]}")
    records, reasons = split(tmp_path)
    assert {record.id: record.photo.read() for record in records} == photos and reasons == {}


def test_several_sources_become_one_gallery(tmp_path):
    for number, name in enumerate(("first", "second")):
        folder = tmp_path / name
        folder.mkdir()
        photos = {"a.jpg": jpeg(10 * number), f"{name}.jpg": jpeg(10 * number + 1)}
        mp16_table(folder, list(photos))
        mp16_tar(folder, photos)
    source = open_sources([str(tmp_path / "first"), str(tmp_path / "second")])
    assert source.total() == 4
    assert [record.id for record in source] == ["a.jpg", "first.jpg", "2/a.jpg", "2/second.jpg"]
    report = build(source, str(tmp_path / "gallery"), ThumbnailEncoder(), workers=0)
    assert report.count == 4 and report.unreadable == ()


def test_one_table_of_several_sources_is_refused(tmp_path):
    with pytest.raises(SourceError, match="--metadata names the table of one source"):
        open_sources(["a", "b"], SourceOptions(metadata=tmp_path / "t.csv"))
