"""A small drawn world and its gallery, and a model that knows where the scenes are: for tests of the whole page."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.model_script import Asked, Reply


@dataclass(frozen=True)
class Drawn:
    """The gallery's folder, and a held-out scene with where it was drawn."""

    gallery: Path
    query: Path
    latitude: float
    longitude: float
    country_code: str


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """A world of 120 scenes."""
    return make_drawn(tmp_path_factory.mktemp("drawn"))


def make_drawn(folder: Path) -> Drawn:
    """Draw the world in a folder and build its gallery."""
    from sextant.gallery.build.build import build
    from sextant.gallery.encoders.load import load_encoder
    from sextant.gallery.sources.recognise import SourceOptions, open_source
    from sextant.gallery.synthetic.world import write_world
    from sextant.geo.borders import find_country

    world = write_world(folder / "world", scenes=120, queries=4)
    source = open_source(str(world.gallery_folder), SourceOptions(metadata=world.gallery_csv))
    build(source, str(folder / "gallery"), load_encoder("builtin"), workers=0)
    with world.queries_csv.open(encoding="utf-8", newline="") as file:
        # On land by the outlines too: a pier is in no country there.
        row = next(r for r in csv.DictReader(file) if find_country(float(r["latitude"]), float(r["longitude"])))
    place = float(row["latitude"]), float(row["longitude"])
    return Drawn(folder / "gallery", world.queries_folder / row["image"], *place, row["country_code"])


def knows(drawn: Drawn) -> Callable[[Asked], Reply]:
    """A model that names the place, calls a tool on the way, and claims a check it never made."""

    def script(asked: Asked) -> Reply:
        if "The person asks" in asked.text:
            return Reply(
                text="The lettering on the sign fits. I verified this on Google Street View. <b>Bold</b> words."
            )
        if asked.tools and not asked.tool_results and "two steps" in asked.text:
            return Reply(tool_calls=[("nearest_photos", {"count": 5})])
        clues = [
            {"text": "The road markings are yellow", "source": "seen"},
            {"text": "<script>alert(1)</script>", "source": "read"},
        ]
        here = {"latitude": drawn.latitude, "longitude": drawn.longitude, "confidence": 0.8}
        return Reply(text=json.dumps({**here, "clues": clues}))

    return script
