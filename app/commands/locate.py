"""`sextant locate`: find where photos were taken."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from sextant.app.commands.library import add_library_options, take_library_options
from sextant.app.options.common import add_run_options, make_settings
from sextant.app.options.grouped import GroupedCommand, GroupedOption
from sextant.app.render.terminal import echo, echo_json
from sextant.base.printable import pluralise
from sextant.base.settings import Group

if TYPE_CHECKING:
    import threading

    from sextant.agent.privacy.precision import Policy
    from sextant.agent.settings import Settings
    from sextant.base.documents.answer import Answer


STOPPING = (
    "stopping with the best so far; press Ctrl-C again to quit at once and resume later: sextant locate --resume RUN"
)


@click.command(name="locate", cls=GroupedCommand)
@click.argument("photos", nargs=-1, metavar="PHOTO|FOLDER|PATTERN|LIST|-…")
@add_run_options
@add_library_options
@click.option("--resume", metavar="RUN", help="Resume an interrupted run without repeating paid calls.")
@click.option(
    "--dry-run",
    is_flag=True,
    cls=GroupedOption,
    group=Group.BUDGET,
    help="Print the expected calls, tokens and cost, and send nothing.",
)
@click.option(
    "--heatmap",
    metavar="FILE",
    help="Write a heat map of likely places (.png or .geojson); the gallery needs an aligned encoder.",
)
@click.option(
    "--precision",
    metavar="CAP",
    cls=GroupedOption,
    group=Group.PRIVACY,
    help="Never show a place more precisely than this: country, region, city or street.",
)
@click.option(
    "--policy",
    "policy_file",
    metavar="FILE",
    cls=GroupedOption,
    group=Group.PRIVACY,
    help="YAML file with precision, reason and countries (code: cap).",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    cls=GroupedOption,
    first=True,
    help="Print one JSON document: an answer, or a list of them.",
)
@click.option("--jsonl", is_flag=True, help="Print one line of JSON for each photo, as soon as it ends.")
@click.option("--full", is_flag=True, help="Print whole outlines and every candidate in JSON (not under 20 kB).")
@click.option("--quiet", is_flag=True, help="Show no progress on stderr.")
def command(
    photos: tuple[str, ...],
    resume: str | None,
    dry_run: bool,
    heatmap: str | None,
    precision: str | None,
    policy_file: str | None,
    as_json: bool,
    jsonl: bool,
    full: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Find where photos were taken, with confidence and evidence.

    \b
    Example: sextant locate photo.jpg
             sextant locate *.jpg --model openai:gpt-4o --max-usd 0.50 --json
             sextant locate photo.jpg --model ollama:qwen2.5vl --gallery my-gallery
             sextant locate my-photos --out located --max-usd 20
    """
    from sextant.agent.privacy.precision import load_policy
    from sextant.app.commands.library import find_library, place, start_workers
    from sextant.app.library.finding import is_library

    if bool(photos) == bool(resume):
        raise click.UsageError("name the photos to locate, or a run to resume with --resume RUN")
    policy = load_policy(precision, policy_file)
    # Steps show places as they come up: under a cap they stay silent.
    quiet = quiet or policy.coarsest is not None
    form = choose_output(as_json, jsonl, full)
    if resume:
        return resume_run(resume, options["home"], options["base_url"], policy, form, quiet)
    library = take_library_options(options)
    whole = library is not None or is_library(photos)
    if whole and library is None and not dry_run:
        raise click.UsageError("a folder, a pattern or a list needs --out DIR, the folder to write the answers to")
    if library is not None and not dry_run:
        if heatmap or jsonl or full:
            raise click.UsageError("--heatmap, --jsonl and --full are for single photos; leave them out with --out")
        found = find_library(photos, library)
        with start_workers(found, library, options["model"], options["concurrency"]) as idle:
            return place(found, make_settings(options), policy, library, as_json, quiet, idle)
    settings = make_settings(options) if whole else make_settings_for(photos, options)
    if dry_run:
        apart, typed = str(library.out) if library else None, sys.stdin.buffer.read() if "-" in photos else b""
        count = count_photos(photos, apart, typed) if whole else len(photos)
        return print_forecast(count, settings, form.as_json)
    if heatmap and policy.coarsest is not None:
        raise click.UsageError("--heatmap shows more than --precision allows; use only one of them")
    if heatmap:
        check_heatmap(heatmap, len(photos), settings)
    code, answers = locate_all(photos, settings, policy, form, quiet)
    if heatmap and answers:
        draw_heatmap(heatmap, answers[0], settings)
    return code


def count_photos(arguments: tuple[str, ...], out: str | None, typed: bytes) -> int:
    """Count the photos that the arguments name; a video counts as the most frames that it can have."""
    from sextant.app.library.finding import find_photos
    from sextant.app.library.videos.frames import MOST_FRAMES

    found = find_photos(arguments, out, typed)
    return len(found.photos) + MOST_FRAMES * len(found.videos)


def make_settings_for(photos: tuple[str, ...], options: dict[str, Any]) -> "Settings":
    """Make the settings of the run. Without a gallery, report an unreadable photo first.

    Raises:
        WrongUse: as `make_settings`.
        PhotoError: no gallery was found, and a photo cannot be read.
    """
    from sextant.app.galleries import NoGallery
    from sextant.gallery.photos.open import read_photo

    try:
        return make_settings(options)
    except NoGallery:
        for photo in photos:
            if not Path(photo).is_dir():
                read_photo(photo)
        raise


