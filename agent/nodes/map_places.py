"""Place the texts that were read in the photo on the map, inside the region that was found without them."""

from collections.abc import Mapping

from sextant.agent.nodes.signs import read_texts
from sextant.agent.state import Turn
from sextant.agent.verification import Candidate, Pool, Verdict
from sextant.agent.world.deps import Deps
from sextant.agent.world.tool_names import MAP_TOOLS
from sextant.base.documents.outcome import OutcomeDocument
from sextant.base.json_types import Json

_MOST_TEXTS = 40
_MOST_CIRCLES = 12
_REACH_KM = 25.0  # of answers and retrieved photos: farther, nothing else would speak for the place


def place_on_map(
    pool: Pool,
    verdict: Verdict,
    transcripts: Mapping[str, list[Turn]],
    outcomes: Mapping[str, OutcomeDocument],
    deps: Deps,
) -> tuple[Candidate, ...]:
    """Return candidates where the map has what was read, one for each branch that read a part of it.

    The map is searched within 25 km of the answers and the most similar photos, and what lies outside the 90 % region
    is dropped. Nothing is asked without a map or without text.
    """
    region = verdict.region_90
    if MAP_TOOLS[0] not in deps.settings.maps or deps.recipe.verify != "calibrated" or region is None:
        return ()
    read = {name: read_texts(turns, outcomes.get(name, {})) for name, turns in transcripts.items()}
    texts = list(dict.fromkeys(text for found in read.values() for text in found))[:_MOST_TEXTS]
    proposed = [(one.latitude, one.longitude) for one in (*pool.answers, *pool.nearest)]
    inside = [place for place in dict.fromkeys(proposed) if region.contains(*place)][:_MOST_CIRCLES]
    parts = [{"latitude": latitude, "longitude": longitude, "radius_km": _REACH_KM} for latitude, longitude in inside]
    if not texts or not parts:
        return ()
    return tuple(
        make_candidate(place, branch)
        for place in deps.ask("map", {"texts": texts, "parts": parts})["places"]
        for branch, found in read.items()
        if set(found) & set(place["texts"]) and region.contains(place["latitude"], place["longitude"])
    )


def make_candidate(place: Json, branch: str) -> Candidate:
    """Make a candidate of a place where the map has what a branch read."""
    return Candidate(
        latitude=place["latitude"],
        longitude=place["longitude"],
        origin="map",
        place=place["name"],
        id=branch,
        precision="street" if place["kind"] == "street" else "sight",
        radius_km=place["radius_km"],
        agreeing=len(place["texts"]),
        alike=place["alike"],
    )
