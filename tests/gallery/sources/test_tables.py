from pathlib import Path

import pytest

from sextant.gallery.sources.records import SourceError
from sextant.gallery.sources.tables import PhotoTable

IM2GPS = "IMG_ID,AUTHOR,LAT,LON,S3_Label,S16_Label,S365_Label,Prob_indoor,Prob_natural,Prob_urban\n"
YFCC = "0,IMG_ID,2,3,4,5,6,7,8,9,10,11,LON,LAT,14,15,16,17,18,19,20,21,22,23,24\n"
OSV = "id,latitude,longitude,thumb_original_url,country,sequence,captured_at,cell,creator_username,creator_id\n"


def table(tmp_path: Path, text: str, **options: bool) -> PhotoTable:
    path = tmp_path / "photos.csv"
    path.write_text(text, encoding="utf-8")
    return PhotoTable(path, **options)


def only_row(tmp_path: Path, text: str):
    read = table(tmp_path, text)
    assert len(read) == 1 and read.notes == []
    return read.row(0)


def test_im2gps_columns_are_known(tmp_path):
    row = only_row(tmp_path, IM2GPS + "a_78@N00.jpg,78@N00,32.3,-64.7,2,12,353,0.2,0.1,0.7\n")
    assert (row.image, row.author, row.latitude, row.longitude) == ("a_78@N00.jpg", "78@N00", 32.3, -64.7)
    assert row.country_code is None and not row.country_known


def test_yfcc_numeric_columns_hold_longitude_first_and_encoded_text(tmp_path):
    values = ["17", "ab.jpg", "x", "Jos%C3%A9+Ruiz", *["x"] * 8, "139.7", "35.6", *["x"] * 11]
    row = only_row(tmp_path, YFCC + ",".join(values) + "\n")
    assert (row.image, row.latitude, row.longitude, row.author) == ("ab.jpg", 35.6, 139.7, "José Ruiz")


def test_the_other_yfcc_form_is_known(tmp_path):
    row = only_row(tmp_path, "IMG_ID,OwnerNSID,LAT,LON\nab.jpg,7@N01,1.5,2.5\n")
    assert (row.author, row.latitude, row.longitude) == ("7@N01", 1.5, 2.5)


def test_geoclip_and_sidecar_forms_are_known(tmp_path):
    assert only_row(tmp_path, "IMG_FILE,LAT,LON\nx.jpg,1,2\n").image == "x.jpg"
    row = only_row(tmp_path, "image,latitude,longitude,author\nsub/x.jpg,1,2,Ann\n")
    assert (row.image, row.author) == ("sub/x.jpg", "Ann")


def test_mp16_rows_name_their_country(tmp_path):
    header = IM2GPS.strip() + ",neighbourhood,city,county,state,region,country,country_code,continent\n"
    row = only_row(tmp_path, header + "a/b.jpg,7@N01,48.8,2.3,1,2,3,0,0,1,,Paris,,,IdF,France,fr,Europe\n")
    assert (row.country_code, row.country_known) == ("FR", True)


def test_osv5m_rows_with_a_quoted_cell_are_read(tmp_path):
    row = only_row(tmp_path, OSV + '123,-1.5,36.8,http://x,KE,s1,1530000000000,"(1, 2)",ann,9\n')
    assert (row.image, row.country_code, row.author, row.captured_at) == (
        "123",
        "KE",
        "ann",
        "2018-06-26T08:00:00+00:00",
    )


def test_swapped_headers_are_detected_and_said(tmp_path):
    text = IM2GPS + "".join(
        f"{n}.jpg,a,{lon},{lat},1,2,3,0,0,1\n" for n, (lat, lon) in enumerate([(35, 139), (40, -105)])
    )
    read = table(tmp_path, text)
    assert (read.row(0).latitude, read.row(0).longitude) == (35, 139)
    assert "swapped" in read.notes[0]


def test_one_latitude_out_of_range_is_not_swapped_headers(tmp_path):
    rows = [f"{n}.jpg,a,{20 + n},{100 + n},1,2,3,0,0,1\n" for n in range(20)]
    read = table(tmp_path, IM2GPS + "".join(rows) + "bad.jpg,a,95,10,1,2,3,0,0,1\n")
    assert read.notes == [] and read.row(0).latitude == 20
    assert "out of range" in (read.row(20).problem or "")


