"""Contact sheet: the nearest gallery photos as small numbered pictures on one page, for a model that sees."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from sextant.gallery.photos.open import PhotoError, open_photo
from sextant.gallery.search.search import Reference

TILE = 224  # pixels a side: a sheet of 15 is 1120 × 672, within what vision models take without shrinking
COLUMNS = 5
LABEL = 22


def draw_contact_sheet(references: Sequence[Reference]) -> tuple[bytes, int]:
    """Draw the sheet as JPEG bytes; also return how many photos could not be opened (their tiles stay grey).

    Args:
        references: at least one; each is opened from its ``uri``, which must be a local file.
    """
    rows = -(-len(references) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * TILE, rows * TILE), "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(LABEL - 4)
    missing = 0
    for number, reference in enumerate(references):
        left, top = number % COLUMNS * TILE, number // COLUMNS * TILE
        tile = make_thumbnail(reference.uri)
        if tile is None:
            missing += 1
            tile = Image.new("RGB", (TILE - 4, TILE - 4), "lightgrey")
        sheet.paste(tile, (left + (TILE - tile.width) // 2, top + (TILE - tile.height) // 2))
        # The number from the list beside it and nothing else: captions are untrusted text.
        pen.rectangle((left, top, left + LABEL + 14, top + LABEL), fill="black")
        pen.text((left + 4, top), str(number + 1), fill="white", font=font)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=85)
    return out.getvalue(), missing


def make_thumbnail(uri: str | None) -> Image.Image | None:
    """Scale the photo at a local path down to its tile; return None when it cannot be opened."""
    if not uri:
        return None
    try:
        picture = open_photo(uri).image
    except PhotoError:
        return None
    picture.thumbnail((TILE - 4, TILE - 4))
    return picture
