"""Draw two photos side by side with lines between what they share, as evidence for a person."""

import io

from PIL import Image, ImageDraw

from sextant.gallery.scenes.compare import SceneMatch
from sextant.gallery.scenes.features import SIDE

_MOST_LINES = 60
_COLOURS = ("#ffd400", "#00c2ff", "#ff5ca8", "#7dff6a")
_QUALITY = 80


def draw_match(first: Image.Image, second: Image.Image, match: SceneMatch) -> bytes:
    """Return a JPEG of both photos, scaled as their features are, with lines between matched features."""
    pictures = []
    for image in (first, second):
        picture = image.convert("RGB")
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        pictures.append(picture)
    left, right = pictures
    sheet = Image.new("RGB", (left.width + right.width, max(left.height, right.height)), "white")
    sheet.paste(left, (0, 0))
    sheet.paste(right, (left.width, 0))
    pen = ImageDraw.Draw(sheet)
    step = max(1, len(match.first) // _MOST_LINES)
    for number, (a, b) in enumerate(zip(match.first[::step].tolist(), match.second[::step].tolist(), strict=True)):
        colour = _COLOURS[number % len(_COLOURS)]
        ends = (a[0], a[1]), (b[0] + left.width, b[1])
        pen.line(ends, fill=colour, width=1)
        for x, y in ends:
            pen.ellipse((x - 3, y - 3, x + 3, y + 3), outline=colour, width=2)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
