"""The built-in demo world on disk: a gallery of drawn scenes with their positions, and scenes held out as queries."""

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sextant.base.errors import SextantError
from sextant.gallery.synthetic.scene import draw_scene
from sextant.gallery.synthetic.towns import Town, choose_towns
from sextant.geo.sphere import compute_great_circle_km

WORLD_VERSION = 2  # raised whenever a scene would look different
MARKER = "world.json"  # stands in a finished world and says how it was made
JPEG_QUALITY = 92
AWAY_KM = 200.0  # a query's author has no gallery scene nearer, so that leaving the author out never helps or hurts
AUTHORS = tuple(f"drawer-{number:02}" for number in range(1, 37))


class WorldError(SextantError):
    """The drawn world could not be written."""


@dataclass(frozen=True)
class World:
    """Where a drawn world lies. The tables have the columns image, latitude, longitude, author, place, country_code."""

    gallery_folder: Path
    gallery_csv: Path
    queries_folder: Path
    queries_csv: Path


@dataclass(frozen=True)
class _Scene:
    image: str
    town: Town
    author: str
    seed: int


def write_world(
    folder: Path,
    scenes: int = 1200,
    queries: int = 40,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> World:
    """Draw the world into a folder, whole or not at all; a world already there is left as it is.

    Args:
        folder: made here, with its parents. If it holds a world made otherwise, that one is replaced.
        scenes: in the gallery. queries: held out. The towns of both are different ones.
        seed: of all that facts on a place leave open.
        progress: called after each scene with how many are drawn, and of how many.

    Raises:
        WorldError: the folder cannot be written, or holds something else.
    """
    recipe = {"version": WORLD_VERSION, "scenes": scenes, "queries": queries, "seed": seed}
    world = _find_world(folder)
    try:
        if _read_recipe(folder) == recipe:
            return world
        if folder.exists() and any(folder.iterdir()) and _read_recipe(folder) is None:
            raise WorldError(f"folder {str(folder)!r} holds something other than a drawn world; name an empty folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as draft:
            drawn = Path(draft) / "world"
            _draw_into(_find_world(drawn), scenes, queries, seed, progress)
            (drawn / MARKER).write_text(json.dumps(recipe), encoding="utf-8")
            if folder.exists():
                shutil.rmtree(folder)
            os.replace(drawn, folder)
    except OSError as error:
        raise WorldError(f"cannot write the drawn world to {str(folder)!r}: {error.strerror or error}") from error
    return world


def plan_world(scenes: int, queries: int, seed: int = 0) -> tuple[list[_Scene], list[_Scene]]:
    """Return which towns are drawn for the gallery and which for the queries, by whom, from which seeds.

    Queries are spread over the towns after the first of each group, so that the gallery knows their surroundings.
    """
    towns = choose_towns(scenes + queries)
    held_out = set(np.linspace(len(towns) // 3, len(towns) - 1, queries).astype(int).tolist()) if queries else set()
    seeds = np.random.SeedSequence(seed).generate_state(len(towns))
    authors = np.random.default_rng(seed).integers(len(AUTHORS), size=len(towns))
    gallery = [
        _Scene(_make_file_name(index), town, AUTHORS[authors[index]], int(seeds[index]))
        for index, town in enumerate(towns)
        if index not in held_out
    ]
    asked = [
        _Scene(
            _make_file_name(index),
            towns[index],
            _choose_author_from_elsewhere(towns[index], gallery),
            int(seeds[index]),
        )
        for index in sorted(held_out)
    ]
    return gallery, asked


def _choose_author_from_elsewhere(town: Town, gallery: Sequence[_Scene]) -> str:
    """Choose the author whose nearest gallery scene is farthest from a town, among those beyond AWAY_KM if any is."""
    positions = np.array([(scene.town.latitude, scene.town.longitude) for scene in gallery])
    distances = compute_great_circle_km(positions, (town.latitude, town.longitude))
    near = {scene.author for scene, distance in zip(gallery, distances, strict=True) if distance < AWAY_KM}
    return next((author for author in AUTHORS if author not in near), AUTHORS[-1])


def _draw_into(world: World, scenes: int, queries: int, seed: int, progress: Callable[[int, int], None] | None) -> None:
    gallery, asked = plan_world(scenes, queries, seed)
    done = 0
    for folder, table, part in (
        (world.gallery_folder, world.gallery_csv, gallery),
        (world.queries_folder, world.queries_csv, asked),
    ):
        folder.mkdir(parents=True)
        for scene in part:
            draw_scene(scene.town, scene.seed).save(
                folder / scene.image, quality=JPEG_QUALITY, subsampling=0
            )  # 4:4:4 keeps thin lines coloured
            done += 1
            if progress is not None:
                progress(done, scenes + queries)
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("image", "latitude", "longitude", "author", "place", "country_code"))
            for scene in part:
                town = scene.town
                place = (town.latitude, town.longitude, scene.author, town.name, town.country_code)
                writer.writerow((scene.image, *place))


def _make_file_name(index: int) -> str:
    """Make a name that does not reveal the place: whoever guesses sees only the picture."""
    return f"scene-{index:04}.jpg"


def _find_world(folder: Path) -> World:
    return World(folder / "gallery", folder / "gallery.csv", folder / "queries", folder / "queries.csv")


def _read_recipe(folder: Path) -> object | None:
    """Read the recipe of a finished world; None if the folder holds none."""
    try:
        recipe: object = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return recipe
