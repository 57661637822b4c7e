"""Write tags through exiftool, which keeps what other programs wrote: the extra ``tag`` and the program itself."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sextant.base.errors import MissingPackage, SextantError, format_error
from sextant.base.packages import require_package

Tags = Mapping[str, str | float]


class TagError(SextantError):
    """A file whose tags cannot be written."""


@contextmanager
def open_exiftool() -> Iterator[Any]:
    """Run exiftool for many files.

    Raises:
        MissingPackage: the package PyExifTool or the program exiftool is not installed.
    """
    require_package("exiftool", "writing tags", "tag")
    if shutil.which("exiftool") is None:
        raise MissingPackage(
            "writing tags needs the program exiftool; install it (Debian: apt install libimage-exiftool-perl; macOS: "
            "brew install exiftool; Windows: exiftool.org)"
        )
    import exiftool

    # What the locale is must not decide which names can be written.
    with exiftool.ExifToolHelper(common_args=["-n", "-charset", "filename=utf8"], encoding="utf-8") as tool:
        yield tool


def write_tags(tool: Any, target: Path, tags: Tags, overwrite: bool) -> bytes:
    """Return the content that a file has with these tags; the file itself is not touched.

    Args:
        tool: of `open_exiftool`.
        target: the photo or the sidecar; a sidecar may not exist yet.
        tags: by exiftool's names with their groups.
        overwrite: replace tags that are there; otherwise only missing ones are added.

    Raises:
        TagError: exiftool refuses the file, or the disk for temporary files does not take it.
    """
    try:
        # Exiftool takes one argument a line, so that neither the file's path nor a value may hold a line break.
        with TemporaryDirectory(prefix="sextant-") as folder:
            aside = Path(folder, f"aside{target.suffix}")
            if target.exists():
                shutil.copyfile(target, aside)
            kept = [] if overwrite else ["-wm", "cg"]
            values = (f"-{name}={' '.join(str(value).split())}" for name, value in tags.items())
            tool.execute("-overwrite_original", *kept, *values, os.fsencode(aside))
            if tool.last_status or not aside.exists():
                said = " ".join(str(tool.last_stderr).replace(os.fspath(aside), target.name).split())
                raise TagError(f"{str(target)!r} cannot be tagged ({said[:160] or 'exiftool wrote nothing'})")
            return aside.read_bytes()
    except OSError as error:
        raise TagError(f"{str(target)!r} cannot be tagged ({error.strerror})") from error
    except TagError:
        raise
    except Exception as error:  # PyExifTool raises several types of its own
        raise TagError(f"{str(target)!r} cannot be tagged ({format_error(error)})") from error
