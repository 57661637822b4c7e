"""Pictures as the model sees them: upright, scaled, without metadata."""

import io

from PIL import Image


def encode_jpeg(image: Image.Image, longest_side: int, quality: int) -> bytes:
    """Encode the picture as JPEG without any metadata, its longest side at most ``longest_side`` pixels.

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
    return out.getvalue()