@dataclass(frozen=True)
class OutputForm:
    """How answers are printed: in words, as one JSON document, or as a line of JSON each; whole or compact."""

    as_json: bool
    lines: bool = False
    full: bool = False

    def shorten(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return the document that is printed."""
        from sextant.app.exports.compact import make_compact

        return dict(answer) if self.full else make_compact(answer)


def choose_output(as_json: bool, jsonl: bool, full: bool) -> OutputForm:
    """Return the form of the output.

    Raises:
        UsageError: the options exclude each other.
    """
    if as_json and jsonl:
        raise click.UsageError("--json prints one document, --jsonl one for each photo; use only one of them")
    if full and not (as_json or jsonl):
        raise click.UsageError("--full is for JSON; add --json or --jsonl")
    return OutputForm(as_json or jsonl, jsonl, full)


def check_heatmap(file: str, photos: int, settings: "Settings") -> None:
    """Refuse what cannot become a heat map before any work is done."""
    from sextant.agent.world.live import get_backend
    from sextant.agent.world.position_scores import require_aligned
    from sextant.base.packages import require_package

    if photos != 1:
        raise click.UsageError("--heatmap draws one photo's map; name one photo")
    require_package("torch", "a heat map", "st")
    from sextant.gallery.alignment.heatmap.files import check_heatmap_path

    check_heatmap_path(Path(file))
    require_aligned(get_backend(settings).retrieval.encoder())


def draw_heatmap(file: str, answer: dict[str, Any], settings: "Settings") -> None:
    """Write the heat map of a located photo."""
    from sextant.agent.world.live import get_backend

    get_backend(settings).retrieval.write_heatmap(answer["photo"]["sha256"], Path(file))
    echo(f"sextant: wrote {file}", err=True)


def locate_all(
    photos: tuple[str, ...], settings: "Settings", policy: "Policy", form: OutputForm, quiet: bool
) -> tuple[int, list[dict[str, Any]]]:
    """Locate each photo; one that fails does not keep the others from their answers. Exit code and answers."""
    from sextant.app.interrupting import INTERRUPTED, stop_on_signals

    documents, code = [], 0
    with stop_on_signals(STOPPING, quiet) as stop:
        for photo in photos:
            if stop.is_set():
                break
            document = locate_one(photo, settings, policy, quiet, stop)
            documents.append(document)
            if form.lines:
                echo_json(form.shorten(document))
            code = max(
                code, 1 if "error" in document else print_answer(cast("Answer", document), form.as_json, settings)
            )
            if not form.as_json and photo != photos[-1] and "error" not in document:
                echo()
    if form.as_json and not form.lines:
        shown = [form.shorten(document) for document in documents]
        echo_json(shown[0] if len(photos) == 1 else shown)
    return INTERRUPTED if stop.is_set() else code, [document for document in documents if "error" not in document]


def locate_one(
    photo: str, settings: "Settings", policy: "Policy", quiet: bool, stop: "threading.Event"
) -> dict[str, Any]:
    """Locate one photo; return the answer as it may be shown, or the error, which stderr shows as well."""
    from sextant.agent.privacy.view import view_answer
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_run
    from sextant.base.errors import SextantError, WrongUse
    from sextant.graphs.runs.run import locate

    try:
        with Progress(photo, quiet=quiet) as progress:
            return dict(view_answer(locate(photo, settings, report_run(progress), stop).answer, policy))
    except WrongUse:
        raise
    except SextantError as error:
        echo(f"sextant: {error}", err=True)
        return {"photo": {"path": photo}, "error": str(error)}


def resume_run(
    run: str, home: str | None, base_url: str | None, policy: "Policy", form: OutputForm, quiet: bool
) -> int:
    """Resume one run and print its answer."""
    from sextant.agent.privacy.view import view_answer
    from sextant.app.interrupting import INTERRUPTED, stop_on_signals
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_run
    from sextant.graphs.runs.resume import resume

    with stop_on_signals(STOPPING, quiet) as stop, Progress(run, quiet=quiet) as progress:
        answer = view_answer(resume(run, home, base_url, report_run(progress), stop).answer, policy)
    if form.as_json:
        echo_json(form.shorten(answer))
    code = print_answer(answer, form.as_json)
    return INTERRUPTED if stop.is_set() else code


def print_answer(answer: "Answer", as_json: bool, settings: "Settings | None" = None) -> int:
    """Print an answer in words unless JSON was asked for; exit code 1 when a model was asked and none answered.

    An answer says "the model server"; who asked it, by these settings, is told which that is.
    """
    from sextant.agent.llm.call import restore_address
    from sextant.app.render.answer import explain_missing_answer, format_answer

    if not as_json:
        echo(format_answer(answer))
    reason = explain_missing_answer(answer)
    if reason is not None:
        echo(f"sextant: {restore_address(reason, settings) if settings else reason}", err=True)
    return 0 if reason is None else 1


def print_forecast(photos: int, settings: "Settings", as_json: bool) -> int:
    """Print what these photos will take."""
    from sextant.agent.cost.forecast import forecast

    found = forecast(settings)
    if as_json:
        echo_json({"photos": photos, "each": found}, 2)
        return 0
    echo(f"{pluralise(photos, 'photo')}, model {found['model']}, preset {found['preset']}")
    for title, name in (("first round", "first_round"), ("at most", "at_most")):
        one = found[name]
        tokens = (one["input_tokens"] + one["output_tokens"]) * photos
        money = "price unknown; give it with --price" if one["usd"] is None else f"${one['usd'] * photos:.4f}"
        echo(f"  {title:<12} {pluralise(one['calls'] * photos, 'call')}, about {tokens:,} tokens, {money}")
    if settings.online:
        requests = pluralise(found["online"]["at_most"] * photos, "request")
        echo(f"  {'online':<12} at most {requests} to {', '.join(settings.online)}")
    for warning in found["warnings"]:
        echo(f"sextant: {warning['text']}", err=True)
    return 0
