"""Check the path of a photo that a caller in Python passed."""

from os import PathLike, fspath
from pathlib import Path

from sextant.base.errors import SextantError, WrongUse

PhotoPath = str | PathLike[str]


def check_photo(photo: PhotoPath) -> str:
    """Return the path of a photo.

    Raises:
        WrongUse: it is not a path, or it is the path of a folder.
        SextantError: the file does not exist.
    """
    if not isinstance(photo, str | PathLike):
        raise WrongUse(f"a photo must be a file's path, not {type(photo).__name__}; save the picture and pass its path")
    path = Path(fspath(photo)).expanduser()
    if path.is_dir():
        raise WrongUse(f"{str(path)!r} is a folder; use sextant.locate_many for all photos in it")
    if not path.is_file():
        raise SextantError(
            f"file {str(path)!r} does not exist; check the path, which is relative to {str(Path.cwd())!r}"
        )
    return str(path)
