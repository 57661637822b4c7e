"""The perceptual hash by which near-duplicates are told."""

from PIL import Image


def perceptual_hash(image: Image.Image) -> str:
    """64-bit pHash (DCT of a 32 × 32 thumbnail) as 16 hexadecimal digits; alike pictures differ in few bits."""
    import imagehash

    small = image.convert("L").resize((128, 128), Image.Resampling.BOX)  # imagehash's own filter costs 10 times more on large pictures
    return str(imagehash.phash(small))
