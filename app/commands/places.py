"""`sextant places`: add, list, search and remove gazetteers of sights and streets."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sextant.app.options.grouped import SuggestingGroup
from sextant.app.render.terminal import echo, echo_json
from sextant.base.printable import pluralise

if TYPE_CHECKING:
    from sextant.atlas.gazetteer.lookup import Sight
    from sextant.atlas.gazetteer.store import AddedSource

HOME = click.option("--home", metavar="DIR", help="Folder that holds the gazetteer.  [default: SEXTANT_HOME]")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group("places", cls=SuggestingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Add, list, search and remove gazetteers of sights and streets.

    \b
    Example: sextant places add allCountries.zip
             sextant places search "Plaza de Armas, Cusco"
    """


@command.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@JSON
@HOME
def add(sources: tuple[Path, ...], as_json: bool, home: str | None) -> None:
    """Add downloaded gazetteers: SOURCE is a file as published (.gz and .zip too).

    GeoNames allCountries and alternateNamesV2 (in this order), Wikipedia's geo_tags dump with the page dump beside it,
    the Wikidata gazetteer, an OpenStreetMap extract (.osm.pbf), or any CSV with name, latitude, longitude.

    \b
    Example: sextant places add allCountries.zip alternateNamesV2.zip
             sextant places add liechtenstein.osm.pbf
    """
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_import
    from sextant.atlas.gazetteer.add import add_source
    from sextant.atlas.gazetteer.store import store_path

    done = []
    for source in sources:
        with Progress(quiet=as_json) as progress:
            report = add_source(store_path(home), source, report_import(progress, source.name))
        done.append(report)
        if report.broken:
            lines = ", ".join(f"line {one.line} ({one.reason})" for one in report.first_broken[:5])
            echo(f"{pluralise(report.broken, 'line')} of {source.name} could not be read: {lines}", err=True)
        if not as_json:
            echo(f"{source.name}: {report.places:,} places, {report.names:,} names added")
    if as_json:
        echo_json(
            [
                {
                    "source": report.source,
                    "places": report.places,
                    "names": report.names,
                    "broken": report.broken,
                    "first_broken": [{"line": one.line, "reason": one.reason} for one in report.first_broken],
                }
                for report in done
            ]
        )


@command.command(name="list")
@JSON
@HOME
def list_sources(as_json: bool, home: str | None) -> None:
    """List the gazetteers that were added, with their licences and dates.

    \b
    Example: sextant places list
    """
    from sextant.atlas.gazetteer.store import list_sources, store_path

    found = list_sources(store_path(home))
    if as_json:
        echo_json([source.to_json() for source in found])
    elif found:
        echo("\n".join(_format_source(source) for source in found))
    else:
        echo("no gazetteer has been added; add one with: sextant places add FILE", err=True)


@command.command()
@click.argument("name", metavar="SOURCE")
@HOME
def remove(name: str, home: str | None) -> None:
    """Remove a gazetteer by the name that `sextant places list` shows.

    \b
    Example: sextant places remove allCountries.zip
    """
    from sextant.atlas.gazetteer.add import remove_source
    from sextant.atlas.gazetteer.store import store_path

    echo(f"{name}: {pluralise(remove_source(store_path(home), name), 'place')} removed")


@command.command()
@click.argument("name", metavar="NAME")
@click.option("--limit", type=click.IntRange(1, 100), default=5, show_default=True, help="Show at most this many.")
@JSON
@HOME
def search(name: str, limit: int, as_json: bool, home: str | None) -> None:
    """Find the place NAME; add its container after a comma.

    \b
    Example: sextant places search "Burg Gutenberg, Balzers"
    """
    from sextant.atlas.gazetteer.lookup import Lookup
    from sextant.atlas.gazetteer.store import store_path
    from sextant.base.errors import SextantError

    path = store_path(home)
    if not path.exists():
        raise SextantError("no gazetteer has been added; add one with: sextant places add FILE")
    lookup = Lookup(path)
    try:
        found = lookup.resolve(name, limit)
    finally:
        lookup.close()
    if as_json:
        echo_json([sight.to_json() for sight in found])
    elif found:
        echo("\n".join(_format_sight(sight) for sight in found))
    else:
        raise SextantError(f"the added gazetteers have no place named {name!r}; try another spelling")


def _format_source(source: "AddedSource") -> str:
    broken = f", {pluralise(source.broken, 'line')} unread" if source.broken else ""
    return (
        f"{source.name}  {source.format}, {pluralise(source.places, 'place')}, "
        f"{pluralise(source.names, 'name')}{broken}; file of {source.file_date}, added {source.added}; {source.licence}"
    )


def _format_sight(sight: "Sight") -> str:
    country = f", {sight.country_code}" if sight.country_code else ""
    sure = "" if sight.score == 1 else " (similar name)"
    return f"{sight.latitude:.5f}, {sight.longitude:.5f}  {sight.name}{country} ({sight.kind}){sure}  [{sight.source}]"
