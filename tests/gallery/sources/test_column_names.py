import pytest

from sextant.gallery.sources.column_names import IMAGE, LATITUDE, LONGITUDE, find_column, is_header


@pytest.mark.parametrize(
    "header",
    [
        "Datei;Breite;Länge",
        "Dateiname;Breitengrad;Längengrad",
        "Bild;Geogr. Breite;Geogr. Länge",
        "fichier;latitude en degrés;longitude en degrés",
        "nom du fichier;Latitude (°);Longitude (°)",
        "archivo;latitud;longitud",
        "foto;latitudine;longitudine",
        "bestand;breedtegraad;lengtegraad",
        "plik;szerokość;długość",
        "файл;широта;долгота",
        "ファイル名;緯度;経度",
        "文件名;纬度;经度",
        "SourceFile;GPSLatitude;GPSLongitude",
        "photo;lat;long",
        "path;Lat (deg);Lng [deg]",
        "file name;decimalLatitude;decimalLongitude",
        "image;gps_lat;gps_lon",
    ],
)
def test_headers_of_many_languages_and_programs_are_known(header):
    cells = header.split(";")
    assert is_header(cells)
    assert [find_column(cells, wanted) for wanted in (IMAGE, LATITUDE, LONGITUDE)] == [0, 1, 2]


@pytest.mark.parametrize("header", ["name,x,y", "time,lat,lon", "city,lat,lon", "image,lat", "", "breite,länge,höhe"])
def test_other_headers_are_not(header):
    assert not is_header(header.split(","))


def test_a_name_as_it_stands_comes_before_one_among_fillers():
    assert find_column(["GPSLatitude", "lat"], LATITUDE) == 1


@pytest.mark.parametrize("header", ["file,coordinates", "photo,GPS Position", "Datei;Koordinaten", "image\tlat/lon"])
def test_a_position_can_stand_in_one_column(header):
    assert is_header(header.replace(";", ",").replace("\t", ",").split(","))
