import io
import sys

from sextant.app.render import loading


class Terminal(io.StringIO):
    def isatty(self):
        return True


def begin(monkeypatch, after_s=0.0):
    """Begin a loading line on a terminal; pytest sets stderr anew between fixture and test, so this is no fixture."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(loading, "AFTER_S", after_s)
    line = loading._Loading()
    line.begin()
    return line


def wait(line):
    line._timer.join()


def test_a_slow_start_says_so_and_the_first_output_takes_its_place(monkeypatch):
    shown = begin(monkeypatch)
    wait(shown)
    assert sys.stderr.getvalue() == loading.TEXT
    shown.end()
    shown.end()
    assert sys.stderr.getvalue() == f"{loading.TEXT}\r\x1b[2K"


def test_what_is_printed_at_once_needs_no_line(monkeypatch):
    shown = begin(monkeypatch, after_s=600.0)
    shown.end()
    assert sys.stderr.getvalue() == ""


def test_a_line_that_comes_too_late_is_not_drawn(monkeypatch):
    shown = begin(monkeypatch)
    wait(shown)
    shown.end()
    before = sys.stderr.getvalue()
    shown._show()
    assert sys.stderr.getvalue() == before


def test_a_file_gets_no_line(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    line = loading._Loading()
    line.begin()
    assert line._timer is None
