"""`sextant.locate` and its async twin."""

from collections.abc import Callable
from os import fspath
from threading import Event
from typing import Any

from sextant.agent.privacy.precision import Policy, load_policy
from sextant.agent.privacy.view import view_answer
from sextant.app.api.answer import Answer
from sextant.app.api.gallery import Gallery
from sextant.app.api.options import collect_options
from sextant.app.api.photo_path import PhotoPath, check_photo
from sextant.app.api.running import OnEvent, ignore, run_stoppable, run_stoppable_async, show_warnings
from sextant.app.options.common import make_settings
from sextant.graphs.runs.run import Run
from sextant.graphs.runs.run import locate as run_graph


def locate(
    photo: PhotoPath,
    *,
    model: str | None = None,
    gallery: PhotoPath | Gallery | None = None,
    preset: str | None = None,
    max_usd: float | None = None,
    home: PhotoPath | None = None,
    precision: str | None = None,
    on_event: OnEvent = ignore,
    **settings: Any,
) -> Answer:
    """Find where a photo was taken. Works in scripts, threads and notebooks; nothing is printed.

    >>> answer = sextant.locate("photo.jpg", gallery="my-gallery", model="openai:gpt-4o", max_usd=0.20)

    Args:
        photo: the path of the file.
        model: ``offline`` (no model), ``openai:NAME`` and others (docs/models.md); None takes SEXTANT_MODEL, else
            ``offline``.
        gallery: a folder or an open `Gallery`; None takes the only gallery of the home.
        preset: a recipe: ``default``, ``img2loc``, ``g3``, ``street-rag``, ``offline`` or a .yaml file.
        max_usd: the most that the photo may cost in US dollars.
        home: folder for runs and galleries; None takes SEXTANT_HOME, else the platform's data folder.
        precision: never show a place more precisely than this: country, region, city or street.
        on_event: receives progress events, from several threads: dictionaries with a ``step``.
        settings: any other setting by its name, such as ``max_rounds=2``; see docs/settings.md.

    Raises:
        WrongUse: a setting does not exist or is out of range, or the photo is a folder.
        SextantError: the photo, the gallery or the model cannot be used. A model that fails or refuses leads to an
            answer with a warning instead.
    """
    options = collect_options(model, gallery, preset, max_usd, home, settings)
    work, policy = _prepare(photo, options, precision, on_event)
    return _finish(run_stoppable(work), policy, home)


async def alocate(
    photo: PhotoPath,
    *,
    model: str | None = None,
    gallery: PhotoPath | Gallery | None = None,
    preset: str | None = None,
    max_usd: float | None = None,
    home: PhotoPath | None = None,
    precision: str | None = None,
    on_event: OnEvent = ignore,
    **settings: Any,
) -> Answer:
    """Find where a photo was taken, without blocking the event loop; arguments and errors are those of `locate`.

    Cancelling the task ends the run within a second; it stays on disk and can be resumed.
    """
    options = collect_options(model, gallery, preset, max_usd, home, settings)
    work, policy = _prepare(photo, options, precision, on_event)
    return _finish(await run_stoppable_async(work), policy, home)


def _prepare(
    photo: PhotoPath, options: dict[str, Any], precision: str | None, on_event: OnEvent
) -> tuple[Callable[[Event], Run], Policy]:
    """Check everything that can be checked before work begins; return the work and what may be shown of it."""
    path, policy = check_photo(photo), load_policy(precision)
    settings = make_settings(options, called=str)

    def work(stop: Event) -> Run:
        return run_graph(path, settings, on_event, stop)

    return work, policy


def _finish(run: Run, policy: Policy, home: PhotoPath | None) -> Answer:
    """Make the answer of a run and issue its warnings."""
    document = view_answer(run.answer, policy)
    show_warnings(document["warnings"], stacklevel=4)
    return Answer(document, home=None if home is None else fspath(home))
