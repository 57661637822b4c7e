"""Signals: two within a second are one, a later one ends the process at once."""

import os
import signal
import subprocess
import sys
import time

from tests.support.cli import ROOT

PROGRAM = """
import sys, time
from sextant.app.interrupting import stop_on_signals
with stop_on_signals("stopping") as stop:
    print("ready", flush=True)
    stop.wait(30)
    time.sleep(float(sys.argv[1]))
    print("in good order", flush=True)
"""


def started(seconds):
    made = subprocess.Popen([sys.executable, "-c", PROGRAM, str(seconds)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert made.stdout.readline() == "ready\n"
    return made


def test_two_signals_at_once_are_one():
    process = started(0.3)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        os.kill(process.pid, number)
    assert process.communicate(timeout=30)[0] == "in good order\n"
    assert process.returncode == 0


def test_a_later_signal_ends_the_process():
    process = started(30)
    os.kill(process.pid, signal.SIGTERM)
    time.sleep(1.3)
    os.kill(process.pid, signal.SIGTERM)
    assert process.communicate(timeout=10)[0] == ""
    assert process.returncode == 130
