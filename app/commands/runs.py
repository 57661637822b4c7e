"""`sextant runs`: list, show, compare, share and delete recorded runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.app.options.grouped import SuggestingGroup
from sextant.app.render.terminal import echo, echo_json
from sextant.base.printable import pluralise

if TYPE_CHECKING:
    from sextant.graphs.runs.folder import RunError

_STOPS = ["agreement", "budget", "exhausted", "stopped"]
MALFORMED = (KeyError, TypeError, AttributeError, ValueError, IndexError)  # what reading a foreign record may raise
HOME = click.option("--home", metavar="DIR", help="Folder for runs and galleries.  [default: SEXTANT_HOME]")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group(name="runs", cls=SuggestingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List, show, compare, share and delete recorded runs.

    \b
    Example: sextant runs list --stop budget
             sextant runs show 20260131-09 --html run.html
             sextant runs export 20260131-09 --out run.zip
    """


def print_json(value: Any) -> None:
    """Print exactly one JSON document."""
    echo_json(value, 2)


@command.command(name="list")
@click.option("--model", metavar="SPEC", help="Only runs of this model.")
@click.option("--preset", metavar="NAME", help="Only runs of this preset.")
@click.option("--stop", type=click.Choice(_STOPS), help="Only runs that ended for this reason.")
@click.option(
    "--status", type=click.Choice(["running", "killed", "done", "failed"]), help="Only runs with this status."
)
@click.option("--photo", metavar="TEXT", help="Only runs of photos whose path or sha256 contains TEXT.")
@click.option("--last", type=click.IntRange(1), metavar="N", help="Only the newest N.")
@JSON
@HOME
def list_runs(photo: str | None, last: int | None, as_json: bool, home: str | None, **wanted: str | None) -> None:
    """List recorded runs, the newest last.

    \b
    Example: sextant runs list --model openai:gpt-4o --last 20
    """
    from sextant.app.render.run import format_runs
    from sextant.base.errors import SextantError
    from sextant.graphs.runs.folder import list_runs
    from sextant.graphs.runs.timeline import summarise_run

    found = []
    for folder in list_runs(home):
        try:
            run = summarise_run(folder)
        except SextantError as error:
            echo(f"sextant: {error}", err=True)
            continue
        fits = all(value is None or run[name] == value for name, value in wanted.items())
        if fits and (photo is None or photo in str(run["photo"]) or photo in str(run["sha256"])):
            found.append(run)
    found = found[-last:] if last else found
    if as_json:
        print_json(found)
    elif found:
        echo("\n".join(format_runs(found)))
    else:
        echo("no matching runs; record one with: sextant locate PHOTO", err=True)


@command.command()
@click.argument("run", metavar="RUN")
@click.option("--full", is_flag=True, help="Show whole texts instead of their first lines.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write an HTML page that works offline.",
)
@JSON
@HOME
def show(run: str, full: bool, html: Path | None, as_json: bool, home: str | None) -> None:
    """Show a run as a tree: prompts, tool calls, answers, verdicts.

    \b
    Example: sextant runs show 20260131-09
             sextant runs show 20260131-09 --html run.html
    """
    from sextant.app.render.run import format_timeline
    from sextant.graphs.runs.folder import find_run, write_bytes
    from sextant.graphs.runs.timeline import build_timeline

    folder = find_run(run, home)
    document = build_timeline(folder)
    try:
        if html is not None:
            from sextant.app.render.run_html import render_run_page
            from sextant.graphs.runs.archive import load_shown_picture

            write_bytes(
                html.resolve(), render_run_page(document, load_shown_picture(folder, home)).encode("utf-8", "replace")
            )
            echo(f"wrote {html}", err=True)
        elif as_json:
            print_json(document)
        else:
            from sextant.app.render.answer import format_answer
            from sextant.graphs.runs.photo_name import put_photo_name

            text = "\n".join(format_timeline(document, full=full))
            if document["answer"]:
                text += f"\n\n{format_answer(put_photo_name(document['answer'], document['record']))}"
            echo(text)
    except MALFORMED as error:
        raise make_unreadable_run_error(folder.name, error) from error


def make_unreadable_run_error(run: str, error: Exception) -> "RunError":
    """Make the error for a run whose files this version cannot show."""
    from sextant.graphs.runs.folder import RunError

    return RunError(
        f"this version cannot show run {run!r} ({type(error).__name__}: {error}); use the version named in its "
        "run.json, or pass --json"
    )


@command.command()
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@JSON
@HOME
def diff(first: str, second: str, as_json: bool, home: str | None) -> None:
    """Compare two runs: how far the answer moved, which candidates differ, at which step they diverge.

    \b
    Example: sextant runs diff 20260131-09 20260131-10
    """
    from sextant.app.render.run import format_comparison
    from sextant.graphs.runs.compare import compare_runs
    from sextant.graphs.runs.folder import find_run

    runs = find_run(first, home), find_run(second, home)
    try:
        found = compare_runs(*runs)
        if as_json:
            print_json(found)
        else:
            echo("\n".join(format_comparison(found)))
    except MALFORMED as error:
        raise make_unreadable_run_error(" or ".join(run.name for run in runs), error) from error


@command.command()
@click.argument("run", metavar="RUN")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The zip to write.")
@click.option("--photo", is_flag=True, help="Include the photo and the pictures the model saw.")
@HOME
def export(run: str, out: Path, photo: bool, home: str | None) -> None:
    """Pack a run into one zip that another machine can import and replay.

    It holds prompts, answers and the photo's path as it was typed, never a key; the photo itself only with --photo.

    \b
    Example: sextant runs export 20260131-09 --out run.zip --photo
    """
    from sextant.graphs.runs.archive import export_run as export_run
    from sextant.graphs.runs.folder import find_run

    manifest = export_run(find_run(run, home), out, home, photo=photo)
    echo(f"wrote {out}: run {manifest['run']}, {len(manifest['files'])} files", err=True)


@command.command(name="import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@HOME
def import_run(file: Path, home: str | None) -> None:
    """Import an exported run; every file is first checked against the manifest.

    \b
    Example: sextant runs import run.zip && sextant replay 20260131-09
    """
    from sextant.graphs.runs.archive import import_run

    echo(import_run(file, home).name)


@command.command()
@click.option("--keep", type=int, metavar="N", help="Delete all but the newest N runs.")
@click.option("--older", type=float, metavar="DAYS", help="Delete runs started longer ago than this.")
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, and delete nothing.")
@click.option(
    "--database",
    "databases",
    multiple=True,
    metavar="URL",
    help="postgresql://… that also stores sessions (repeatable).",
)
@JSON
@HOME
def prune(
    keep: int | None,
    older: float | None,
    dry_run: bool,
    databases: tuple[str, ...],
    as_json: bool,
    home: str | None,
) -> None:
    """Delete old runs, and the pictures that no other run or session needs. No other command deletes them.

    \b
    Example: sextant runs prune --older 30 --dry-run
    """
    from sextant.graphs.runs.pruning import prune as prune_runs

    done = prune_runs(home, keep, older, databases=databases, dry=dry_run)
    if as_json:
        print_json(done)
        return
    verb = "would delete" if dry_run else "deleted"
    runs, stored = pluralise(len(done["runs"]), "run"), pluralise(done["blobs"], "stored file")
    echo(f"{verb} {runs} and {stored}, {done['bytes'] / 1e6:.1f} MB")
