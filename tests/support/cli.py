"""Running the real command line in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.processes import ROOT, Process, needs_its_own_interpreter


@dataclass(frozen=True)
class Ran:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The last line on stderr: the command line's one error line."""
        return self.err.strip().splitlines()[-1]


def sextant(
    *args: object,
    home: Path,
    env: Mapping[str, str] | None = None,
    seconds: float = 120,
    typed: str | None = None,
    cwd: Path = ROOT,
) -> Ran:
    """Run ``sextant ARGS`` with its home at ``home`` and no model settings of this machine; ``typed`` is piped in."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "OLLAMA", "SEXTANT"))}
    whole = {**clean, "SEXTANT_HOME": str(home), "SEXTANT_DEBUG": "1", **(env or {})}
    if needs_its_own_interpreter(env or {}):
        done = subprocess.run(
            [sys.executable, "-m", "sextant.app", *map(str, args)],
            env=whole,
            cwd=cwd,
            capture_output=True,
            input=typed,
            text=True,
            timeout=seconds,
            check=False,
        )
        return _checked(done.returncode, done.stdout, done.stderr)
    process = Process(*args, env=whole, typing=typed is not None, cwd=cwd)
    try:
        out, err = process.communicate(typed, timeout=seconds)
    finally:
        process.kill()
    return _checked(process.wait(), out, err)


def _checked(code: int, out: str, err: str) -> Ran:
    assert "Traceback" not in err, err
    return Ran(code, out, err)
