"""Take the pictures of the README and the guides anew: ``python scripts/pictures.py``.

Drawn scenes only. It runs the demo, a server, and an evaluation in a temporary home, and photographs them with
Chromium; each picture is scaled and saved with few colours, so that the repository stays small.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
COMMAND = [sys.executable, "-m", "sextant.app"]
WIDTH, HEIGHT = 1280, 860
KEPT_WIDTH, COLOURS = 1100, 128


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch) / "home"
        run("demo", home=home)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        photograph_page(page, home)
        photograph_report(page, home, Path(scratch))
        browser.close()


def run(*args: object, home: Path) -> None:
    env = {**os.environ, "SEXTANT_HOME": str(home)}
    subprocess.run([*COMMAND, *map(str, args)], env=env, check=True, capture_output=True)


@contextmanager
def serve(home: Path) -> Any:
    env = {**os.environ, "SEXTANT_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    command = [*COMMAND, "serve", "--port", "0", "--gallery", str(home / "galleries" / "demo")]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(word for word in process.stdout.readline().split() if word.startswith("http"))
        finally:
            process.terminate()


def photograph_page(page: Page, home: Path) -> None:
    """Photograph the page with an answer, then the view of its run."""
    photo = home / "demo-world" / "queries" / "scene-0751.jpg"
    with serve(home) as address:
        page.goto(address)
        page.set_input_files("#files", str(photo))
        page.click("#send")
        page.wait_for_selector(".evidence .best", timeout=60_000)
        page.wait_for_timeout(1500)
        save(page, "page")
        page.click("#open-run")
        page.wait_for_timeout(1500)
        save(page, "run")


def photograph_report(page: Page, home: Path, scratch: Path) -> None:
    """Photograph the report of an evaluation of the drawn queries."""
    bench = scratch / "bench"
    shutil.copytree(home / "demo-world" / "queries", bench / "images")
    shutil.copy(home / "demo-world" / "queries.csv", bench / "metadata.csv")
    gallery = home / "galleries" / "demo"
    for verify in ("calibrated", "top1"):
        where = ("--data", bench, "--gallery", gallery, "--out", scratch / verify, "--verify", verify)
        run("eval", "run", "folder", *where, home=home)
    run("eval", "report", scratch / "calibrated", scratch / "top1", "--out", scratch / "report", home=home)
    page.goto((scratch / "report" / "report.html").as_uri())
    page.wait_for_timeout(500)
    save(page, "report")


def save(page: Page, name: str) -> None:
    """Save what the page shows, scaled, with few colours."""
    file = PICTURES / f"{name}.png"
    page.screenshot(path=file)
    with Image.open(file) as image:
        small = image.convert("RGB").resize((KEPT_WIDTH, round(image.height * KEPT_WIDTH / image.width)))
    small.quantize(COLOURS).save(file, optimize=True)
    print(json.dumps({"picture": str(file.relative_to(ROOT)), "bytes": file.stat().st_size}))


if __name__ == "__main__":
    main()
