"""Sextant: find where a photo was taken.

>>> import sextant
>>> answer = sextant.locate("photo.jpg", gallery="my-gallery")
>>> answer.latitude, answer.longitude, answer.place, answer.probability[25]

Every name is documented in docs/api.md. Names are imported on first use, so that ``import sextant`` stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sextant.agent.settings import Settings as Settings
    from sextant.app.api.answer import Answer as Answer
    from sextant.app.api.evaluation import evaluate as evaluate
    from sextant.app.api.gallery import Gallery as Gallery
    from sextant.app.api.locating import alocate as alocate
    from sextant.app.api.locating import locate as locate
    from sextant.app.api.many import locate_many as locate_many
    from sextant.app.api.places import where as where
    from sextant.app.api.replaying import replay as replay
    from sextant.app.api.table import to_dataframe as to_dataframe
    from sextant.base.errors import SextantError as SextantError
    from sextant.base.errors import SextantWarning as SextantWarning
    from sextant.graphs.geolocate_server import graph as graph

_HOMES = {
    "Answer": "sextant.app.api.answer",
    "Gallery": "sextant.app.api.gallery",
    "SextantError": "sextant.base.errors",
    "SextantWarning": "sextant.base.errors",
    "Settings": "sextant.agent.settings",
    "alocate": "sextant.app.api.locating",
    "evaluate": "sextant.app.api.evaluation",
    "graph": "sextant.graphs.geolocate_server",
    "locate": "sextant.app.api.locating",
    "locate_many": "sextant.app.api.many",
    "replay": "sextant.app.api.replaying",
    "to_dataframe": "sextant.app.api.table",
    "where": "sextant.app.api.places",
}
"""The module of each public name."""

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562).

    Raises:
        AttributeError: the package has no such public name.
    """
    if name == "__version__":
        from importlib.metadata import version

        return version("sextant-geo")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has: {', '.join(__all__)}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found  # found at once the next time
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
