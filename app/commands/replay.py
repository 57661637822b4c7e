"""`sextant replay`: replay a recorded run exactly, or fork it with changes."""

from typing import TYPE_CHECKING, Any

import click

from sextant.app.render.terminal import echo, echo_json

if TYPE_CHECKING:
    from sextant.base.documents.answer import Answer
    from sextant.graphs.runs.folder import RunFolder
    from sextant.graphs.runs.replay import ReplayResult


@click.command(name="replay")
@click.argument("run", metavar="RUN")
@click.option("--until", type=int, metavar="STEP", help="Stop after this step and show the run so far.")
@click.option("--from", "step", metavar="STEP", help="Fork at this step: verify, lmm.1:zero-shot, or a number.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="A change for the fork (repeatable).")
@click.option("--live", is_flag=True, help="Allow the model and tool calls that the change needs.")
@click.option("--keep-words", is_flag=True, help="Reuse the model's replies although the prompts change.")
@click.option("--verbose", is_flag=True, help="Show every step on stderr as it is replayed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--full", is_flag=True, help="Print whole outlines and every candidate in JSON (not under 20 kB).")
@click.option("--home", metavar="DIR", help="Folder for runs and galleries.  [default: SEXTANT_HOME]")
def command(
    run: str, step: str | None, overrides: tuple[str, ...], verbose: bool, home: str | None, **options: Any
) -> int:
    """Replay a recorded run without model, network or gallery: the same answer, byte for byte.

    The replay stops where it diverges from the recording: a prompt, a setting, a tool or the code has changed.

    \b
    --set forks the run, at the last verdict (a prompt: at the first plan) unless --from names a step. KEY is
      a setting         max_rounds=3, verify=density, fitted=MODEL.json, model=ollama:qwen2.5vl
      variant.NAME      another prompt in place of NAME: an id, or a .yaml file
      prompt.NAME       another text for prompt NAME, recorded as an edited prompt; @FILE reads it
      candidate.ID      LATITUDE,LONGITUDE or none, for a retrieved photo's place or a branch's answer
      text              the model's reply at this step; @FILE reads it from a file
      result[.TOOL]     a tool's result at this step
      without[.TOOL]    the numbers of lines to leave out of a listed result

    \b
    Example: sextant replay 20260131-09
             sextant replay 20260131-09 --set fitted=model.json
             sextant replay 20260131-09 --from verify.1 --set verify=density
             sextant replay 20260131-09 --from tools.1:clues-first --set without=2 --live
    """
    from sextant.graphs.runs.folder import find_run

    if step and not overrides:
        raise click.UsageError("--from STEP needs a change: add --set KEY=VALUE")
    folder = find_run(run, home)
    if options["full"] and not options["as_json"]:
        raise click.UsageError("--full is for JSON; add --json")
    if overrides:
        return print_fork(folder, step, list(overrides), home, verbose, options)
    if options["live"] or options["keep_words"]:
        raise click.UsageError("--live and --keep-words are for forks; add --set KEY=VALUE")
    return print_replay(folder, options["until"], home, verbose, options)


def print_replay(
    folder: "RunFolder", until: int | None, home: str | None, verbose: bool, options: dict[str, Any]
) -> int:
    """Replay, and print the answer or where the run left its recording."""
    from sextant.agent.recording.divergence import Divergence
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_run
    from sextant.graphs.runs.replay import replay

    try:
        with Progress(folder.name, quiet=not verbose) as progress:
            done = replay(folder, until, report_run(progress), home=home)
    except Divergence as found:
        if options["as_json"]:
            echo_json({"run": folder.name, "divergence": found.to_json()}, 2)
        elif found.difference:
            echo(found.difference.words)
        raise
    if done.answer is None:
        return print_so_far(done, options["as_json"])
    return print_answer(
        done.answer, folder, options, f"replayed {done.run}: {len(done.steps)} steps as recorded, no calls made"
    )


def print_so_far(done: "ReplayResult", as_json: bool) -> int:
    """Print the steps up to where the replay was told to stop."""
    steps = [step.to_json() for step in done.steps]
    if as_json:
        echo_json({"run": done.run, "steps": steps}, 2)
        return 0
    for step in steps:
        to = f" → {', '.join(step['goto'])}" if step["goto"] else ""
        echo(f"{step['step']:>3} {step['node']:<8} {step['branch'] or ''}{to}")
    return 0


def print_fork(
    folder: "RunFolder",
    step: str | None,
    overrides: list[str],
    home: str | None,
    verbose: bool,
    options: dict[str, Any],
) -> int:
    """Fork, and print the new answer with what differs; or the calls it would make."""
    from sextant.app.interrupting import stop_on_signals
    from sextant.app.options.common import announce_services
    from sextant.app.options.setting_sources import read_overrides
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_run
    from sextant.app.render.run import format_comparison, list_needed_calls
    from sextant.graphs.runs.compare import compare_runs
    from sextant.graphs.runs.folder import find_run
    from sextant.graphs.runs.fork import fork
    from sextant.graphs.runs.run import UnrecordedCalls

    if options["until"] is not None:
        raise click.UsageError("--until works only without --set: a fork always runs to its answer")
    live, keep_words = options["live"], options["keep_words"]
    if live:
        chosen = read_overrides(one for one in overrides if one.startswith(("online=", "mcp=")))
        recorded = folder.record()["settings"]
        announce_services(chosen.get("online", recorded.get("online")) or (), chosen.get("mcp"))
    try:
        with (
            stop_on_signals("stopping with the best so far; press Ctrl-C again to quit at once") as stop,
            Progress(folder.name, quiet=not (verbose or live)) as progress,
        ):
            run = fork(
                folder,
                step,
                overrides,
                home=home,
                live=live,
                keep_words=keep_words,
                on_event=report_run(progress),
                stop=stop,
            )
    except UnrecordedCalls as stopped:
        if options["as_json"]:
            echo_json({"run": folder.name, "calls": stopped.calls}, 2)
        else:
            echo("\n".join(list_needed_calls(stopped.calls)))
        raise
    where = f"step {step}" if step else "its last verdict"
    code = print_answer(run.answer, folder, options, f"forked {folder.name} at {where}: {run.name}")
    if not options["as_json"]:
        echo("\n" + "\n".join(format_comparison(compare_runs(folder, find_run(run.name, home)))))
    return code


def print_answer(answer: "Answer", folder: "RunFolder", options: dict[str, Any], note: str) -> int:
    """Print the answer as `sextant locate` prints it; the note goes to stderr."""
    if options["as_json"]:
        from sextant.app.exports.compact import make_compact

        echo_json(answer if options["full"] else make_compact(answer))
    else:
        from sextant.app.render.answer import format_answer
        from sextant.graphs.runs.photo_name import put_photo_name

        echo(format_answer(put_photo_name(answer, folder.record())))
    echo(note, err=True)
    return 0
