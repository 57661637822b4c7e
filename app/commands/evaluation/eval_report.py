"""`sextant eval report`: reports on one or several evaluations."""

from pathlib import Path

import click

from sextant.app.render.terminal import echo, echo_json


@click.command("report", short_help="Write figures, plots and maps of runs, as Markdown and HTML.")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN…")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder to write to.  [default: the first RUN]"
)
@click.option("--json", "as_json", is_flag=True, help="Print all figures as one JSON document.")
def command(runs: tuple[Path, ...], out: Path | None, as_json: bool) -> None:
    """Write report.md and report.html: figures beside published ones, plots, a world map, best and worst cases.

    Several runs are compared in one report, for example with and without the photographers' own photos.

    \b
    Example: sextant eval report runs/offline
             sextant eval report runs/whole runs/without-authors --out reports/protocols
    """
    from sextant.app.render.report_html import write_report
    from sextant.eval.reporting.summary import format_summary

    written = write_report(runs, out or runs[0])
    if as_json:
        files = {"markdown": str(written.markdown), "html": str(written.html)}
        echo_json({**files, "runs": written.figures})
        return
    for found in written.figures:
        echo(format_summary(found))
    echo(f"wrote {written.markdown} and {written.html}")
