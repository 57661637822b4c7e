"""Decode uploaded photos in a separate process with limited memory and time."""

import hashlib
import multiprocessing
import threading
from collections import OrderedDict
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from PIL import Image
from starlette.datastructures import UploadFile

from sextant.app.web.limits import Limits
from sextant.base.json_types import Json
from sextant.gallery.photos.exif import PhotoMetadata
from sextant.gallery.photos.open import MAX_BYTES, OpenedPhoto, PhotoError, open_photo

WORKER_BYTES = 3 * 2**30  # address space of the decoding process: a 60-megapixel picture and the libraries
PIXELS_KEPT = 60_000_000  # of the latest photos: a run opens its photo several times
LONGEST_NAME = 80


@dataclass(frozen=True)
class Pixels:
    """A decoded photo as it comes from the other process: rows of RGB, upright, and what the file says of itself."""

    rgb: bytes
    width: int
    height: int
    metadata: PhotoMetadata


class Decoder:
    """One process that decodes one photo at a time; a photo that kills or stalls it is refused, and it starts anew."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._keeping = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._kept: OrderedDict[str, OpenedPhoto] = OrderedDict()

    def open(self, photo: str | Path | bytes) -> OpenedPhoto:
        """Open a photo as ``open_photo`` does, but decode it only in the worker process.

        Raises:
            PhotoError: no photo, too large, or it kills or stalls the decoder.
        """
        name, content = ("(bytes)", photo) if isinstance(photo, bytes) else (str(photo), _read_file(photo))
        sha256 = hashlib.sha256(content).hexdigest()
        known = self._known(sha256)
        if known is not None:
            return known
        with self._lock:
            pixels = self._decode(content)
        if isinstance(pixels, str):
            raise PhotoError(name, pixels)
        image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)
        found = OpenedPhoto(image, sha256, pixels.width, pixels.height, pixels.metadata)
        self._keep(found)
        return replace(found, image=image.copy())

    def refusal(self, content: bytes) -> str | None:
        """Return why these bytes cannot be used as a photo; None when they can."""
        try:
            self.open(content)
        except PhotoError as error:
            return error.reason
        return None

    def warm(self) -> None:
        """Start the process, which takes a second, before the first photo comes."""
        with self._lock:
            self._decode(b"")

    def close(self) -> None:
        with self._lock:
            self._kill()

    def _decode(self, content: bytes) -> Pixels | str:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=_set_memory_limit)
        try:
            return self._pool.submit(_decode_pixels, content, self._limits.photo_pixels).result(
                self._limits.decode_seconds
            )
        except TooLong:
            self._kill()
            return f"takes longer than {self._limits.decode_seconds:g} seconds to decode; export it again"
        except BrokenProcessPool:
            self._kill()
            return "makes the decoder crash; export it again"

    def _known(self, sha256: str) -> OpenedPhoto | None:
        """Return a recently decoded photo with a picture of the caller's own."""
        with self._keeping:
            if sha256 not in self._kept:
                return None
            self._kept.move_to_end(sha256)
            return replace(self._kept[sha256], image=self._kept[sha256].image.copy())

    def _keep(self, photo: OpenedPhoto) -> None:
        with self._keeping:
            self._kept[photo.sha256] = photo
            while len(self._kept) > 1 and sum(one.width * one.height for one in self._kept.values()) > PIXELS_KEPT:
                self._kept.popitem(last=False)

    def _kill(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)


def make_display_name(name: str | None) -> str:
    """Make an uploaded file's name safe to display: last part, printable, short; it never becomes a path."""
    last = PurePosixPath((name or "").replace("\\", "/")).name
    plain = "".join(char for char in last if char.isprintable())
    return plain[:LONGEST_NAME] or "photo"


def read_content(upload: UploadFile) -> bytes:
    """Return the bytes of a file."""
    upload.file.seek(0)
    return upload.file.read()


def make_photo(upload: UploadFile, sha256: str) -> Json:
    """Return a photo as a message names it."""
    return {"sha256": sha256, "file": make_display_name(upload.filename)}


def _read_file(photo: str | Path) -> bytes:
    try:
        content = Path(photo).read_bytes()
    except OSError as error:
        raise PhotoError(str(photo), f"cannot be read ({error.strerror})") from error
    if len(content) > MAX_BYTES:
        raise PhotoError(str(photo), f"is larger than {MAX_BYTES // 1024**2} MB; export it smaller")
    return content


def _set_memory_limit() -> None:
    import resource

    from sextant.gallery.build.pool import _start_worker

    _start_worker()
    resource.setrlimit(resource.RLIMIT_AS, (WORKER_BYTES, WORKER_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _decode_pixels(content: bytes, most_pixels: int) -> Pixels | str:
    """Decode the picture in the worker process; return it, or the reason why that failed."""
    try:
        opened = open_photo(content)
        if opened.width * opened.height > most_pixels:
            return f"has {opened.width * opened.height:,} pixels, more than {most_pixels:,}; export it smaller"
        return Pixels(opened.image.tobytes(), opened.width, opened.height, opened.metadata)
    except PhotoError as error:
        return error.reason
    except MemoryError:
        return "needs too much memory to decode; export it at a smaller size"
