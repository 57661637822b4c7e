"""One investigation on the page and in the terminal: six photos, a misleading sign, two steerings, a fork, an export.

``investigate`` returns the words of both; ``scripts/investigation.py`` writes them into docs/chat.md.
"""

import base64
import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sextant.agent.guard.claims import SOURCES
from tests.support.cli import sextant
from tests.support.drawn_gallery import Drawn
from tests.support.model_script import Asked, Reply
from tests.support.model_server import ModelServer
from tests.support.serving import Server

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
MISLED = 1  # index of the photo with the misleading sign
SIGN = "the sign reads “Rue de Paris”"
PARIS = (48.8566, 2.3522)
FIRST = "where was this taken?"  # what the terminal asks of photos named on its command line
SAID = ("why?", "ignore the sign", "not France")
PATIENCE_S = 400  # for six photos, which take 20 s on a free machine; a busy one is slow, and what is slow is not wrong
FORK = ("verify", "optimise=country")


@dataclass
class Told:
    """What one face said: the lines of each reply in order, the fork, and the headline of the case file."""

    replies: list[list[str]] = field(default_factory=list)
    fork: tuple[str, str] = ("", "")
    case_file: str = ""


def find_photos(drawn: Drawn) -> list[tuple[Path, float, float]]:
    """Find six photos of the drawn world with their places: held-out scenes, and two of the gallery's own."""
    found = []
    for table in (drawn.query.parent.parent / "queries.csv", drawn.query.parent.parent / "gallery.csv"):
        folder = table.with_suffix("")
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.append((folder / row["image"], float(row["latitude"]), float(row["longitude"])))
    return found[:6]


def script(photos: list[tuple[Path, float, float]]) -> Callable[[Asked], Reply]:
    """A model that recognises the photos, is misled by one sign, and claims checks that it never made."""
    known = [_shrink(Image.open(path)) for path, _, _ in photos]

    def answer(asked: Asked) -> Reply:
        if "The person asks" in asked.text:
            reply = {"answer": "The sign names a street. I verified this on Google Street View.", "clues": []}
            reply["clues"] = [{"text": "No other text can be read", "source": "read"}]
            return Reply(text=json.dumps(reply))
        number = _recognise(asked, known)
        _, latitude, longitude = photos[number]
        if number == MISLED and "two steps" not in asked.text:
            clues = [{"text": SIGN, "source": "read"}]
            return Reply(
                text=json.dumps({"latitude": PARIS[0], "longitude": PARIS[1], "confidence": 0.9, "clues": clues})
            )
        clues = [
            {"text": "the road markings and the kerbs", "source": "seen"},
            {"text": "I checked the satellite imagery", "source": "seen"},
        ]
        return Reply(text=json.dumps({"latitude": latitude, "longitude": longitude, "confidence": 0.8, "clues": clues}))

    return answer


def investigate(drawn: Drawn, folder: Path) -> tuple[Told, Told]:
    """Have the investigation on the page and in the terminal, each with a home of its own."""
    photos = find_photos(drawn)
    with ModelServer(script(photos)) as model:
        args = ["--gallery", drawn.gallery, "--model", "openai:scripted", "--base-url", model.base_url]
        paths = [path for path, _, _ in photos]
        return ask_page(args, paths, folder), ask_terminal(args, paths, folder)


def ask_page(args: list[Any], photos: list[Path], folder: Path) -> Told:
    """Have it on the page, in a real Chromium."""
    told = Told()
    with Server(*args, home=folder / "page", env={"OPENAI_API_KEY": "sk-test"}) as server, open_page() as page:
        page.goto(server.url + "/")
        page.wait_for_selector("#map canvas")
        page.set_input_files("#files", [str(photo) for photo in photos])
        told.replies.append(_say(page, FIRST))
        page.select_option("#photo", str(MISLED + 1))
        told.replies += [_say(page, words) for words in SAID]
        page.click("#open-run")
        page.wait_for_selector(".flow .branch-node")
        page.fill("#viewer input[name=step]", FORK[0])
        page.fill("#viewer [name=change]", FORK[1])
        page.check("#viewer input[name=live]")
        page.click("#viewer .fork .primary")
        page.wait_for_selector("#viewer .card .best")
        card = page.locator("#viewer .card")
        told.fork = card.locator(".best").inner_text(), card.locator("p").nth(2).inner_text()
        page.keyboard.press("Escape")
        with page.expect_download() as download:
            page.select_option("#export", "html")
        download.value.save_as(folder / "page.html")
        told.case_file = _read_headline(folder / "page.html")
        page.goto("about:blank")
    return told


def ask_terminal(args: list[Any], photos: list[Path], folder: Path) -> Told:
    """Have it in the terminal, through a pipe."""
    told = Told()
    file = folder / "terminal.html"
    lines = [f"/photo {MISLED + 1}", *SAID, f"/fork {' '.join(FORK)} live", f"/export html {file}", "/quit"]
    env = {"OPENAI_API_KEY": "sk-test", "COLUMNS": "4000"}
    typed = "\n".join(lines) + "\n"
    ran = sextant("chat", *photos, *args, home=folder / "terminal", env=env, typed=typed, seconds=PATIENCE_S)
    assert ran.code == 0, ran.err
    shown = ran.out.splitlines()
    told.replies = [[line.strip() for line in shown if line.startswith("  ") and line.split()[-1:] and _is_entry(line)]]
    headline = next(line for line in shown if line.startswith("Fork ") and ": " in line)
    moved = next(line.strip() for line in shown if line.strip().startswith("The answer") and not _is_entry(line))
    told.fork = headline.partition(": ")[2], moved
    told.case_file = _read_headline(file)
    return told


@contextmanager
def open_page() -> Iterator[Any]:
    """Open a page in a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True).new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        yield page
        browser.close()


def _say(page: Any, words: str) -> list[str]:
    """Send a message on the page and return the lines of the reply, as the terminal prints them."""
    before = page.locator("#turns > .turn:not(.pending)").count()
    page.fill("#text", words)
    page.click("#send")
    page.wait_for_selector(f"#turns > .turn:nth-child({before + 2})")
    page.wait_for_selector("#stop", state="hidden")
    lines: list[str] = page.evaluate(
        "() => [...document.querySelector('#turns > .turn:last-child').querySelectorAll('p')].map((p) =>"
        " [p.firstChild.textContent, p.querySelector('.struck')?.textContent, p.querySelector('.source')?.textContent]"
        ".filter(Boolean).join(' '))"
    )
    return lines


def _is_entry(line: str) -> bool:
    return line.split()[-1] in SOURCES


def _read_headline(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    headlines = [part.partition("</p>")[0] for part in text.split('<p class="headline">')[1:]]
    return headlines[MISLED]


def _recognise(asked: Asked, known: list[np.ndarray]) -> int:
    pictures = [
        _shrink(Image.open(io.BytesIO(base64.b64decode(block["image_url"]["url"].partition(",")[2]))))
        for message in asked.body["messages"]
        if isinstance(message.get("content"), list)
        for block in message["content"]
        if block["type"] == "image_url"
    ]
    distances = [[float(np.abs(picture - one).mean()) for one in known] for picture in pictures]
    return int(np.argmin(np.min(distances, axis=0)))


def _shrink(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB").resize((24, 18)), dtype=float)
