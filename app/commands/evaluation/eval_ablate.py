"""`sextant eval ablate`: evaluate a grid of settings and print one table."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sextant.app.render.terminal import echo, echo_json

if TYPE_CHECKING:
    from sextant.eval.running.runner import Tell


@click.command("ablate", short_help="Run or rescore a grid of settings; print one table.")
@click.argument("plan", type=click.Path(path_type=Path), metavar="PLAN.yaml")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder for the cells and the table."
)
@click.option("--json", "as_json", is_flag=True, help="Print the cells and their figures as one JSON document.")
@click.option("--quiet", is_flag=True, help="Show no progress on stderr.")
def command(plan: Path, out: Path, as_json: bool, quiet: bool) -> int:
    """Run or rescore every cell of the grid in PLAN.yaml and print one table.

    Retrieval and model calls shared by cells are made once. Run the same command again to resume.

    Example: sextant eval ablate plan.yaml --out ablations/references
    """
    from sextant.app.commands.evaluation.eval_run import FINISHING
    from sextant.app.interrupting import INTERRUPTED, stop_on_signals
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_evaluation
    from sextant.eval.reporting.markdown import write_markdown
    from sextant.eval.running.ablation import make_ablation_table, run_ablation
    from sextant.eval.running.ablation_plan import read_plan

    def begin(name: str, number: int, count: int) -> "Tell":
        if not quiet:
            echo(f"sextant: cell {number} of {count}: {name}", err=True)
        return report_evaluation(progress, name)

    with stop_on_signals(FINISHING, quiet) as stop, Progress(quiet=quiet) as progress:
        rows = run_ablation(read_plan(plan), out, begin, stop)
    if as_json:
        echo_json(rows)
    elif rows:
        echo(write_markdown("Ablation", [], [make_ablation_table(rows)]))
    return INTERRUPTED if stop.is_set() else 0
