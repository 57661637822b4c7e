"""Put the frames of a library's clips in place of the clips."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

from sextant.app.library.finding import Found, LibraryPhoto
from sextant.app.library.folder import read_stamp
from sextant.app.library.videos.frames import VideoError, choose_frames
from sextant.app.library.videos.own_metadata import read_clip_metadata
from sextant.base.errors import SextantError, format_system_reason
from sextant.base.packages import is_installed
from sextant.graphs.runs.batch import make_record_name

FRAMES = "frames"
_QUALITY = 92
_NAMED = re.compile(r"(.+)#t=\d{5}\.\d")


def find_clip(name: str) -> str | None:
    """Return the clip that a frame is of, by its name ``CLIP#t=00012.5`` (seconds); None for a photo."""
    found = _NAMED.fullmatch(name)
    return found[1] if found else None


def expand_videos(found: Found, out: Path) -> list[str]:
    """Add the frames of the clips that were found to the photos, and return what a person should know.

    Frames lie in ``OUT/frames`` and are made once. A clip that cannot be read is added itself, so that it fails where
    a person can see it.

    Raises:
        SextantError: the disk does not take the frames.
    """
    if not found.videos:
        return []
    if not is_installed("av"):
        return [f"videos left out: {len(found.videos):,}; to locate them: pip install 'sextant-geo[video]'"]
    count = 0
    problems: list[str] = []
    for clip in found.videos.values():
        try:
            frames = list_frames(clip, out / FRAMES, problems.append)
        except VideoError:
            found.photos[clip.name] = clip
            continue
        except OSError as error:
            raise SextantError(f"cannot write frames into {str(out)!r}: {format_system_reason(error)}") from error
        for path in frames:
            name = f"{clip.name}#t={path.stem}"
            found.photos[name] = LibraryPhoto(name, os.fspath(path))
        count += len(frames)
    return [f"frames of videos that are located: {count:,} (of {len(found.videos):,} videos)", *problems]


def list_frames(clip: LibraryPhoto, folder: Path, warn: Callable[[str], None]) -> list[Path]:
    """Return the files of a clip's frames, which are made unless they are there: ``00012.5.jpg``, by seconds.

    Args:
        clip: the video.
        folder: holds a folder with the frames of each clip.
        warn: receives why the clip's track of positions was not read.

    Raises:
        VideoError: the clip cannot be read.
        OSError: the disk does not take them.
    """
    stamp = read_stamp(clip.path)
    if stamp is None:
        raise VideoError(f"video {clip.path!r} is missing")
    own = folder / f"{make_record_name(clip.name)}-{stamp.size:x}-{stamp.mtime_ns:x}"
    if not own.is_dir():
        chosen = choose_frames(clip.path)
        stated = read_clip_metadata(clip.path)
        if stated.problem is not None:
            warn(stated.problem)
        aside = folder / f".{own.name}-{token_hex(4)}"
        aside.mkdir(parents=True)
        try:
            for frame in chosen:
                file = aside / f"{frame.seconds:07.1f}.jpg"
                frame.image.save(file, "JPEG", quality=_QUALITY, exif=stated.make_exif(frame.seconds))
            if not own.is_dir():
                aside.rename(own)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return sorted(own.glob("*.jpg"))
