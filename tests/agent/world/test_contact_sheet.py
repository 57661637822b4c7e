import io

from PIL import Image

from sextant.agent.world.contact_sheet import COLUMNS, TILE, draw_contact_sheet
from sextant.gallery.search.search import find_nearest
from sextant.gallery.store import Gallery


def references(gallery, count):
    opened = Gallery.open(str(gallery))
    return find_nearest(opened, opened.encoder().encode([Image.new("RGB", (64, 64), "red")])[0], count)


def test_every_photo_has_its_tile(gallery):
    content, missing = draw_contact_sheet(references(gallery, 7))
    sheet = Image.open(io.BytesIO(content))
    assert sheet.size == (COLUMNS * TILE, 2 * TILE) and missing == 0


def test_a_photo_that_is_gone_leaves_a_grey_tile_and_is_counted(gallery):
    from dataclasses import replace

    first, second = references(gallery, 2)
    content, missing = draw_contact_sheet([replace(first, uri="no/such/file.jpg"), second])
    pixel = Image.open(io.BytesIO(content)).getpixel((TILE // 2, TILE // 2))
    assert missing == 1 and max(pixel) - min(pixel) < 10
