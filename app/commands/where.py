"""`sextant where`: show what is at a position."""

from typing import TYPE_CHECKING

import click

from sextant.app.render.terminal import echo, echo_json

if TYPE_CHECKING:
    from sextant.atlas.gazetteer.lookup import Sight
    from sextant.geo.places import Place


# Unknown options are taken as arguments, or -33.9 would be one.
@click.command("where", context_settings={"ignore_unknown_options": True})
@click.argument("position", nargs=-1, required=True, metavar="LATITUDE LONGITUDE | POSITION")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--home", metavar="DIR", help="Folder that holds the gazetteers.  [default: SEXTANT_HOME]")
def command(position: tuple[str, ...], as_json: bool, home: str | None) -> None:
    """Show what is at a position: country, division, nearest place, sea, border.

    The position is latitude and longitude in degrees, or one text that holds it: degrees, minutes and seconds, a map
    link, a plus code, MGRS.

    \b
    Examples: sextant where 48.8597 -113.4360
              sextant where "58.97, 5.73"
              sextant where "https://www.openstreetmap.org/#map=15/48.85/2.29"
    """
    from sextant.geo.places import describe

    place = describe(*_read_position(position))
    sight = _find_sight(place, home)
    if as_json:
        echo_json({**place.to_json(), **({"sight": sight.to_json()} if sight else {})})
    else:
        nearest = [f"{'sight':<15}{sight.name}, {1000 * (sight.km or 0.0):.0f} m away"] if sight else []
        echo("\n".join([*_format_lines(place), *nearest]))


def _find_sight(place: "Place", home: str | None) -> "Sight | None":
    """Find the prominent sight at the position, where a gazetteer was added."""
    from sextant.base.home import Home

    path = Home.at(home).places
    if not path.exists():
        return None
    from sextant.atlas.gazetteer.lookup import Lookup

    lookup = Lookup(path)
    try:
        return lookup.prominent_near(place.latitude, place.longitude)
    finally:
        lookup.close()


def _read_position(words: tuple[str, ...]) -> tuple[float, float]:
    """Read two numbers, or any notation that is read in a model's answer.

    Raises:
        WrongUse: an option that does not exist, or a text without a position.
    """
    from sextant.base.errors import WrongUse

    option = next((word for word in words if word.startswith("--")), None)
    if option is not None:
        raise WrongUse(f"no such option: {option!r}; see: sextant where --help")
    text = " ".join(words).strip()
    numbers = _read_two_numbers(text)
    if numbers is not None:
        return numbers
    from sextant.agent.answers import parse_answer  # heavy: two numbers are read without it

    answer = parse_answer(text)
    # A precision tells that the text only names a place, as "Paris 2.3" does.
    if answer.latitude is None or answer.longitude is None or answer.precision is not None:
        shown = text if len(text) <= 80 else f"{text[:79]}…"
        raise WrongUse(
            f"{shown!r} contains no position; give latitude and longitude in degrees, such as 48.8597 -113.4360, "
            "or paste a map link"
        )
    return answer.latitude, answer.longitude


def _read_two_numbers(text: str) -> tuple[float, float] | None:
    """Read "48.5 2.25" and "48.5, 2.25"; None for everything else, "48,5 2,25" among it."""
    parts = text.replace(", ", " ").split() if " " in text else text.split(",")
    try:
        latitude, longitude = map(float, parts)
    except ValueError:
        return None
    return latitude, longitude


def _format_lines(place: "Place") -> list[str]:
    """Return the label and value, one a line, in columns."""
    neighbour = _format_coded(place.neighbour, place.neighbour_code)
    rows = [("position", f"{place.latitude:g}, {place.longitude:g}")]
    if place.country is None:
        rows.append(("at sea", f"{_format_km(place.land_km)} from land, which is {neighbour}"))
    else:
        rows += [("country", _format_coded(place.country, place.country_code)), ("continent", place.continent or "-")]
    if place.disputed:
        rows.append(("disputed", place.dispute or "yes"))
    if place.admin1:
        rows.append(("division", place.admin1))
    rows.append(("nearest place", _describe_nearest_place(place)))
    if place.border_km is not None:
        rows.append(("border", f"{_format_km(place.border_km)} to {neighbour}"))
    return [f"{label:<15}{value}" for label, value in rows]


def _describe_nearest_place(place: "Place") -> str:
    from sextant.geo.places import name_wind

    own = place.place_country_code == place.country_code
    name = place.place if own else _format_coded(place.place, place.place_country_code)
    # The place has the bearing of the position from it; a reader looks from the position.
    return (
        name
        if place.place_km < 0.1
        else f"{name}, {_format_km(place.place_km)} to the {name_wind(place.place_bearing + 180)}"
    )


def _format_coded(name: str, code: str | None) -> str:
    return f"{name} ({code})" if code else name


def _format_km(distance: float) -> str:
    return f"{distance:.1f} km" if distance < 10 else f"{distance:,.0f} km"
