"""The guides build as a site, with every link and every generated page."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_the_site_builds_strictly_and_without_a_network(tmp_path):
    pytest.importorskip("mkdocs")
    if not (ROOT / ".types").is_dir():
        subprocess.run(["make", ".types"], cwd=ROOT, check=True, capture_output=True)
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        env={
            **os.environ,
            "NO_MKDOCS_2_WARNING": "1",
            "http_proxy": "http://127.0.0.1:9",
            "https_proxy": "http://127.0.0.1:9",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    commands = (tmp_path / "site" / "reference" / "commands" / "index.html").read_text()
    assert "--max-usd" in commands and "sextant gallery build" in commands
    python = (tmp_path / "site" / "reference" / "python" / "index.html").read_text()
    assert "alocate" in python and "to_dataframe" in python
