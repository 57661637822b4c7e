"""Finish a library: put each photo's own evidence and its neighbours' beside its answer, and write the outputs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sextant.app.library.folder import Entry, LibraryFolder
from sextant.app.library.outputs.placed import PlacedPhoto, read_own_position
from sextant.app.library.outputs.write import write_outputs
from sextant.app.library.trips import locate_trips
from sextant.app.library.videos.clips import add_clips
from sextant.base.json_types import Json
from sextant.gallery.photos.track import Track
from sextant.graphs.batches.lines import lock_writer


@dataclass(frozen=True)
class Finishing:
    """What is put beside the answers.

    Attributes:
        track: positions by time, for photos whose file states none.
        clock_offset_s: what is added to a photo's clock to get the track's, in seconds.
        neighbours: locate the photos of a trip together, beside their own answers.
    """

    track: Track | None = None
    clock_offset_s: float = 0.0
    neighbours: bool = True


def finish_library(
    folder: LibraryFolder, finishing: Finishing, progress: Callable[[int, int], None] | None = None
) -> None:
    """Write the outputs of all photos that have a line.

    Args:
        folder: the library's.
        finishing: what is put beside the answers.
        progress: called with how many photos are written, and of how many; first with none, since trips come first.

    Raises:
        SextantError: the lines cannot be read, the disk does not take the outputs, or another process works on the
            folder.
    """
    with lock_writer(folder.path):
        index = folder.read_index()
        placed = read_placed(folder, index, finishing)
        if progress is not None:
            placed = count_photos(placed, len(index), progress)
        write_outputs(folder.path, add_clips(placed), len(index))


def count_photos(
    photos: Iterable[PlacedPhoto], total: int, progress: Callable[[int, int], None]
) -> Iterator[PlacedPhoto]:
    """Yield the photos, and report each."""
    progress(0, total)
    for done, photo in enumerate(photos, 1):
        yield photo
        progress(done, total)


def read_placed(folder: LibraryFolder, index: dict[str, Entry], finishing: Finishing) -> Iterator[PlacedPhoto]:
    """Yield the photos by name, each with its own position and, with ``neighbours``, its place by its trip."""
    alone = (PlacedPhoto(name, line, find_own_position(line, finishing)) for name, line in folder.read_all(index))
    if not finishing.neighbours:
        yield from alone
        return
    joint = locate_trips(alone)
    for name, line in folder.read_all(index):
        yield PlacedPhoto(name, line, find_own_position(line, finishing), joint.get(name))


def find_own_position(line: Json, finishing: Finishing) -> Json:
    """Return the position that the file states, else the one that the track has for its time, beside the answer."""
    from sextant.agent.guard.metadata_check import compare_metadata, state_file_position

    own = read_own_position(line)
    if own["latitude"] is not None or finishing.track is None or line["answer"] is None:
        return own
    found = finishing.track.find(own["taken_at"], finishing.clock_offset_s)
    if found is None:
        return own
    stated: Json = {"latitude": found.latitude, "longitude": found.longitude, "source": "track"}
    stated |= {"captured_at": own["taken_at"], "notes": found.notes}
    answer = line["answer"]
    return state_file_position(compare_metadata(stated, answer["best"], answer["region"].get("90")))
