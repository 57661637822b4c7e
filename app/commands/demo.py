"""`sextant demo`: the whole system on a drawn world, on this machine alone."""

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.app.render.terminal import echo, echo_json

if TYPE_CHECKING:
    from sextant.gallery.synthetic.world import World

SAYS = """\
The scenes are drawn, not photographed: a small renderer draws streets of real towns from facts about their country,
climate and relief. No model looked at the picture; the answer comes from retrieval alone, over drawn references."""

NEXT = """\
Next:  sextant gallery build YOUR_PHOTOS --out my-gallery     geotagged photos, or a folder and a CSV
       sextant locate photo.jpg --gallery my-gallery --model openai:gpt-4o     with OPENAI_API_KEY set
       sextant locate photo.jpg --gallery my-gallery --model ollama:qwen2.5vl  a model on your own machine
       sextant doctor                                          what works here and what does not"""


MARK = "world.json"  # in the gallery of the demo, written when it is whole: what it was made of


@click.command(name="demo")
@click.option("--query", "number", type=int, default=17, show_default=True, help="Which held-out scene to locate.")
@click.option("--home", metavar="DIR", help="Folder for runs and galleries.  [default: SEXTANT_HOME]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="Show no progress on stderr.")
def command(number: int, home: str | None, as_json: bool, quiet: bool) -> None:
    """Build the drawn demo world and locate a scene in it.

    The world is drawn once, in about a minute; the answer then takes seconds.

    \b
    Example: sextant demo
             sextant demo --query 3
    """
    from sextant.agent.answer_words import format_distance, format_place_name
    from sextant.agent.settings import Settings
    from sextant.app.render.answer import format_answer
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_run
    from sextant.base.errors import SextantError
    from sextant.geo.sphere import compute_great_circle_km
    from sextant.graphs.runs.run import locate

    world, gallery = prepare_demo_gallery(home, quiet)
    query = read_held_out(world, number)
    photo = str(world.queries_folder / query["image"])
    with Progress("demo", quiet=quiet) as progress:
        answer = locate(photo, Settings(gallery=str(gallery), home=home), report_run(progress)).answer
    truth = {"latitude": float(query["latitude"]), "longitude": float(query["longitude"]), "place": query["place"]}
    best = answer["best"]
    if best is None:
        raise SextantError("the demo world gave no answer; delete the demo's gallery in the home and try again")
    off_km = float(
        compute_great_circle_km((best["latitude"], best["longitude"]), (truth["latitude"], truth["longitude"]))
    )
    if as_json:
        echo_json({"answer": answer, "truth": truth, "error_km": round(off_km, 3)}, 2)
        return
    named = format_place_name({**truth, "country": query["country_code"]})
    echo(f"{format_answer(answer)}\n\n  The scene was drawn at {named}: the answer is {format_distance(off_km)} off.")
    echo(f"\n{SAYS}\n\n{NEXT}")


def prepare_demo_gallery(home: str | None, quiet: bool) -> "tuple[World, Path]":
    """Return the drawn world and its gallery under the home; make them if they are missing or outdated."""
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_build, report_drawing
    from sextant.base.errors import SextantError
    from sextant.base.files import write_atomic
    from sextant.base.home import Home
    from sextant.gallery.build.build import build
    from sextant.gallery.encoders.load import load_encoder
    from sextant.gallery.sources.recognise import SourceOptions, open_source
    from sextant.gallery.synthetic.world import WORLD_VERSION, write_world

    home_folders = Home.at(home)
    drawn = home_folders.root / "demo-world"
    with Progress("demo", quiet=quiet) as progress:
        world = write_world(drawn, progress=report_drawing(progress))
    gallery = home_folders.galleries / "demo"
    encoder = load_encoder("builtin")
    if not _is_current(gallery, made_of := json.dumps({"world": WORLD_VERSION, "encoder": encoder.fingerprint})):
        source = open_source(str(world.gallery_folder), SourceOptions(metadata=world.gallery_csv))
        with Progress(quiet=quiet) as progress:
            build(source, str(gallery), encoder, progress=report_build(progress))
        mark = gallery / MARK
        try:
            write_atomic(mark, made_of.encode())
        except OSError as error:
            raise SextantError(f"cannot write {str(mark)!r}: {error.strerror}; free space or pass --home") from error
    return world, gallery


def _is_current(gallery: Path, wanted: str) -> bool:
    """Check that the demo gallery is complete and current; remove an outdated one, keep an incomplete one to resume."""
    import shutil

    try:
        found = (gallery / MARK).read_text(encoding="utf-8")
    except OSError:
        return False
    if found != wanted:
        shutil.rmtree(gallery)
    return found == wanted


def read_held_out(world: "World", number: int) -> dict[str, Any]:
    """Return the row of one held-out scene, counted from 1.

    Raises:
        WrongUse: the number is out of range.
    """
    from sextant.base.errors import WrongUse

    with world.queries_csv.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not 1 <= number <= len(rows):
        raise WrongUse(f"--query is {number}; the demo world holds out {len(rows)} scenes, numbered from 1")
    return rows[number - 1]
