"""`sextant eval export`: an evaluation for other programs."""

from pathlib import Path

import click

from sextant.app.render.terminal import echo
from sextant.base.printable import pluralise


@click.command("export", short_help="Write a run for other programs: Inspect log, CSV, Parquet.")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "--inspect", type=click.Path(path_type=Path), metavar="FILE", help="Write an Inspect log (.eval or .json)."
)
@click.option(
    "--csv", "table", type=click.Path(path_type=Path), metavar="FILE", help="Write one row for each photo, as CSV."
)
@click.option(
    "--parquet", type=click.Path(path_type=Path), metavar="FILE", help="Write one row for each photo, as Parquet."
)
def command(run: Path, inspect: Path | None, table: Path | None, parquet: Path | None) -> None:
    """Write the evaluation RUN for other programs.

    The Inspect log needs: pip install 'sextant-geo[inspect]'. It holds each photo's conversation, tool calls and scores
    at five radii; it names pictures by their hash. `inspect view` opens it.

    \b
    Example: sextant eval export runs/offline --inspect offline.eval
             sextant eval export runs/offline --csv photos.csv --parquet photos.parquet
    """
    from sextant.base.errors import SextantError
    from sextant.base.packages import require_package
    from sextant.eval.exchange.photo_tables import write_csv, write_parquet
    from sextant.eval.results import read_results

    if not (inspect or table or parquet):
        raise click.UsageError("say what to write: --inspect FILE, --csv FILE or --parquet FILE")
    if inspect:
        require_package("inspect_ai", "an Inspect log", "inspect")
    results = read_results(run)
    writers = {table: write_csv, parquet: write_parquet}
    if inspect:
        from sextant.eval.exchange.inspect_log import write_inspect_log

        writers[inspect] = write_inspect_log
    for file, write in writers.items():
        if file is None:
            continue
        try:
            write(results, file)
        except OSError as error:
            raise SextantError(f"cannot write {str(file)!r}: {error.strerror}; choose another place") from error
        echo(f"wrote {file}: {pluralise(len(results.lines), 'photo')}")
