"""Format the progress of a run, a gallery build, an evaluation or a training."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sextant.agent.answer_statement import describe_reply
from sextant.app.render.progress import EVERY_SECONDS, Progress
from sextant.base.documents.progress import OnEvent, ProgressEvent
from sextant.base.json_types import Json
from sextant.base.printable import pluralise

if TYPE_CHECKING:
    from sextant.app.library.progress import LibraryCounts
    from sextant.eval.running.progress import Counts
    from sextant.gallery.alignment.training.progress import TrainingReport
    from sextant.gallery.build.pipeline import BuildState as BuildProgress

_STAGES = {"features": "photos through the backbone", "naming": "positions named", "reading": "place texts encoded"}
_LEAST_S = 1.0  # seconds from which a rate means something
_RECENT = 200  # photos that the rate is of, so that a slow start does not spoil the forecast


def report_run(progress: Progress) -> OnEvent:
    """Return what shows a run's events, one line a branch.

    Events of several runs at once carry ``whose`` they are, which goes before their lines.
    """

    def report(event: ProgressEvent) -> None:
        if progress.is_quiet:  # putting a reply into words takes as long as a step of the run
            return
        found = describe_event(event)
        if found is not None:
            progress.show(f"{event.get('whose', '')}{found[0]}", found[1])

    return report


def report_import(progress: Progress, name: str, what: str = "places") -> Callable[[int], None]:
    """Return what shows how many places of a gazetteer, or things of a map, were read."""

    def report(count: int) -> None:
        progress.show(name, f"{count:,} {what}", every_s=EVERY_SECONDS)

    return report


def report_build(progress: Progress) -> Callable[["BuildProgress"], None]:
    """Return what shows a gallery build, one line a stage."""

    def report(at: "BuildProgress") -> None:
        progress.show(at.stage, describe_build(at), at.done, at.total, EVERY_SECONDS)

    return report


def report_evaluation(
    progress: Progress, line: str = "", now: Callable[[], float] = time.monotonic
) -> Callable[["Counts"], None]:
    """Return what shows an evaluation's counts; the rate is of the recent photos."""
    seen: list[tuple[float, int]] = []

    def report(counts: "Counts") -> None:
        seen[:] = [*seen[-_RECENT:], (now(), counts.fresh)]
        (first, before), (last, after) = seen[0], seen[-1]
        rate = (after - before) / (last - first) if last > first and after > before else None
        progress.show(line, describe_counts(counts, rate), counts.done, counts.total, EVERY_SECONDS)

    return report


def report_library(
    progress: Progress, now: Callable[[], float] = time.monotonic
) -> Callable[["LibraryCounts", Json], None]:
    """Return what shows the counts of a library; the rate is of the recent photos."""
    seen: list[tuple[float, int]] = []

    def report(counts: "LibraryCounts", line: Json) -> None:
        seen[:] = [*seen[-_RECENT:], (now(), counts.fresh)]
        (first, before), (last, after) = seen[0], seen[-1]
        rate = (after - before) / (last - first) if last - first >= _LEAST_S and after > before else None
        progress.show("", describe_library_counts(counts, rate), counts.done, counts.total, EVERY_SECONDS)

    return report


def report_retrieval(progress: Progress) -> Callable[[int, int], None]:
    """Return a function that shows how many photos were searched."""

    def report(done: int, total: int) -> None:
        progress.show("", f"{format_count(done, total)} photos searched", done, total, EVERY_SECONDS)

    return report


def report_drawing(progress: Progress) -> Callable[[int, int], None]:
    """Return what shows how many scenes of the demo world are drawn."""

    def report(done: int, total: int) -> None:
        progress.show("", f"{format_count(done, total)} scenes drawn, once", done, total, EVERY_SECONDS)

    return report


def report_outputs(progress: Progress) -> Callable[[int, int], None]:
    """Return what shows how many photos of a library are written into its tables and maps."""

    def report(done: int, total: int) -> None:
        words = f"{format_count(done, total)} photos written into tables and maps"
        progress.show("", words, done, total, EVERY_SECONDS)

    return report


def report_stage(progress: Progress) -> Callable[[str, int, int | None], None]:
    """Return what shows the stages before a training: ``640 of 1,374 photos through the backbone``."""

    def report(stage: str, done: int, total: int | None) -> None:
        progress.show("", f"{format_count(done, total)} {_STAGES[stage]}", done, total, EVERY_SECONDS)

    return report


def report_training(progress: Progress) -> Callable[["TrainingReport"], None]:
    """Return what shows the losses, the speed and the time left of a training."""

    def report(look: "TrainingReport") -> None:
        progress.show("", describe_training(look), look.step, look.steps, EVERY_SECONDS)

    return report


