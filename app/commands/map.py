"""`sextant map`: add, list and remove OpenStreetMap extracts; search the map, and show what is around a position."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sextant.app.options.grouped import SuggestingGroup
from sextant.app.render.terminal import echo, echo_json
from sextant.base.printable import pluralise

if TYPE_CHECKING:
    from sextant.atlas.map_index.search import MapIndex
    from sextant.atlas.map_index.store import MapSource

HOME = click.option("--home", metavar="DIR", help="Folder that holds the maps.  [default: SEXTANT_HOME]")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_COVERED_M = 5_000  # a map that has nothing so near does not cover a position


def _check_svg(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() != ".svg":
        raise click.BadParameter(f"{str(path)!r} does not end in .svg; the drawing is an SVG file")
    return path


DRAW = click.option(
    "--draw",
    metavar="FILE.svg",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_check_svg,
    help="Draw the result as a map.",
)


@click.group("map", cls=SuggestingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Add OpenStreetMap extracts, and search the map they make.

    \b
    Example: sextant map add liechtenstein.osm.pbf
             sextant map search "a church within 300 m of a castle in Balzers"
    """


@command.command()
@click.argument("extracts", metavar="FILE.osm.pbf...", nargs=-1, required=True, type=click.Path(path_type=Path))
@JSON
@HOME
def add(extracts: tuple[Path, ...], as_json: bool, home: str | None) -> None:
    """Add OpenStreetMap extracts: streets, sights, shops and addresses.

    `sextant places` finds their names too.

    Needs: pip install 'sextant-geo[osm]'. If it is interrupted, run it again: it resumes.

    \b
    Example: sextant map add liechtenstein.osm.pbf
    """
    from dataclasses import asdict

    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_import
    from sextant.atlas.gazetteer.add import add_source
    from sextant.atlas.gazetteer.store import store_path
    from sextant.atlas.map_index.add import add_map
    from sextant.atlas.map_index.store import maps_folder

    done = []
    for extract in extracts:
        with Progress(quiet=as_json) as progress:
            made = add_map(maps_folder(home), extract, report_import(progress, extract.name, "things"))
        with Progress(quiet=as_json) as progress:
            names = add_source(store_path(home), extract, report_import(progress, f"names of {extract.name}"))
        done.append({**asdict(made), "places": names.places})
        if not as_json:
            resumed = f" ({made.resumed:,} of them earlier)" if made.resumed else ""
            things, named = pluralise(made.elements, "thing"), pluralise(names.places, "named place")
            echo(f"{made.source}: {things}{resumed}, {named} added")
    if as_json:
        echo_json(done)


@command.command(name="list")
@JSON
@HOME
def list_maps(as_json: bool, home: str | None) -> None:
    """List the maps that were added, with their licences and dates.

    \b
    Example: sextant map list
    """
    from sextant.atlas.map_index.store import list_maps, maps_folder

    found = list_maps(maps_folder(home))
    if as_json:
        echo_json([source.to_json() for source in found])
    elif found:
        echo("\n".join(_format_source(source) for source in found))
    else:
        echo("no map has been added; add one with: sextant map add FILE.osm.pbf", err=True)


@command.command()
@click.argument("name", metavar="MAP")
@HOME
def remove(name: str, home: str | None) -> None:
    """Remove a map by the name that `sextant map list` shows, and its names from the gazetteer.

    \b
    Example: sextant map remove liechtenstein.osm.pbf
    """
    from sextant.atlas.gazetteer.add import remove_source
    from sextant.atlas.gazetteer.store import list_sources, store_path
    from sextant.atlas.map_index.store import maps_folder, remove_map

    things = remove_map(maps_folder(home), name)
    store = store_path(home)
    places = remove_source(store, name) if any(source.name == name for source in list_sources(store)) else 0
    echo(f"{name}: {pluralise(things, 'thing')} and {pluralise(places, 'named place')} removed")


