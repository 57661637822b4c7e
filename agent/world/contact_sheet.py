"""Contact sheet: the nearest gallery photos as small numbered pictures on one page, for a model that sees."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from sextant.gallery.photos.open import PhotoError, open_photo

if TYPE_CHECKING:
    from sextant.gallery.search.search import Reference

TILE = 224  # pixels a side: a sheet of 15 is 1120 × 672, within what vision models take without shrinking
COLUMNS = 5
LABEL = 22


def draw_contact_sheet(references: Sequence["Reference"]) -> tuple[bytes, int]:
    """Draw the sheet as JPEG bytes; also return how many photos could not be opened (their tiles stay grey).

    Args:
        references: at least one; each is opened from its ``uri``, which must be a local file.
    """
    tiles = [make_thumbnail(reference.uri) for reference in references]
    return draw_tiles(tiles), sum(tile is None for tile in tiles)


def draw_tiles(pictures: Sequence[Image.Image | None]) -> bytes:
    """Draw numbered pictures on one page, a JPEG; a missing one stays grey.

    Args:
        pictures: at least one.
    """
    rows = -(-len(pictures) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * TILE, rows * TILE), "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(LABEL - 4)
    for number, picture in enumerate(pictures):
        left, top = number % COLUMNS * TILE, number // COLUMNS * TILE
        tile = Image.new("RGB", (TILE - 4, TILE - 4), "lightgrey") if picture is None else _shrink(picture)
        sheet.paste(tile, (left + (TILE - tile.width) // 2, top + (TILE - tile.height) // 2))
        # The number from the list beside it and nothing else: captions are untrusted text.
        pen.rectangle((left, top, left + LABEL + 14, top + LABEL), fill="black")
        pen.text((left + 4, top), str(number + 1), fill="white", font=font)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=85)
    return out.getvalue()


def make_thumbnail(uri: str | None) -> Image.Image | None:
    """Scale the photo at a local path down to its tile; return None when it cannot be opened."""
    if not uri:
        return None
    try:
        picture = open_photo(uri).image
    except PhotoError:
        return None
    return _shrink(picture)


def _shrink(picture: Image.Image) -> Image.Image:
    small = picture.convert("RGB")
    small.thumbnail((TILE - 4, TILE - 4))
    return small
