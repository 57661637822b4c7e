"""A GPX track: where somebody was by time, and so where a photo was taken. Every value is untrusted."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sextant.base.errors import SextantError, WrongUse, format_error
from sextant.base.packages import require_package
from sextant.geo.sphere import compute_great_circle_km

FARTHEST_S = 600.0  # from the nearest point of the track; beyond that, the track says nothing
FASTEST_KM_H = 1_000.0  # between two points; beyond that, one of them is a jump of the receiver
MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class TrackPosition:
    """Where the track was: degrees, and what makes it doubtful."""

    latitude: float
    longitude: float
    notes: list[str]


@dataclass(frozen=True)
class Track:
    """Points of a track, sorted by time: seconds since 1970 (UTC), latitude, longitude."""

    times: tuple[float, ...]
    points: tuple[tuple[float, float], ...]

    def find(self, taken_at: str | None, clock_offset_s: float = 0.0) -> TrackPosition | None:
        """Find the position at a photo's time, between the two nearest points; None where the track says nothing.

        Args:
            taken_at: ISO 8601; a time without a zone is read as UTC.
            clock_offset_s: seconds that are added to it.
        """
        try:
            stated = datetime.fromisoformat(taken_at) if taken_at else None
        except ValueError:
            return None
        if stated is None:
            return None
        notes = [] if stated.tzinfo else ["the photo's time has no zone and was read as UTC; see --clock-offset"]
        time = (stated if stated.tzinfo else stated.replace(tzinfo=UTC)).timestamp() + clock_offset_s
        after = bisect_left(self.times, time)
        near = [place for place in (after - 1, after) if 0 <= place < len(self.times)]
        near = [place for place in near if abs(self.times[place] - time) <= FARTHEST_S]
        if not near:
            return None
        if len(near) == 1 or self.times[near[0]] == self.times[near[1]]:
            return TrackPosition(*self.points[near[-1]], notes)
        return self._interpolate(near[0], near[1], time, notes)

    def _interpolate(self, before: int, after: int, time: float, notes: list[str]) -> TrackPosition:
        first, second = self.points[before], self.points[after]
        hours = (self.times[after] - self.times[before]) / 3600
        share = (time - self.times[before]) / (hours * 3600)
        if float(compute_great_circle_km(first, second)) > FASTEST_KM_H * hours or abs(first[1] - second[1]) > 180:
            return TrackPosition(*(first if share < 0.5 else second), [*notes, "the track jumps at this time"])
        latitude, longitude = (a + share * (b - a) for a, b in zip(first, second, strict=True))
        return TrackPosition(latitude, longitude, notes)


def read_track(path: Path) -> Track:
    """Read the points with a time of a GPX file.

    Raises:
        MissingPackage: gpxpy is not installed.
        WrongUse: the file holds no point with a time.
        SextantError: it cannot be read, or is not GPX.
    """
    require_package("gpxpy", "a GPX track", "library")
    import gpxpy

    try:
        content = path.read_bytes()[:MAX_BYTES]
    except OSError as error:
        raise SextantError(f"cannot read the track {str(path)!r}: {error.strerror}") from error
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise SextantError(f"the track {str(path)!r} declares entities and was not read")
    try:
        parsed = gpxpy.parse(content.decode("utf-8-sig", "replace"))
    except Exception as error:  # gpxpy raises what its XML parser raises
        raise SextantError(f"the track {str(path)!r} is not GPX: {format_error(error)}") from error
    points = [point for track in parsed.tracks for segment in track.segments for point in segment.points]
    known = sorted(
        (_to_utc(point.time).timestamp(), (float(point.latitude), float(point.longitude)))
        for point in points
        if point.time is not None and abs(point.latitude) <= 90 and abs(point.longitude) <= 180
    )
    if not known:
        raise WrongUse(f"the track {str(path)!r} holds no point with a time")
    return Track(tuple(time for time, _ in known), tuple(place for _, place in known))


def parse_clock_offset(text: str) -> float:
    """Parse ``+02:00``, ``-1:30:15`` or a number of seconds, as ``90``; in seconds.

    Raises:
        WrongUse: the text is neither.
    """
    sign = -1.0 if text.startswith("-") else 1.0
    parts = text.lstrip("+-").split(":")
    if not all(part.isdecimal() for part in parts) or len(parts) > 3:
        raise WrongUse(f"invalid clock offset {text!r}: expected [+-]HH:MM, [+-]HH:MM:SS or seconds")
    numbers = [int(part) for part in parts]
    if len(numbers) == 1:
        return sign * numbers[0]
    hours, minutes, seconds = (*numbers, 0)[:3]
    return sign * timedelta(hours=hours, minutes=minutes, seconds=seconds).total_seconds()


def _to_utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