@command.command()
@click.argument("question", metavar="QUESTION")
@click.option("--near", nargs=2, type=float, metavar="LATITUDE LONGITUDE", help="Look around this position only.")
@click.option(
    "--radius-km",
    type=click.FloatRange(0, 500, min_open=True),
    default=25.0,
    show_default=True,
    help="Search radius around the position, in kilometres.",
)
@click.option("--limit", type=click.IntRange(1, 100), default=5, show_default=True, help="Show at most this many.")
@DRAW
@JSON
@HOME
def search(
    question: str,
    near: tuple[float, float] | None,
    radius_km: float,
    limit: int,
    draw: Path | None,
    as_json: bool,
    home: str | None,
) -> None:
    """Find a thing of the map: by name, kind, address, or by what stands near it.

    \b
    Examples: sextant map search "Städtle 32, Vaduz"
              sextant map search "Landstrasse / Feldkircher Strasse, Schaan"
              sextant map search "a museum within 200 m of a church in Vaduz" --draw hits.svg
    """
    from sextant.app.render.map_drawing import draw_hits
    from sextant.atlas.gazetteer.lookup import SearchCircle
    from sextant.atlas.map_index.nothing_found import explain_nothing
    from sextant.base.errors import SextantError
    from sextant.geo.sphere import check_position
    from sextant.tools.map_search import format_hit
    from sextant.tools.maps import ATTRIBUTION

    circle = SearchCircle(*check_position(*near), radius_km) if near else None
    index = _open_index(home)
    try:
        hits = index.search(question, limit, circle)
        if not hits and not as_json:
            raise SextantError(f"the maps have nothing for {question!r}: {explain_nothing(index, question, circle)}")
        if draw and hits:
            _write_drawing(draw, draw_hits(index, [(hit.name, hit.latitude, hit.longitude) for hit in hits]))
    finally:
        index.close()
    if as_json:
        echo_json([hit.to_json() for hit in hits])
    else:
        echo("\n".join([*(f"{rank}. {format_hit(hit)}" for rank, hit in enumerate(hits, 1)), ATTRIBUTION]))


# Unknown options are taken as arguments, or -33.9 would be one.
@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("latitude", type=float)
@click.argument("longitude", type=float)
@click.option(
    "--radius", type=click.FloatRange(1, 2000), default=150.0, show_default=True, help="Metres to look around."
)
@DRAW
@JSON
@HOME
def around(
    latitude: float, longitude: float, radius: float, draw: Path | None, as_json: bool, home: str | None
) -> None:
    """Show what the map has at and near a position: address, street, crossing, things around it.

    \b
    Example: sextant map around 47.1393 9.5222
    """
    from sextant.app.render.map_drawing import draw_hits
    from sextant.atlas.map_index.around import describe_surroundings
    from sextant.base.errors import SextantError
    from sextant.geo.sphere import check_position
    from sextant.tools.maps import ATTRIBUTION

    position = check_position(latitude, longitude)
    index = _open_index(home)
    try:
        found = describe_surroundings(index, *position, radius)
        covered = bool(index.inside(*position, _COVERED_M))
        if draw and found.list_lines():
            here = [("here", *position), *((one.name or one.kind, one.latitude, one.longitude) for one in found.things)]
            _write_drawing(draw, draw_hits(index, here, radius))
    finally:
        index.close()
    lines = found.list_lines()
    if as_json:
        echo_json(found.to_json())
    elif lines:
        echo("\n".join([*lines, ATTRIBUTION]))
    elif covered:
        raise SextantError(f"the maps have nothing within {radius:g} m of this position; try a larger --radius")
    else:
        raise SextantError(
            f"no map covers {latitude:g}, {longitude:g}; `sextant map list` shows those that were added, and "
            "`sextant map add` adds one"
        )


def _open_index(home: str | None) -> "MapIndex":
    from sextant.atlas.map_index.search import MapIndex
    from sextant.atlas.map_index.store import maps_folder
    from sextant.base.errors import SextantError

    index = MapIndex(maps_folder(home))
    if not index:
        raise SextantError("no map has been added; add one with: sextant map add FILE.osm.pbf")
    return index


def _write_drawing(path: Path, drawn: str) -> None:
    from sextant.base.errors import SextantError, format_system_reason
    from sextant.base.files import write_atomic

    try:
        write_atomic(path, drawn.encode())
    except OSError as error:
        raise SextantError(f"{str(path)!r} cannot be written: {format_system_reason(error)}") from error


def _format_source(source: "MapSource") -> str:
    return (
        f"{source.name}  {source.format}, {pluralise(source.elements, 'thing')}, "
        f"{pluralise(source.names, 'name')}; file of {source.file_date}, added {source.added}; {source.licence}"
    )
