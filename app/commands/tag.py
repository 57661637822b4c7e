"""`sextant tag`: write a library's places into XMP sidecars or the photos, and undo it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sextant.app.render.terminal import echo, echo_json

if TYPE_CHECKING:
    from sextant.app.library.tagging import Change, TagOptions


@click.command("tag")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--from",
    "answers",
    required=True,
    type=click.Path(path_type=Path),
    metavar="answers.jsonl",
    help="The answers of: sextant locate DIR --out OUT.",
)
@click.option(
    "--least", default=0.8, show_default=True, type=click.FloatRange(0, 1), help="Write only places this probable."
)
@click.option(
    "--scale",
    default="city",
    show_default=True,
    type=click.Choice(["city", "region", "country"]),
    help="What the probability is of: within 25, 200 or 750 km.",
)
@click.option("--precision", metavar="CAP", help="Never write a place more precisely: country, region, city or street.")
@click.option("--in-place", is_flag=True, help="Write into the photos instead of sidecars; backups are kept.")
@click.option("--overwrite", is_flag=True, help="Also replace positions and names that are there.")
@click.option("--dry-run", is_flag=True, help="List the changes and write nothing.")
@click.option("--undo", is_flag=True, help="Restore every file that was tagged from these answers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    folder: Path,
    answers: Path,
    least: float,
    scale: str,
    precision: str | None,
    in_place: bool,
    overwrite: bool,
    dry_run: bool,
    undo: bool,
    as_json: bool,
) -> int:
    """Write the places that were found into XMP sidecars, which photo libraries read.

    Only sure places are written, and an existing position is never replaced without --overwrite.

    \b
    Example: sextant tag my-photos --from located/answers.jsonl --dry-run
             sextant tag my-photos --from located/answers.jsonl --least 0.9
             sextant tag my-photos --from located/answers.jsonl --undo
    """
    from sextant.agent.privacy.precision import load_policy
    from sextant.app.library.folder import LibraryFolder
    from sextant.app.library.tagging import TagOptions

    library = LibraryFolder(answers if answers.is_dir() else answers.parent)
    if not answers.is_dir() and answers.name != library.answers_file.name:
        raise click.UsageError(f"--from takes {library.answers_file.name} of a library's folder, not {str(answers)!r}")
    library.header()
    if not folder.is_dir():
        raise click.UsageError(f"folder {str(folder)!r} does not exist; name the folder of the photos")
    if undo:
        return undo_tags(library.path, as_json)
    options = TagOptions(least, scale, load_policy(precision), in_place, overwrite)
    return write(library.path, folder, options, dry_run, as_json)


def write(library: Path, folder: Path, options: "TagOptions", dry_run: bool, as_json: bool) -> int:
    """Plan the changes, make them unless it is a dry run, and print them. Exit code."""
    from sextant.app.library.folder import LibraryFolder
    from sextant.app.library.tagging import Skipped, apply_changes, plan_changes
    from sextant.graphs.batches.lines import lock_writer

    place = LibraryFolder(library)
    if dry_run:
        changes = list(plan_changes(place, folder, options))
    else:
        with lock_writer(library):
            changes = list(apply_changes(place, plan_changes(place, folder, options), options.overwrite))
    if as_json:
        echo_json({"dry_run": dry_run, "changes": [change.to_json() for change in changes]})
    else:
        _print_changes(changes, dry_run)
    return 1 if any(change.skipped is Skipped.FAILED for change in changes) else 0


def _print_changes(changes: "list[Change]", dry_run: bool) -> None:
    from collections import Counter

    for change in changes:
        if change.problem:
            echo(f"sextant: {change.problem}", err=True)
        elif not change.skipped:
            echo(f"{change.target}: {change.describe()}")
    written = sum(not change.skipped for change in changes)
    echo(f"{written:,} of {len(changes):,} photos {'would be' if dry_run else 'were'} tagged")
    for reason, count in Counter(change.skipped for change in changes if change.skipped).items():
        echo(f"  {count:,} left alone: {reason}")


def undo_tags(library: Path, as_json: bool) -> int:
    """Restore the files that were tagged, and say which were changed since. Exit code."""
    from sextant.app.library.folder import LibraryFolder
    from sextant.app.library.tagging import undo_changes
    from sextant.graphs.batches.lines import lock_writer

    with lock_writer(library):
        done = list(undo_changes(LibraryFolder(library)))
    left = [file for file, restored in done if not restored]
    if as_json:
        echo_json({"restored": [file for file, restored in done if restored], "left": left})
    else:
        echo(f"files restored: {len(done) - len(left):,}")
        for file in left:
            echo(f"sextant: {file!r} was changed since it was tagged and is left alone", err=True)
    return 1 if left else 0
