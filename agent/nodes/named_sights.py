"""Refine answers that only name a place: a gazetteer in the home replaces the town's centre by the sight."""

from sextant.agent.answers.outcome import Precision
from sextant.agent.world.deps import Deps
from sextant.base.documents.outcome import OutcomeDocument

_PRECISION: dict[str, Precision] = {
    "sight": "sight", "quarter": "sight", "street": "street", "town": "town", "water": "region", "region": "region",
}  # fmt: skip
_FINER = {"sight", "street", "quarter"}
_MOST_NAMES = 3


def refine_outcome(outcome: OutcomeDocument, deps: Deps) -> OutcomeDocument:
    """Return the outcome at the sight or street that its words name, where the gazetteers of the home know it.

    Only a name inside the place that was read counts: "Plaza de Armas, Cusco" is looked for in Cusco.
    """
    if not deps.settings.gazetteer or outcome["kind"] != "answered" or outcome.get("precision") is None:
        return outcome
    circle = {
        "latitude": outcome["latitude"], "longitude": outcome["longitude"], "radius_km": outcome.get("radius_km"),
    }  # fmt: skip
    for name in list_finer_names(outcome.get("place") or ""):
        sight = deps.ask("sight", {"name": name, **circle})["sight"]
        if sight and sight["kind"] in _FINER:
            return {
                **outcome,
                "latitude": sight["latitude"],
                "longitude": sight["longitude"],
                "radius_km": sight["radius_km"],
                "precision": _PRECISION[sight["kind"]],
                "how": f"{outcome['how']}; gazetteer",
            }
    return outcome


def list_finer_names(place: str) -> list[str]:
    """Return the names of an address that stand before its last part, the first one first: what may be a sight."""
    for mark in (" in ", " at ", " near ", " on ", " (", " - ", " en ", " im ", " à "):
        place = place.replace(mark, ", ")
    parts = [part.strip(" ()") for part in place.split(",")]
    return [part for part in parts[:-1] if part][:_MOST_NAMES]