def describe_event(event: ProgressEvent) -> tuple[str, str] | None:
    """Return which line an event belongs to, and what it says there; None for events that say nothing new."""
    step = event["step"]
    line = event.get("branch", "")
    words = {
        "ingest": ("photo", "opening"),
        "retrieve": ("gallery", "looking for similar and dissimilar photos"),
        "plan": ("round", f"{event.get('round')}: {pluralise(len(event.get('branches', [])), 'prompt')}"),
        "ask": (line, "last turn …" if event.get("final") else "asking …"),
        "tool": (line, f"{event.get('name')} {format_arguments(event.get('args', {}))}"),
        "verify": ("verdict", describe_verdict(event)),
    }
    if step == "reply":
        return line, describe_turn(event)
    return words.get(step)


def format_arguments(args: Json) -> str:
    """Return the tool arguments on one short line."""
    return ", ".join(f"{name}={value}" for name, value in args.items())[:60]


def describe_turn(event: ProgressEvent) -> str:
    """Describe the reply in a few words."""
    if event["failure"]:
        return f"failed: {event['failure']}"
    if event["tools"]:
        return f"wants {', '.join(event['tools'])}"[:70]
    return describe_reply(event["text"])[:70]


def describe_verdict(event: ProgressEvent) -> str:
    """Describe the best place so far and whether another round follows."""
    if event.get("latitude") is None:
        return f"no place yet; {event.get('stop') or 'another round'}"
    return f"{event['latitude']:.2f}, {event['longitude']:.2f}; {event.get('stop') or 'another round'}"


def describe_build(at: "BuildProgress") -> str:
    """Write ``640 of 1,374 photos, 2 not used, 143/s, 0:05 left``."""
    words = f"{format_count(at.done, at.total)} photos, {at.unreadable:,} not used, {at.rate:,.0f}/s"
    if at.stage == "encoding" and at.seconds_left is not None:
        words += f", {format_duration(at.seconds_left)} left"
    return words


def describe_counts(counts: "Counts", rate: float | None) -> str:
    """Write ``40 of 60 photos, 8.2/s, 2:03 left, 25 km 12.1 %, 200 km 20.4 %, 3 failed, $0.12, 1,204 tokens``."""
    pace = "" if rate is None else f"{rate:.1f}/s, {format_duration((counts.total - counts.done) / rate)} left, "
    near = f"25 km {counts.accuracy(counts.within_25_km):.1%}, 200 km {counts.accuracy(counts.within_200_km):.1%}"
    money = "price unknown" if counts.unpriced else f"${counts.usd:.4f}"
    outcome = f"{counts.failed:,} failed, {money}, {counts.tokens:,} tokens"
    return f"{format_count(counts.done, counts.total)} photos, {pace}{near}, {outcome}"


def describe_training(look: "TrainingReport") -> str:
    """Write ``epoch 3, step 420 of 1,600: loss gps 2.113 text 1.870, 5,100 photos/s, waited 2 %, 0:09 left``."""
    text = f" text {look.text_loss:.3f}" if look.text_loss else ""
    return (
        f"epoch {look.epoch}, step {look.step:,} of {look.steps:,}: loss gps {look.gps_loss:.3f}{text}, "
        f"{look.rows_per_second:,.0f} photos/s, waited {look.waited:.0%}, {format_duration(look.seconds_left)} left"
    )


def describe_library_counts(counts: "LibraryCounts", rate: float | None) -> str:
    """Write ``40 of 60, 8.2/s, 2:03 left, 3 failed, $0.12; 50 % sure: city 9, region 14, country 22``.

    What a narrow terminal cuts off stands last.
    """
    from sextant.app.library.progress import FOUND

    pace = "" if rate is None else f"{rate:.1f}/s, {format_duration((counts.total - counts.done) / rate)} left, "
    found = ", ".join(f"{name} {count:,}" for name, count in counts.found.items())
    money = "price unknown" if counts.unpriced else f"${counts.usd:,.2f}"
    done = format_count(counts.done, counts.total)
    return f"{done}, {pace}{counts.failed:,} failed, {money}; {FOUND * 100:.0f} % sure: {found}"


def format_count(done: int, total: int | None) -> str:
    """Write ``640 of 1,374``, or ``640`` where the total is not known."""
    return f"{done:,}" if total is None else f"{done:,} of {total:,}"


def format_duration(seconds: float) -> str:
    """Write ``1:02:03`` or ``2:03``."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
