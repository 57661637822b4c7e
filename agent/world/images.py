"""Pictures as the model sees them: upright, scaled, without metadata."""

import io

from PIL import Image

MOST_BYTES = 20 * 2**20  # of one picture: OpenAI's published limit when it introduced vision models


def encode_jpeg(image: Image.Image, longest_side: int, quality: int) -> bytes:
    """Encode the picture as JPEG without any metadata, its longest side at most ``longest_side`` pixels.

    It is scaled further where it would be larger than servers take.

    Args:
        image: an upright RGB picture.
        longest_side: pixels; smaller pictures are not enlarged.
        quality: JPEG quality, 1 to 95.
    """
    scaled = image.convert("RGB")
    if max(scaled.size) > longest_side:
        scaled.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    # A new image, so that nothing the decoder attached (EXIF, comments, profiles) is kept.
    bare = Image.new("RGB", scaled.size)
    bare.paste(scaled)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=quality)
    data = out.getvalue()
    return data if len(data) <= MOST_BYTES else encode_jpeg(image, max(scaled.size) * 3 // 4, quality)
