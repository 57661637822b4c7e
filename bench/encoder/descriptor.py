"""Measure the speed of the builtin descriptor on one core, beside the decoding of its JPEG.

OMP_NUM_THREADS=1 python bench/encoder/descriptor.py FOLDER      a folder of JPEG photos
"""

import io
import sys
import time
from pathlib import Path

from PIL import Image

from sextant.gallery.encoders.builtin import describe_image

PHOTOS = 300


def main(folder: Path) -> None:
    encoded = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))[:PHOTOS]]
    describe_image(Image.new("RGB", (8, 8)))
    start = time.process_time()
    photos = [Image.open(io.BytesIO(photo)).convert("RGB") for photo in encoded]
    decoded = time.process_time()
    for photo in photos:
        describe_image(photo)
    described = time.process_time()
    rate = len(photos) / (described - decoded)
    ratio = (described - decoded) / (decoded - start)
    print(f"{len(photos)} photos: {rate:.0f} photos/s of processor time; {ratio:.1f} × the time of decoding")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
