"""`sextant where`: what lies at a position."""

from typing import TYPE_CHECKING

import click

from sextant.app.render.terminal import echo, echo_json

if TYPE_CHECKING:
    from sextant.geo.places import Place


# Unknown options are taken as arguments, or -33.9 would be one.
@click.command("where", context_settings={"ignore_unknown_options": True})
@click.argument("latitude")
@click.argument("longitude")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(latitude: str, longitude: str, as_json: bool) -> None:
    """Show what is at LATITUDE LONGITUDE (degrees): country, division, nearest place, sea, border.

    Example: sextant where 48.8597 -113.4360
    """
    from sextant.geo.places import describe

    place = describe(_degrees("latitude", latitude), _degrees("longitude", longitude))
    if as_json:
        echo_json(place.to_json())
    else:
        echo("\n".join(_lines(place)))


def _degrees(name: str, text: str) -> float:
    from sextant.base.errors import WrongUse

    if text.startswith("--"):
        raise WrongUse(f"no such option: {text!r}; see: sextant where --help")
    try:
        return float(text)
    except ValueError as error:
        raise WrongUse(f"{name} {text!r} is not a number; give decimal degrees such as 48.8597 -113.4360") from error


def _lines(place: "Place") -> list[str]:
    """Label and value, one a line, in columns."""
    neighbour = _coded(place.neighbour, place.neighbour_code)
    rows = [("position", f"{place.latitude:g}, {place.longitude:g}")]
    if place.country is None:
        rows.append(("at sea", f"{_km(place.land_km)} from land, which is {neighbour}"))
    else:
        rows += [("country", _coded(place.country, place.country_code)), ("continent", place.continent or "-")]
    if place.disputed:
        rows.append(("disputed", place.dispute or "yes"))
    if place.admin1:
        rows.append(("division", place.admin1))
    rows.append(("nearest place", _nearest_place(place)))
    if place.border_km is not None:
        rows.append(("border", f"{_km(place.border_km)} to {neighbour}"))
    return [f"{label:<15}{value}" for label, value in rows]


def _nearest_place(place: "Place") -> str:
    from sextant.geo.places import name_wind

    own = place.place_country_code == place.country_code
    name = place.place if own else _coded(place.place, place.place_country_code)
    # The place has the bearing of the position from it; a reader looks from the position.
    return (
        name if place.place_km < 0.1 else f"{name}, {_km(place.place_km)} to the {name_wind(place.place_bearing + 180)}"
    )


def _coded(name: str, code: str | None) -> str:
    return f"{name} ({code})" if code else name


def _km(distance: float) -> str:
    return f"{distance:.1f} km" if distance < 10 else f"{distance:,.0f} km"
