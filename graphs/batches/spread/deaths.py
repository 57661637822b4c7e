"""Workers that die at a photo: how often it is run again, and its line when they all died."""

from typing import TypeVar

from sextant.base.json_types import Json
from sextant.graphs.batches.order import BatchOrder, Face

RUN_AGAIN = 3  # times, before the photo counts as failed
Item = TypeVar("Item")


def make_death_line(order: BatchOrder, face: Face[Item], photo: Item) -> Json:
    """Make the line of a photo at which every worker died."""
    line = face.make_error_line(photo, "defect", f"{RUN_AGAIN + 1} workers died at this photo")
    return {**line, "timings": {}, "record": f"{order.records.name}/{face.record(photo)}"}
