"""A basemap of one's own: vector and raster PMTiles, and files that are none."""

import gzip

import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

from sextant.app.web.tiles import Basemap
from sextant.base.errors import WrongUse


def make_file(path, tile, kind, packed):
    header = {"tile_type": kind, "tile_compression": packed, "min_zoom": 0, "max_zoom": 1, "center_zoom": 0}
    header |= {"min_lon_e7": -1_800_000_000, "min_lat_e7": -850_000_000, "center_lon_e7": 0, "center_lat_e7": 0}
    header |= {"max_lon_e7": 1_800_000_000, "max_lat_e7": 850_000_000}
    with write(str(path)) as file:
        file.write_tile(zxy_to_tileid(0, 0, 0), tile)
        file.finalize(header, {"attribution": "© somebody"})
    return str(path)


def test_a_vector_tile_is_read_as_shapes(tmp_path):
    encode = pytest.importorskip("mapbox_vector_tile").encode
    square = {"geometry": "POLYGON((0 0,0 2000,2000 2000,2000 0,0 0))", "properties": {}}
    town = {"geometry": "POINT(100 100)", "properties": {"name": "<b>Town</b>"}}
    layers = [{"name": "water", "features": [square]}, {"name": "places", "features": [town]}]
    layers.append({"name": "pois", "features": [town]})
    tile = gzip.compress(encode(layers))
    basemap = Basemap(make_file(tmp_path / "m.pmtiles", tile, TileType.MVT, Compression.GZIP))
    assert basemap.info.to_json() == {"kind": "vector", "least_zoom": 0, "most_zoom": 0, "attribution": "© somebody"}
    shapes = basemap.read_shapes(0, 0, 0)["shapes"]
    assert [(shape["style"], shape["type"]) for shape in shapes] == [("water", "Polygon"), ("place", "Point")]
    assert shapes[1]["name"] == "<b>Town</b>"
    assert basemap.read_shapes(1, 0, 0)["shapes"] == []


def test_a_picture_is_sent_as_it_is(tmp_path):
    basemap = Basemap(make_file(tmp_path / "m.pmtiles", b"a picture", TileType.PNG, Compression.NONE))
    assert (basemap.info.kind, basemap.media_type) == ("raster", "image/png")
    assert basemap.read_picture(0, 0, 0) == b"a picture"
    assert basemap.read_picture(1, 1, 1) is None


def test_what_is_no_basemap_is_refused_in_words(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff" * 100)
    with pytest.raises(WrongUse, match="not a PMTiles file"):
        Basemap(str(tmp_path / "photo.jpg"))
    with pytest.raises(WrongUse, match="No such file"):
        Basemap(str(tmp_path / "none.pmtiles"))
