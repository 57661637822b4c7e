import io
import threading

import pytest

from sextant.app.library.progress import LibraryCounts
from sextant.app.render.progress import Progress
from sextant.app.render.progress_words import (
    describe_build,
    describe_training,
    report_build,
    report_evaluation,
    report_library,
    report_run,
    report_stage,
    report_training,
)
from sextant.eval.running.progress import Counts
from sextant.gallery.alignment.training.progress import TrainingReport
from sextant.gallery.build.pipeline import BuildState as At

ASKED = {"step": "ask", "branch": "1.zero-shot.0", "final": False}
LOOK = TrainingReport(
    step=420,
    steps=1600,
    epoch=3,
    gps_loss=2.1134,
    text_loss=1.87,
    rows_per_second=5104.2,
    waited=0.021,
    seconds_left=61.4,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def said(*events):
    out = io.StringIO()
    with Progress("sextant", stream=out) as progress:
        for event in events:
            report_run(progress)(event)
    return out.getvalue().splitlines()


def test_an_event_is_one_line():
    assert said(ASKED) == ["sextant: 1.zero-shot.0: asking …"]


def test_runs_side_by_side_say_whose_a_line_is():
    lines = said({**ASKED, "whose": "photo 1: "}, {**ASKED, "whose": "photo 2: "})
    assert lines == ["sextant: photo 1: 1.zero-shot.0: asking …", "sextant: photo 2: 1.zero-shot.0: asking …"]


def test_an_event_that_says_nothing_new_is_passed_over():
    assert said({"step": "answer"}) == []


def test_a_look_says_losses_speed_and_time_left():
    words = "epoch 3, step 420 of 1,600: loss gps 2.113 text 1.870, 5,104 photos/s, waited 2%, 1:01 left"
    assert describe_training(LOOK) == words


def test_a_build_says_counts_speed_and_time_left():
    at = At("encoding", 640, 1374, 600, 2, 4.5, 143.2)
    assert describe_build(at) == "640 of 1,374 photos, 2 not used, 143/s, 0:05 left"


def test_elsewhere_than_on_a_terminal_a_line_comes_every_few_seconds_and_at_the_end():
    out, time = io.StringIO(), [0.0]
    with Progress(stream=out, now=lambda: time[0]) as progress:
        report = report_stage(progress)
        for done in range(1, 11):
            time[0] += 1.0
            report("features", done, 10)
        report("features", 10, 10)
    assert out.getvalue().splitlines() == [
        "sextant: 1 of 10 photos through the backbone",
        "sextant: 6 of 10 photos through the backbone",
        "sextant: 10 of 10 photos through the backbone",
    ]


def test_a_new_stage_is_printed_at_once():
    out = io.StringIO()
    with Progress(stream=out, now=lambda: 0.0) as progress:
        report = report_build(progress)
        for stage, done in (("encoding", 1), ("encoding", 2), ("index", 0)):
            report(At(stage, done, 4, done, 0, 1.0, 1.0))
    assert [line.split(":")[1] for line in out.getvalue().splitlines()] == [" encoding", " index"]


def test_an_evaluation_says_its_rate_and_what_is_left():
    out, time = io.StringIO(), [0.0]
    counts = Counts(total=10)
    with Progress(stream=out, now=lambda: time[0]) as progress:
        report = report_evaluation(progress, now=lambda: time[0])
        for _ in range(2):
            counts.done += 2
            counts.fresh += 2
            report(counts)
            time[0] += 8.0
    assert out.getvalue().splitlines()[1].startswith("sextant: 4 of 10 photos, 0.2/s, 0:24 left, 25 km 0.0%")


def test_on_a_terminal_the_lines_are_live_and_wiped(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "160")
    out = Terminal()
    with Progress("photo\x1b[31m.jpg", stream=out) as progress:
        report_run(progress)({**ASKED, "branch": "evil\x1b]0;owned\x07"})
        report_training(progress)(LOOK)
        progress._live.refresh()
        shown = out.getvalue()
    assert "photo [31m.jpg" in shown and "asking …" in shown and "epoch 3" in shown and "━" in shown
    assert "\x1b[31m.jpg" not in shown and "\x1b]0;" not in shown
    assert out.getvalue().endswith("\x1b[2K") or "\x1b[2K" in out.getvalue()[len(shown) :]


def test_many_threads_lose_no_line():
    out = io.StringIO()
    with Progress(stream=out) as progress:
        threads = [
            threading.Thread(target=lambda n=n: [progress.show(f"{n}", str(i)) for i in range(50)]) for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(out.getvalue().splitlines()) == sorted(f"sextant: {n}: {i}" for n in range(4) for i in range(50))


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_quiet_says_nothing(stream):
    out = stream()
    with Progress(quiet=True, stream=out) as progress:
        report_training(progress)(LOOK)
    assert out.getvalue() == ""


@pytest.mark.parametrize(("columns", "bar"), [(80, False), (110, True)])
def test_a_library_is_one_line_in_which_a_narrow_terminal_cuts_nothing_that_costs(monkeypatch, columns, bar):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", str(columns))
    out, counts, time = Terminal(), LibraryCounts(1374), [0.0]
    with Progress(stream=out, now=lambda: time[0]) as progress:
        report = report_library(progress, now=lambda: time[0])
        for done in (100, 140):
            counts.done, counts.fresh, counts.failed, counts.usd = done, done, 3, 1.25
            report(counts, {})
            time[0] += 5.0
        progress._live.refresh()
        shown = out.getvalue()
    line = "140 of 1,374, 8.0/s, 2:34 left, 3 failed, $1.25; 50 % sure: city 0, region"
    assert line in shown and ("━" in shown) == bar and "\n" not in shown


def test_a_rate_is_not_told_from_less_than_a_second():
    out, counts = io.StringIO(), LibraryCounts(40)
    with Progress(stream=out) as progress:
        report = report_library(progress, now=iter([0.0, 0.001]).__next__)
        for done in (1, 40):
            counts.done = counts.fresh = done
            report(counts, {})
    assert "/s" not in out.getvalue()
