"""Open a photo safely: any file in, an upright RGB picture or one clear error out."""

import hashlib
import io
import warnings
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from sextant.base.errors import SextantError
from sextant.base.file_names import restore_name
from sextant.gallery.photos import deep_tiff
from sextant.gallery.photos.c_messages import catch_messages
from sextant.gallery.photos.deep_colours import has_deep_colours, is_dark, scale_colours
from sextant.gallery.photos.exif import PhotoMetadata, read_exif_metadata
from sextant.gallery.photos.formats import HEAD_BYTES, is_photo
from sextant.gallery.photos.heif_sequence import take_first_picture
from sextant.gallery.photos.raw import RawPhoto, look_at_raw, recognise_raw, suggest_way_out
from sextant.gallery.photos.sidecars import add_sidecar, complete
from sextant.gallery.photos.xmp import read_xmp
from sextant.gallery.photos.zip_member import ZipMember

MAX_PIXELS = 150_000_000  # a 150-megapixel medium-format back; its RGB picture takes 450 MB
_DEPTHS = (8, 10, 12, 14, 16)  # bits a sample
MAX_BYTES = 512 * 1024 * 1024
PHOTO_SUFFIXES = frozenset(
    {
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".mpo",
        ".png",
        ".webp",
        ".tif",
        ".tiff",
        ".heic",
        ".heif",
        ".hif",
        ".avif",
        ".gif",
        ".bmp",
        ".ppm",
        ".pgm",
    }
    | {".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".pef", ".srw"}
)
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "GIF", "BMP", "PPM")
_BY_ROWS = ("PNG", "TIFF", "BMP", "PPM")  # decoded row by row, so that a cut-off file has its upper part
_TIFF = (b"II*\0", b"MM\0*")
_EXIF_MARK = b"Exif\0\0"
_END_OF_IMAGE = b"\xff\xd9"
_UPPER_PART = "the file is cut off or broken; the part of the picture that could not be read is black"
_SEVERAL = "the file holds several pictures; only the first one was looked at"
_ORIENTATION, _XMP = 0x0112, 0x02BC
_UPRIGHT = {  # EXIF orientation → what turns the stored picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PhotoError(SextantError):
    """This photo cannot be used; ``reason`` says why without the file's name."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"photo {name!r} {reason}")
        self.name = name
        self.reason = reason

    def __reduce__(self) -> tuple[type["PhotoError"], tuple[str, str]]:
        return type(self), (self.name, self.reason)


@dataclass(frozen=True)
class OpenedPhoto:
    """An upright RGB picture; sha256 is of the file's bytes, width and height are as a person sees it."""

    image: Image.Image
    sha256: str
    width: int
    height: int
    metadata: PhotoMetadata
    notes: tuple[str, ...] = ()
    """What a person should know of the picture itself: cut off, a raw file's preview."""


def open_photo(photo: str | Path | bytes) -> OpenedPhoto:
    """Decode a photo: first frame, EXIF orientation applied, alpha over white, deeper samples scaled to 8 bits.

    Of a JPEG that is cut off, the rows that are there are decoded and the rest is grey; of a raw file the largest
    embedded preview is taken. ``notes`` say so.

    Raises:
        PhotoError: no such file, not a photo, broken, or more than ``MAX_PIXELS`` (by the header, before decoding).
    """
    name, content = _read(photo)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = recognise_raw(content)
        image, stored, notes = _open_picture(name, content) if raw is None else _open_raw_picture(name, content, raw)
        exif = _read_exif(stored) if stored is not None else None
        metadata = _join_metadata(stored, exif, photo)
    turn = _UPRIGHT.get(_read_orientation(exif))
    if turn is not None and stored is not None and stored.format != "HEIF":  # libheif has turned it already
        image = image.transpose(turn)
    image.info = {}  # no metadata travels on with the pixels
    return OpenedPhoto(image, hashlib.sha256(content).hexdigest(), image.width, image.height, metadata, notes)


def read_metadata(photo: str | Path | bytes) -> PhotoMetadata:
    """Read what the file, or a sidecar beside it, states of position, time and author, without decoding the picture.

    Raises:
        PhotoError: as ``open_photo``, for what the header shows.
    """
    name, content = _read(photo)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stored = _open_header(name, content)
        return _join_metadata(stored, _read_exif(stored), photo)


def _open_picture(name: str, content: bytes) -> tuple[Image.Image, Image.Image, tuple[str, ...]]:
    """Decode an ordinary picture: upright or not yet, as RGB; the stored picture; notes on it."""
    stored = _open_header(name, content)
    deep = has_deep_colours(stored)
    try:
        picture = _decode(stored)
        if deep and is_dark(stored):
            picture = scale_colours(stored, _open_header(name, content))
        return picture, stored, (_SEVERAL,) if _holds_several(stored, content) else ()
    except Exception as error:
        if (part := _recover_part(stored)) is not None:
            return part, stored, (_UPPER_PART,)
        if stored.format not in ("JPEG", "MPO") or content.rstrip(b"\0").endswith(_END_OF_IMAGE):
            raise PhotoError(name, f"is broken or truncated ({_explain(error)}); export it again") from error
    ended = _open_header(name, content + _END_OF_IMAGE)
    try:
        return _decode(ended), ended, ("the file is truncated; the missing part of the picture is grey",)
    except Exception as error:
        raise PhotoError(name, f"is broken or truncated ({_explain(error)}); export it again") from error


def _recover_part(stored: Image.Image) -> Image.Image | None:
    """Return what was decoded of a picture without compression of blocks before its file ended; None for nothing."""
    if stored.format not in _BY_ROWS:
        return None
    with suppress(Exception):  # nothing was decoded
        stored.tile = []  # type: ignore[attr-defined]  # so that Pillow takes the picture as it is
        if stored.getbbox() is not None:
            return _convert_to_rgb(stored)
    return None


def _holds_several(stored: Image.Image, content: bytes) -> bool:
    """Tell whether a file holds further pictures; those of an MPO are the photo's own depth map or preview."""
    if stored.format == "MPO":
        return False
    try:
        return bool(getattr(stored, "is_animated", False)) or take_first_picture(content) is not None
    except Exception:  # the pictures behind the first may be broken
        return True


def _open_raw_picture(
    name: str, content: bytes, raw: RawPhoto
) -> tuple[Image.Image, Image.Image | None, tuple[str, ...]]:
    stored = thumbnail = None
    try:
        stored = _open_header(name, content)
        thumbnail = _decode(stored)
    except Exception:  # without a thumbnail of its own; its previews may still be good
        pass
    image, note = look_at_raw(content, raw, thumbnail)
    if image is None:
        raise PhotoError(name, f"is a {raw.kind} file without a preview; {suggest_way_out()}")
    return _convert_to_rgb(image), stored, (note,)


def _decode(stored: Image.Image) -> Image.Image:
    """Decode the first frame as RGB; what C libraries print meanwhile stays off the terminal."""
    with catch_messages() if stored.format == "TIFF" else nullcontext():
        stored.seek(0)
        stored.load()
    return _convert_to_rgb(stored)


def _join_metadata(stored: Image.Image | None, exif: Image.Exif | None, photo: str | Path | bytes) -> PhotoMetadata:
    """Join what EXIF, embedded XMP and sidecars state: the first that has a position gives it, EXIF before all."""
    own = read_exif_metadata(exif) if exif is not None else PhotoMetadata(problem="EXIF is broken")
    for block in _read_further_exif(stored) if own.latitude is None else ():
        own = complete(own, read_exif_metadata(block))
    if own.latitude is None and (packet := _find_xmp(stored, exif)):
        own = complete(own, read_xmp(packet, "xmp"))
    return own if isinstance(photo, bytes) else add_sidecar(own, Path(photo))


def _read_further_exif(stored: Image.Image | None) -> list[Image.Exif]:
    """Read the EXIF blocks of a JPEG after its first: editors that keep the camera's block add one of their own."""
    segments = [data for marker, data in getattr(stored, "applist", ()) if marker == "APP1" and data[:6] == _EXIF_MARK]
    blocks = []
    for segment in segments[1:]:
        if segment[6:10] not in _TIFF:
            continue  # the next part of a block that one segment cannot hold
        block = Image.Exif()
        with suppress(Exception):  # hostile metadata raises anything
            block.load(segment)
            blocks.append(block)
    return blocks


def _find_xmp(stored: Image.Image | None, exif: Image.Exif | None) -> bytes | None:
    """Return the embedded XMP packet, wherever the format keeps it."""
    if stored is None:
        return None
    for value in (stored.info.get("xmp"), stored.info.get("XML:com.adobe.xmp"), exif.get(_XMP) if exif else None):
        if isinstance(value, str):
            value = value.encode("utf-8", "replace")
        if isinstance(value, bytes) and value.strip(b"\0 "):
            return value
    return None


def read_photo(photo: str | Path) -> bytes:
    """Read a photo file's bytes; ``ARCHIVE.zip#NAME`` names a photo in a zip.

    Raises:
        PhotoError: it does not exist, is empty, too large, or cannot be read.
    """
    path, name = Path(photo), str(photo)
    if not path.exists() and (restored := restore_name(name)) != name and Path(restored).exists():
        path = Path(restored)  # as a gallery stores it
    try:
        if path.is_dir():
            raise PhotoError(name, "is a folder; name a photo in it")
        zipped = _read_zipped(path)
        content = _read_start(path) if zipped is None else zipped
    except FileNotFoundError:
        raise PhotoError(name, "does not exist; check the path") from None
    except (OSError, ValueError) as error:
        raise PhotoError(name, f"cannot be read ({_explain(error)})") from error
    if not content:
        raise PhotoError(name, "is empty (0 bytes); copy it again")
    if len(content) > MAX_BYTES:
        raise PhotoError(name, f"is larger than {MAX_BYTES // 1024**2} MB; export it smaller")
    return content


def _read_start(path: Path) -> bytes:
    """Read a file up to just above the size limit: it may be larger, or a device without end."""
    with path.open("rb") as file:
        return file.read(min(MAX_BYTES, path.stat().st_size or MAX_BYTES) + 1)


def _read_zipped(path: Path) -> bytes | None:
    """Read a zip member from a path like ``photos.zip#00/1.jpg``; None for any other path, or if such a file exists."""
    archive, mark, member = str(path).partition(".zip#")
    if not mark or path.exists():
        return None
    return ZipMember(f"{archive}.zip", member).read(MAX_BYTES)


def _read(photo: str | Path | bytes) -> tuple[str, bytes]:
    if not isinstance(photo, bytes):
        return str(photo), read_photo(photo)
    if not photo:
        raise PhotoError("(bytes)", "is empty (0 bytes); copy it again")
    return "(bytes)", photo


def _open_header(name: str, content: bytes) -> Image.Image:
    """Open the picture's header and check its size, without decoding the picture."""
    _read_heif()
    try:
        with catch_messages() if content[:4] in _TIFF else nullcontext():
            image = Image.open(io.BytesIO(take_first_picture(content) or content), formats=_FORMATS)
    except Image.DecompressionBombError:
        raise PhotoError(name, f"has more than {MAX_PIXELS:,} pixels; export it smaller") from None
    except UnidentifiedImageError:
        if content[:4] in _TIFF and (size := deep_tiff.read_size(content) if deep_tiff.can_open() else None):
            return _open_deep_tiff(name, content, *size)
        if content[:4] in _TIFF and not deep_tiff.can_open():
            raise PhotoError(
                name, f"is broken or a kind of TIFF that is not read; export it as JPEG, or {deep_tiff.INSTALL}"
            ) from None
        if is_photo(content[:HEAD_BYTES]):
            raise PhotoError(name, "is broken, cut off or of a kind that is not read; export it as JPEG") from None
        raise PhotoError(
            name, "is not a photo in a supported format (JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF, BMP, PPM, raw)"
        ) from None
    except Exception as error:
        raise PhotoError(name, f"is broken ({_explain(error)}); export it again") from error
    _check_size(name, image.width, image.height)
    return image


def _open_deep_tiff(name: str, content: bytes, width: int, height: int) -> Image.Image:
    """Decode a TIFF whose samples Pillow cannot read, scaled to 8 bits."""
    _check_size(name, width, height)
    try:
        return deep_tiff.make_picture(_scale_to_eight_bit(deep_tiff.read_samples(content)), content)
    except Exception as error:
        raise PhotoError(name, f"is broken or truncated ({_explain(error)}); export it again") from error


def _check_size(name: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        size = f"{width:,} × {height:,}"
        raise PhotoError(name, f"is {size} pixels, more than {MAX_PIXELS:,}; export it smaller")


@cache
def _read_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()


def _read_exif(image: Image.Image) -> Image.Exif | None:
    try:
        return image.getexif()
    except Exception:  # hostile metadata raises anything; the picture can still be good
        return None


def _read_orientation(exif: Image.Exif | None) -> int:
    try:
        return int(exif.get(_ORIENTATION, 1)) if exif is not None else 1
    except Exception:  # hostile metadata raises anything; the picture is then taken as upright
        return 1


def _convert_to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_scale_to_eight_bit(np.asarray(image, dtype=np.float64)), mode="L").convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def _scale_to_eight_bit(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Scale integers of 8 to 16 bits by the depth they use, and anything else by its own range, to 0…255.

    10, 12 and 14 bit samples are stored in 16: the smallest depth that holds the brightest sample is the picture's.
    """
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    whole = bool(np.all(values == np.round(values)))
    if low >= 0 and whole and 1 < high <= 65535:
        low, high = 0.0, next(float(2**bits - 1) for bits in _DEPTHS if high < 2**bits)
    elif low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return np.round((values - low) / max(high - low, 1e-12) * 255).astype(np.uint8)


def _explain(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:120]
