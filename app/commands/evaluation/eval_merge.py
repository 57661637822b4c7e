"""`sextant eval merge`: merge the shards of one evaluation."""

from pathlib import Path

import click

from sextant.app.render.terminal import echo, echo_json


@click.command("merge", short_help="Merge the shards of an evaluation.")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN…")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="NEW", help="The merged run's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON document.")
def command(runs: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Merge the shards of one evaluation, made with --shard on several machines.

    Example: sextant eval merge shards/1 shards/2 shards/3 --out runs/whole
    """
    from sextant.eval.reporting.summary import format_summary, summarise
    from sextant.eval.running.shards import merge

    for note in merge(runs, out):
        echo(f"sextant: {note}", err=True)
    found = summarise(out)
    if as_json:
        echo_json(found)
    else:
        echo(format_summary(found))
