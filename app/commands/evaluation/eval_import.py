"""`sextant eval import`: import result files of other programs as runs."""

from pathlib import Path

import click

from sextant.app.render.terminal import echo, echo_json


@click.command("import", short_help="Import result files of other programs as a run.")
@click.argument("kind", type=click.Choice(["g3", "recorded", "predictions", "inspect"]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN", help="Folder of the run.")
@click.option("--benchmark", default="im2gps3k", show_default=True, help="Benchmark that the photos belong to.")
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="DIR", help="The benchmark's folder, for photographers."
)
@click.option(
    "--verify", "strategy", default="top1", show_default=True, help="Strategy that chooses among the candidates."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON document.")
def command(kind: str, file: Path, out: Path, benchmark: str, data: Path | None, strategy: str, as_json: bool) -> None:
    """Import another program's results as a run: G3's, predictions (CSV or Parquet), an Inspect log.

    `recorded` imports recorded candidates (see the guide Verification).

    \b
    Example: sextant eval import g3 0_llm_predict_results_rag.csv --out runs/g3
             sextant eval import recorded recorded.jsonl.gz --verify density --out runs/recorded
             sextant eval import predictions results.csv --benchmark im2gps --out runs/isn
             sextant eval import inspect geolocate.eval --out runs/gpt-4o
    """
    from sextant.base.packages import require_package
    from sextant.eval.reporting.summary import format_summary, summarise
    from sextant.eval.running.importers import import_results

    if kind == "inspect":
        require_package("inspect_ai", "an Inspect log", "inspect")
    for note in import_results(kind, file, out, benchmark=benchmark, strategy=strategy, data=data):
        echo(f"sextant: {note}", err=True)
    found = summarise(out)
    if as_json:
        echo_json(found)
    else:
        echo(format_summary(found))
