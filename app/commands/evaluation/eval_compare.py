"""`sextant eval compare`: test whether one evaluation is better than another, and where."""

from pathlib import Path

import click

from sextant.app.render.terminal import echo, echo_json


@click.command("compare", short_help="Compare two runs, with significance tests.")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write compare.md and compare.html there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, with every photo won and lost.")
def command(a: Path, b: Path, out: Path | None, as_json: bool) -> None:
    """Compare two runs over the photos both have: paired bootstrap, McNemar's test, photos won and lost.

    Example: sextant eval compare runs/offline runs/gpt-4o --out reports/gpt-4o
    """
    from sextant.app.render.report_html import write_comparison
    from sextant.eval.compare import compare
    from sextant.eval.reporting.comparison import format_comparison
    from sextant.eval.results import read_results

    found = compare(read_results(a), read_results(b))
    written = write_comparison(found, out) if out else None
    files = [str(file) for file in (written.markdown, written.html)] if written else []
    if as_json:
        echo_json({**found.to_json(), "files": files})
        return
    echo(format_comparison(found))
    if files:
        echo(f"wrote {files[0]} and {files[1]}")
