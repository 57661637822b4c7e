"""Which columns of a table hold photo, latitude and longitude: by the words of their headers."""

import re
import unicodedata
from collections.abc import Sequence

# Words by meaning, in order of preference; the published tables' own names first, then those of other languages.
IMAGE = (
    "img_id", "img_file", "image", "file", "filename", "file_name", "photo", "picture", "source_file", "image_file",
    "image_name", "image_path", "img_path", "photo_name", "photo_path", "photo_file", "file_path", "filepath", "path",
    "datei", "dateiname", "bild", "bildname", "foto", "fotoname", "fichier", "nom_du_fichier", "nom_de_fichier",
    "photographie", "archivo", "nombre_de_archivo", "nombre_del_archivo", "imagen", "fotografia", "arquivo", "imagem",
    "nome_do_arquivo", "immagine", "nome_file", "bestand", "bestandsnaam", "afbeelding", "plik", "zdjecie", "fil",
    "soubor", "файл", "имя_файла", "фото", "文件", "文件名", "图片", "照片", "ファイル", "ファイル名", "写真", "画像",
    "파일", "파일명", "사진", "id",
)  # fmt: skip
LATITUDE = (
    "lat", "latitude", "breite", "breitengrad", "latitud", "latitudine", "breedtegraad", "breedte", "szerokosc",
    "szerokosc_geograficzna", "bredde", "breddegrad", "latitud_n", "sirka", "zemepisna_sirka", "широта", "纬度",
    "緯度", "위도",
)  # fmt: skip
LONGITUDE = (
    "lon", "lng", "longitude", "long", "lange", "laenge", "langengrad", "laengengrad", "longitud", "longitudine",
    "lengtegraad", "lengte", "dlugosc", "dlugosc_geograficzna", "lengde", "lengdegrad", "delka", "zemepisna_delka",
    "долгота", "经度", "經度", "経度", "경도",
)  # fmt: skip
# One column that holds latitude and longitude.
POSITION = (
    "position", "coordinates", "coordinate", "coords", "coord", "lat_lon", "lat_lng", "lat_long", "latlon", "latlng",
    "latitude_longitude", "latitude_and_longitude", "location", "geolocation", "geopoint", "point", "koordinaten",
    "coordonnees", "coordenadas", "coordinate_geografiche", "coordinaten", "wspolrzedne", "координаты", "坐标", "座標",
)  # fmt: skip
# A column beside them that holds the hemisphere's letter, as dumps of EXIF have it.
LATITUDE_LETTER = (
    "latitude_ref", "lat_ref", "latituderef", "latref", "latitude_direction", "lat_direction", "lat_dir",
    "latitude_hemisphere", "lat_hemisphere", "n_s", "ns",
)  # fmt: skip
LONGITUDE_LETTER = (
    "longitude_ref", "lon_ref", "lng_ref", "long_ref", "longituderef", "lonref", "longitude_direction", "lon_direction",
    "lon_dir", "longitude_hemisphere", "lon_hemisphere", "e_w", "ew",
)  # fmt: skip
# Words beside a name that say nothing of its meaning: units, datums, "GPS".
_FILLERS = re.compile(
    r"_(gps|exif|geo|geogr|geographische|geographic|deg|degs|degree|degrees|degres|grad|graden|grados|gradi|dd|decimal|"
    r"decimale|decimales|dezimal|wgs|wgs84|84|en|in|original)(?=_)"
)
_BRACKETED = re.compile(r"[(\[].*?[)\]]")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=GPS)(?=[A-Z][a-z])")


def find_column(header: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Return the place of the first wanted name in a header; a name as it stands comes before one among fillers."""
    for spelled in ([_plain(name) for name in header], [_bare(name) for name in header]):
        if (found := next((spelled.index(name) for name in wanted if name in spelled), None)) is not None:
            return found
    return None


def is_header(cells: Sequence[str]) -> bool:
    """Tell whether these cells name a photo and its position, in one column or in two."""
    named = [find_column(cells, wanted) is not None for wanted in (IMAGE, LATITUDE, LONGITUDE, POSITION)]
    return named[0] and (named[3] or (named[1] and named[2]))


def _plain(name: str) -> str:
    return name.strip().strip('"').removeprefix("\ufeff").strip().lower()


def _bare(name: str) -> str:
    """Write a name as words joined by _: "GPSLatitude" and "Latitude (°)" are "latitude"."""
    words = _CAMEL.sub("_", _BRACKETED.sub(" ", name.strip().strip('"').removeprefix("\ufeff")))
    letters = unicodedata.normalize("NFKD", words.replace("ł", "l").replace("Ł", "L")).lower()
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter) or "\u3099" <= letter <= "\u309a")
    joined = re.sub(r"\W+|_+", "_", unicodedata.normalize("NFC", kept)).strip("_")
    return _FILLERS.sub("", f"_{joined}_").strip("_")
