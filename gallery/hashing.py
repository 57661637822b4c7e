"""The perceptual hash by which near-duplicates are told."""

from PIL import Image


def perceptual_hash(image: Image.Image) -> str:
    """64-bit pHash (DCT of a 32 × 32 thumbnail) as 16 hexadecimal digits; alike pictures differ in few bits."""
    import imagehash

    # imagehash's own Lanczos filter costs ten times more on large pictures than a box to start with.
    small = image.convert("L").resize((128, 128), Image.Resampling.BOX)
    return str(imagehash.phash(small))