def test_a_person_decides_where_the_values_cannot(tmp_path):
    text = IM2GPS + "a.jpg,a,40,20,1,2,3,0,0,1\n"
    assert table(tmp_path, text).row(0).latitude == 40
    assert table(tmp_path, text, swapped=True).row(0).latitude == 20


def test_footer_lines_and_fragments_are_left_out_and_said(tmp_path):
    text = IM2GPS + "a.jpg,a,40,20,1,2,3,0,0,1\nacc_1,acc_25\n12.1,35.0\nb.jpg,a,4"
    read = table(tmp_path, text)
    assert read.images == ["a.jpg"] and "3 lines" in read.notes[0]


@pytest.mark.parametrize(
    "header",
    [
        "file,gps_latitude,lat_ref,gps_longitude,lon_ref",
        "SourceFile,GPSLatitude,GPSLatitudeRef,GPSLongitude,GPSLongitudeRef",
    ],
)
def test_rationals_and_letters_of_an_exif_dump_are_read(tmp_path, header):
    table = tmp_path / "index.csv"
    table.write_text(f'{header}\na.jpg,"[33, 51, 122/5]",S,"[151, 12, 55]",E\n')
    row = PhotoTable(table).row(0)
    assert (row.latitude, row.longitude) == pytest.approx((-33.856778, 151.215278), abs=1e-5)


def test_positions_that_are_no_numbers_are_a_problem(tmp_path):
    read = table(tmp_path, "image,latitude,longitude\na.jpg,,\nb.jpg,nan,3\nc.jpg,inf,3\nd.jpg,north,3\n")
    assert {read.row(index).problem for index in range(2)} == {"its row has no position"}
    assert "position 'inf, 3' cannot be read" in (read.row(2).problem or "")
    assert "position 'north, 3' cannot be read" in (read.row(3).problem or "")


@pytest.mark.parametrize("text", ["", "LAT,LON\n1,2\n", "name,x,y\n"])
def test_a_table_without_the_columns_is_refused(tmp_path, text):
    with pytest.raises(SourceError, match="has no column for"):
        table(tmp_path, text)


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        PhotoTable(tmp_path / "none.csv")


@pytest.mark.parametrize("above", ["# my photos\n", "My holiday, 2024\n\n", "\n\n"])
def test_a_header_below_a_title_is_found(tmp_path, above):
    assert only_row(tmp_path, above + "file,lat,lon\na.jpg,1,2\n").image == "a.jpg"


def test_a_spreadsheets_line_that_names_its_delimiter_is_skipped(tmp_path):
    row = table(tmp_path, "sep=;\nfile;lat;lon\na.jpg;1,5;2\n").row(0)
    assert (row.image, row.latitude, row.longitude) == ("a.jpg", 1.5, 2)


def test_empty_cells_at_the_end_of_a_line_may_be_missing_or_too_many(tmp_path):
    read = table(tmp_path, "file,lat,lon,note\na.jpg,1,2\nb.jpg,1,2,x,,\nc.jpg,1,2,x,y\n")
    assert read.images == ["a.jpg", "b.jpg"] and "1 line skipped that cannot be read as rows" in read.notes[0]


def test_a_last_line_that_is_cut_off_is_left_out(tmp_path):
    assert table(tmp_path, "file,lat,lon,note\na.jpg,1,2,x\nb.jpg,1,2").images == ["a.jpg"]


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac-roman", "utf-16-le", "utf-16", "utf-8-sig"])
def test_the_names_of_the_photos_tell_the_encoding(tmp_path, encoding):
    names = ["Brücke Zürich.jpg", "Café naïf.jpg", "Señor.jpg"]
    path = tmp_path / "photos.csv"
    path.write_text("file,lat,lon\n" + "".join(f"{name},1,2\n" for name in names), encoding=encoding)
    assert PhotoTable(path, photos=names).images == names


def test_the_names_of_the_photos_tell_a_cyrillic_encoding(tmp_path):
    names = ["Мост.jpg", "Площадь.jpg"]
    path = tmp_path / "photos.csv"
    path.write_text("file,lat,lon\n" + "".join(f"{name},1,2\n" for name in names), encoding="cp1251")
    assert PhotoTable(path, photos=names).images == names
