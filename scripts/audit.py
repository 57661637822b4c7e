"""Compare the lock with a database of known vulnerabilities, if one is reachable: ``make audit``.

Exit status 1 means that a package has a known weakness. Without pip-audit, or without a reachable database, a line says
so and nothing is compared.
"""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 180


def find_weaknesses(lock: Path) -> list[str] | None:
    """Return a line for each known weakness of the locked packages; None when nothing could be compared."""
    audit = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format", "json", "-r", str(lock)]
    try:
        done = subprocess.run(audit, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    return [
        f"{package['name']} {package['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions'])}"
        for package in packages
        for weakness in package.get("vulns", [])
    ]


def main() -> None:
    """Print what is known, and exit with 1 when anything is."""
    if find_spec("pip_audit") is None:
        print("not audited: pip-audit is not installed (pip install pip-audit)")
        return
    found = find_weaknesses(ROOT / "requirements.lock")
    if found is None:
        print("not audited: no database of known weaknesses is reachable")
        return
    print("\n".join(found) or "no known weakness")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
