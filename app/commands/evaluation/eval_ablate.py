"""`sextant eval ablate`: a grid of settings or a paper's rows, one table out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.app.render.terminal import echo, echo_json
from sextant.base.yaml_text import parse_yaml

if TYPE_CHECKING:
    from sextant.eval.running.runner import Tell


@click.command("ablate", short_help="Run or rescore a grid of settings, or a paper's table; print one table.")
@click.argument("plan", metavar="PLAN")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder for the cells and the table."
)
@click.option("--benchmark", metavar="NAME", help="Benchmark to run on.  [default: the plan's]")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the benchmark.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Evaluate a random sample of N photos.")
@click.option("--seed", type=click.IntRange(0), help="Seed of the sample and of the model.  [default: the plan's]")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="An input of the plan, or a setting of all.")
@click.option("--json", "as_json", is_flag=True, help="Print the cells and their figures as one JSON document.")
@click.option("--quiet", is_flag=True, help="Show no progress on stderr.")
def command(plan: str, out: Path, given: tuple[str, ...], as_json: bool, quiet: bool, **options: Any) -> int:
    """Run every combination of settings that PLAN lists, and print one table.

    PLAN is a YAML file or the name of a shipped plan; it may also rescore a finished run. Each combination is a cell.

    The shipped plans make the tables of the published systems; the guide Recipes lists them. Retrieval and model calls
    shared by cells are made once. Run the same command again to resume.

    \b
    Example: sextant eval ablate plan.yaml --out ablations/references
             sextant eval ablate g3-modules --data im2gps3k --set model=openai:gpt-4o --set gallery=g3-gallery \\
               --set image_gallery=g3-image-gallery --out ablations/g3-modules
    """
    from sextant.app.commands.evaluation.eval_run import FINISHING
    from sextant.app.interrupting import INTERRUPTED, stop_on_signals
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_evaluation
    from sextant.eval.running.ablation import ablation_text, run_ablation
    from sextant.eval.running.ablation_plan import find_plan, read_plan

    def begin(name: str, number: int, count: int) -> "Tell":
        if not quiet:
            echo(f"sextant: cell {number} of {count}: {name}", err=True)
        return report_evaluation(progress, name)

    chosen = read_plan(find_plan(plan), {**parse_given(given), **options})
    with stop_on_signals(FINISHING, quiet) as stop, Progress(quiet=quiet) as progress:
        rows = run_ablation(chosen, out, begin, stop)
    if as_json:
        echo_json(rows)
    elif rows:
        echo(ablation_text(chosen, rows))
    return INTERRUPTED if stop.is_set() else 0


def parse_given(given: tuple[str, ...]) -> dict[str, Any]:
    """Parse ``NAME=VALUE`` texts; a value is read as YAML, so that numbers and lists are what they look like.

    Raises:
        WrongUse: a text has another form.
    """
    import yaml

    from sextant.base.errors import WrongUse

    values = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise WrongUse(f"invalid --set {text!r}: expected NAME=VALUE, such as model=openai:gpt-4o")
        try:
            values[name.strip()] = parse_yaml(value)
        except yaml.YAMLError:
            values[name.strip()] = value
    return values
