import io

from sextant.app.render.align_progress import AlignProgress, look_words
from sextant.gallery.alignment.training.progress import Look

LOOK = Look(
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


def test_a_look_says_losses_speed_and_time_left():
    words = "epoch 3, step 420 of 1,600: loss gps 2.113 text 1.870, 5,104 photos/s, waited 2%, 1:01 left"
    assert look_words(LOOK) == words


def test_elsewhere_than_on_a_terminal_a_line_comes_every_few_seconds_and_at_the_end():
    out, time = io.StringIO(), [0.0]
    progress = AlignProgress(stream=out, now=lambda: time[0])
    for done in range(1, 11):
        time[0] += 1.0
        progress.stage("features", done, 10)
    assert out.getvalue().splitlines() == [
        "sextant: 1 of 10 photos through the backbone",
        "sextant: 6 of 10 photos through the backbone",
        "sextant: 10 of 10 photos through the backbone",
    ]


def test_on_a_terminal_one_line_is_rewritten_and_wiped():
    out = Terminal()
    progress = AlignProgress(stream=out)
    progress.look(LOOK)
    progress.close()
    assert "\n" not in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[2K")


def test_quiet_says_nothing():
    out = io.StringIO()
    AlignProgress(quiet=True, stream=out).look(LOOK)
    assert out.getvalue() == ""
