"""`sextant eval rescore`: verify the candidates of a recorded run again."""

from pathlib import Path
from typing import Any

import click

from sextant.app.render.terminal import echo, echo_json


@click.command("rescore", short_help="Verify a run's recorded candidates again, with no new calls.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--verify", "strategy", required=True, metavar="NAME", help="top1, density, calibrated, similarity or random."
)
@click.option(
    "--optimise",
    type=click.Choice(["balanced", "street", "city", "country"]),
    default="balanced",
    show_default=True,
    help="Scale at which the answer is to be right most often.",
)
@click.option("--fitted", metavar="MODEL.json", help="Your own fitted verification model, for --verify calibrated.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="NEW", help="The new run's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON document.")
def command(run: Path, strategy: str, optimise: Any, fitted: str | None, out: Path, as_json: bool) -> None:
    """Verify the candidates of RUN again, without model or retrieval, and write a new run.

    Example: sextant eval rescore runs/offline --verify top1 --out runs/offline-top1
    """
    from sextant.agent.recording.blobs import BlobStore
    from sextant.agent.recording.fitted_models import store_fitted
    from sextant.base.home import Home
    from sextant.eval.reporting.summary import format_summary, summarise
    from sextant.eval.running.rescore import RescoreSettings, rescore

    own = store_fitted(fitted, BlobStore(Home.at().blobs)) if fitted else None
    found = summarise(rescore(run, out, RescoreSettings(strategy, optimise, fitted=own)))
    if as_json:
        echo_json(found)
    else:
        echo(format_summary(found))
