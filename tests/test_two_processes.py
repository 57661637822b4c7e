"""Three processes begin on one home that does not exist yet: each has its answer, and every run is listed."""

import os

from tests.support.cli import sextant
from tests.support.processes import Process


def test_processes_share_a_new_home(gallery, query, tmp_path):
    home = tmp_path / "home"
    command = ["locate", query, "--gallery", gallery, "--verify", "density", "--json", "--quiet"]
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "SEXTANT"))}
    begun = [Process(*command, env={**keep, "SEXTANT_HOME": str(home)}) for _ in range(3)]
    ended = [(*process.communicate(timeout=120), process.returncode) for process in begun]
    assert [code for _, _, code in ended] == [0, 0, 0], ended
    assert all('"country_code": "PT"' in out for out, _, _ in ended)
    assert [run["status"] for run in sextant("runs", "list", "--json", home=home).json] == ["done"] * 3
