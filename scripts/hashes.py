"""Write the hashes of the locked packages, which ``pip install --require-hashes`` checks.

Run it with `make lock`, after `scripts/lock.py`. The hashes are of the files that pip chooses on the machine it runs on
(Linux, x86-64, the Python of CI). Torch is left out: its build differs between machines (CPU, CUDA) under one version.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BY_MACHINE = ("torch", "torchvision", "triton", "nvidia-", "cuda-")


def choose_files(lock: Path) -> list[dict[str, str]]:
    """Return name, version and sha256 of the file that pip would install for each line of a lock file.

    Raises:
        subprocess.CalledProcessError: pip finds no file for a line.
    """
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"]
    done = subprocess.run([*pip, "--report", "-", "-r", str(lock)], capture_output=True, text=True, check=True)
    return [
        {
            "name": item["metadata"]["name"].lower().replace("_", "-"),
            "version": item["metadata"]["version"].partition("+")[0],
            "sha256": item["download_info"]["archive_info"]["hashes"]["sha256"],
        }
        for item in json.loads(done.stdout)["install"]
    ]


def main() -> None:
    """Write ``requirements-dev.hashes`` beside the lock files."""
    files = sorted(choose_files(ROOT / "requirements-dev.lock"), key=lambda file: file["name"])
    kept = [file for file in files if not file["name"].startswith(BY_MACHINE)]
    lines = [f"{file['name']}=={file['version']} --hash=sha256:{file['sha256']}" for file in kept]
    head = "# What CI installs with --require-hashes. Written by `make lock` (scripts/hashes.py).\n"
    (ROOT / "requirements-dev.hashes").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
