"""Running the real command line in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


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
    *args: object, home: Path, env: Mapping[str, str] | None = None, seconds: float = 120, typed: str | None = None
) -> Ran:
    """Run ``sextant ARGS`` with its home at ``home`` and no model settings of this machine; ``typed`` is piped in."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "OLLAMA", "SEXTANT"))}
    done = subprocess.run(
        [sys.executable, "-m", "sextant.app", *map(str, args)],
        env={**clean, "SEXTANT_HOME": str(home), "SEXTANT_DEBUG": "1", **(env or {})},
        cwd=ROOT,
        capture_output=True,
        input=typed,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)
