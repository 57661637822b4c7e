import subprocess
import sys

CYCLE = """
class Kept:
    def __init__(self):
        self.me = self

    def __del__(self):
        print("freed")

kept = Kept()
"""


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_a_command_makes_no_pass_for_garbage_while_it_ends():
    assert run(CYCLE) == "freed\n"
    begun = "from sextant.graphs.batches.garbage import collect_rarely\ncollect_rarely()\n"
    assert run(begun + CYCLE) == ""


def test_what_is_to_happen_at_the_end_happens_before():
    code = """
import atexit, gc
from sextant.graphs.batches.garbage import collect_rarely
collect_rarely()
atexit.register(lambda: print(gc.get_freeze_count()))
"""
    assert run(code) == "0\n"
