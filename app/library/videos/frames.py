"""Choose frames of a clip: the sharpest one of each of its longest scenes. Needs PyAV, the extra ``video``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from sextant.base.arrays import Floats
from sextant.base.errors import SextantError

MOST_FRAMES = 5  # of one clip: each costs as much as a photo
_CUT = 27.0  # mean change of a grey value, 0 to 255, from which a scene is new: PySceneDetect's default threshold
_STEP_S = 1.0  # between the samples that are compared
_FEW = 3  # key frames below which every frame is decoded: a short clip has one
_LONGEST_S = 60.0  # how much is decoded frame by frame then
_SMALL = 64  # pixels of the side that samples are compared at
_MOST_SIDE = 2048  # pixels of the longer side of a frame that is kept


class VideoError(SextantError):
    """A clip that cannot be read."""


@dataclass(frozen=True)
class Frame:
    """A frame, and when in its clip it is, in seconds."""

    seconds: float
    image: Image.Image


@dataclass
class Scene:
    """Samples between two cuts: how many, and the sharpest one's time in seconds."""

    samples: int
    seconds: float
    sharpness: float


def choose_frames(path: str, most: int = MOST_FRAMES) -> list[Frame]:
    """Choose at most ``most`` frames of a clip, in their order.

    Raises:
        VideoError: the clip cannot be read, or holds no picture.
    """
    import av

    try:
        with av.open(path) as clip:
            scenes = find_scenes(_sample(clip, key_frames=True))
            if sum(scene.samples for scene in scenes) < _FEW:
                clip.seek(0)
                scenes = find_scenes(_sample(clip, key_frames=False))
            longest = sorted(scenes, key=lambda scene: -scene.samples)[:most]
            return [_read_frame(clip, scene.seconds) for scene in sorted(longest, key=lambda scene: scene.seconds)]
    except (av.FFmpegError, StopIteration, IndexError, OSError) as error:
        raise VideoError(f"video {path!r} cannot be read ({error or 'it holds no picture'})") from error


def find_scenes(samples: Iterator[tuple[float, Floats]]) -> list[Scene]:
    """Part samples, each a time in seconds and a small grey picture (n, n) of 0 to 255, at their cuts."""
    scenes: list[Scene] = []
    before: Floats | None = None
    for seconds, small in samples:
        sharpness = float(np.abs(np.diff(small, axis=0)).mean() + np.abs(np.diff(small, axis=1)).mean())
        if before is None or float(np.abs(small - before).mean()) > _CUT:
            scenes.append(Scene(0, seconds, -1.0))
        scene = scenes[-1]
        scene.samples += 1
        if sharpness > scene.sharpness:
            scene.seconds, scene.sharpness = seconds, sharpness
        before = small
    return scenes


def _sample(clip: Any, *, key_frames: bool) -> Iterator[tuple[float, Floats]]:
    """Yield a sample about every second: of the key frames, which are quick to decode, or of all frames."""
    stream = clip.streams.video[0]
    stream.codec_context.skip_frame = "NONKEY" if key_frames else "DEFAULT"
    last = -_STEP_S
    for frame in clip.decode(stream):
        seconds = float(frame.time or 0.0)
        if not key_frames and seconds > _LONGEST_S:
            return
        if seconds - last >= _STEP_S:
            last = seconds
            small = frame.to_image(width=_SMALL, height=_SMALL).convert("L")
            yield seconds, np.asarray(small, dtype=float)


def _read_frame(clip: Any, seconds: float) -> Frame:
    """Read the frame at a time, upright."""
    stream = clip.streams.video[0]
    stream.codec_context.skip_frame = "DEFAULT"
    clip.seek(int(seconds / stream.time_base), stream=stream)
    frame = next(one for one in clip.decode(stream) if float(one.time or 0.0) >= seconds - 1e-6)
    image: Image.Image = frame.to_image()
    if frame.rotation:
        image = image.rotate(frame.rotation, expand=True)
    image.thumbnail((_MOST_SIDE, _MOST_SIDE))
    return Frame(seconds, image)
