"""One joint answer for each clip: that of its surest frame, by what the frames say together."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from sextant.app.library.outputs.placed import PlacedPhoto
from sextant.app.library.videos.expand import find_clip


def add_clips(photos: Iterable[PlacedPhoto]) -> Iterator[PlacedPhoto]:
    """Yield photos sorted by name, and before the frames of a clip the clip itself."""
    for clip, group in groupby(photos, key=lambda photo: find_clip(photo.name)):
        if clip is None:
            yield from group
            continue
        frames = list(group)
        surest = max(frames, key=_measure_sureness)
        yield replace(surest, name=clip)
        yield from frames


def _measure_sureness(frame: PlacedPhoto) -> float:
    share = frame.joint["p_25_km"] if frame.joint else frame.probability["25"]
    return -1.0 if share is None else float(share)
