"""The page in a real headless Chromium: the conversation as a person has it, from the upload to the export."""

import json
import os
import re
import shutil
import time
from html import unescape
from pathlib import Path

import pytest

from sextant.app.exports.case_manifest import check_case_file
from sextant.geo.countries import load_countries_by_code
from sextant.graphs.chat import build_chat
from sextant.graphs.sessions.checkpoints import open_checkpoints
from sextant.graphs.sessions.store import Sessions, make_config
from sextant.graphs.sessions.tables import get_sessions_file
from tests.support.drawn_gallery import knows
from tests.support.model_server import ModelServer
from tests.support.serving import Server

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
ARTEFACTS = Path(__file__).resolve().parents[3] / "artefacts"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; install the package 'chromium'"),
]


class Watched:
    """A page whose every console error, failed request and request off loopback is kept."""

    def __init__(self, page):
        self.page = page
        self.wrong = []
        self.bytes = {}
        page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self._asked)

    def _asked(self, request):
        if not request.url.startswith(("http://127.0.0.1:", "blob:http://127.0.0.1:", "data:")):
            self.wrong.append(f"off loopback: {request.url}")

    def shot(self, name):
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"page-{name}.png")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def watched(browser):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.set_default_timeout(90_000)  # a busy machine is slow, and what is slow is not wrong
    kept = Watched(context.new_page())
    yield kept
    context.close()
    assert kept.wrong == []


@pytest.fixture(scope="module")
def model(drawn):
    with ModelServer(knows(drawn), latency_s=0.3) as running:
        yield running


@pytest.fixture(scope="module")
def server(drawn, model, tmp_path_factory):
    args = [
        "--gallery",
        drawn.gallery,
        "--verify",
        "density",
        "--model",
        "openai:scripted",
        "--base-url",
        model.base_url,
    ]
    key = {"OPENAI_API_KEY": "sk-secret-of-the-test"}
    with Server(*args, home=tmp_path_factory.mktemp("serve-home"), env=key) as running:
        yield running


def send(page, text, *photos):
    """Type a message, send it, and wait for the reply."""
    before = page.locator("#turns > .turn:not(.pending)").count()
    if photos:
        page.set_input_files("#files", [str(photo) for photo in photos])
    page.fill("#text", text)
    page.click("#send")
    page.wait_for_selector(f"#turns > .turn:nth-child({before + 2})")
    return page.locator("#turns > .turn").last.inner_text()


def best(page):
    return page.locator(".evidence .best").first.inner_text()


def settled(page, words):
    page.wait_for_selector(f".evidence .best:not(:text-is({json.dumps(words)}))")


@pytest.mark.slow
def test_upload_why_steer_draw_fork_and_export(server, model, drawn, watched, tmp_path):
    page = watched.page
    page.goto(server.url + "/")
    page.wait_for_selector("#welcome")
    page.wait_for_selector("#map canvas")
    watched.shot("1-welcome")
    page.set_input_files("#files", str(drawn.query))
    page.fill("#text", "Where was this taken?")
    usual_s, model.latency_s = model.latency_s, 3.0  # long enough to see all four at once on a busy machine
    page.click("#send")
    for variant in ("zero-shot", "clues-first", "references-10", "doubt-the-references"):
        page.wait_for_selector(f".branch[data-state=asking] >> text={variant}")
    model.latency_s = usual_s
    watched.shot("2-branches")
    page.wait_for_selector(".evidence .best")
    country = load_countries_by_code()[drawn.country_code].name
    first = best(page)
    assert country in first
    page.wait_for_selector("#map .pinhead")
    page.wait_for_timeout(300)
    watched.shot("3-answer")

    said = send(page, "why?")
    assert "What was done" in said
    assert page.locator(".turn .struck").inner_text() == "I verified this on Google Street View."
    assert "<b>Bold</b>" in said
    assert "<script>alert(1)</script>" in page.locator(".claims").inner_text()

    calls = model.count
    said = send(page, f"not {country}")
    settled(page, first)
    assert "No model was called" in said
    assert country not in best(page)
    watched.shot("4-steered")
    send(page, "undo")

    before = best(page)
    page.click("#draw")
    box = page.locator("#map").bounding_box()
    for x, y in ((0.3, 0.2), (0.7, 0.2), (0.7, 0.75), (0.3, 0.75)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    watched.shot("5-drawing")
    page.click("#draw-not")
    page.wait_for_selector("ul.said >> text=not inside the drawn area")
    page.click("text=Undo the last")
    page.wait_for_selector("ul.said", state="detached")
    assert best(page) == before
    assert model.count == calls

    page.click("#layers >> text=Similar")
    page.wait_for_selector("#map .number")
    watched.shot("6-similar")
    page.click("#layers >> text=Answer")

    page.click("#open-run")
    page.wait_for_selector(".flow .branch-node")
    page.click("summary:has-text('steps')")
    page.locator(".timeline button").last.click()
    page.fill("#viewer [name=change]", "optimise=country")
    page.check("#viewer input[name=live]")
    page.click("#viewer .fork .primary")
    page.wait_for_selector("#viewer .card .best, #viewer .notice.bad")
    watched.shot("7-fork")
    assert page.locator("#viewer .notice.bad").count() == 0, page.locator("#viewer .notice.bad").inner_text()
    assert "Fork 2" in page.locator("#viewer .card").inner_text()
    page.keyboard.press("Escape")

    with page.expect_download() as download:
        page.select_option("#export", "geojson")
    saved = tmp_path / "out.geojson"
    download.value.save_as(saved)
    roles = {feature["properties"]["role"] for feature in json.loads(saved.read_text())["features"]}
    assert {"answer", "candidate", "nearest", "farthest"} <= roles
    assert "sk-secret" not in page.content()


def test_dark_phone_and_keyboard(server, drawn, watched):
    page = watched.page
    page.goto(server.url + "/")
    page.wait_for_selector("#map canvas")
    send(page, "where?", drawn.query)
    page.click("#theme")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    watched.shot("8-phone-dark")
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 390
    page.set_viewport_size({"width": 1440, "height": 900})
    page.focus("#draw")
    page.keyboard.press("Enter")
    for key in ("Enter", "ArrowRight", "Enter", "ArrowDown", "Enter"):
        page.wait_for_timeout(350)
        page.keyboard.press(key)
    page.wait_for_selector("#draw-only:not([hidden])")
    page.focus("#draw-only")
    page.keyboard.press("Enter")
    page.wait_for_selector("ul.said >> text=only inside the drawn area")
    names = page.evaluate(
        "() => [...document.querySelectorAll('button, input, select, textarea')].filter((one) => one.offsetParent"
        " && !(one.textContent.trim() || one.ariaLabel || one.labels?.length)).map((one) => one.outerHTML)"
    )
    assert names == []


@pytest.mark.slow
def test_axe_finds_nothing_at_two_widths_in_dark_and_light_and_nothing_is_cut_off(server, drawn, watched):
    axe = pytest.importorskip("axe_playwright_python")
    source = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page = watched.page
    page.goto(server.url + "/")
    page.wait_for_selector("#map canvas")
    send(page, "where?", drawn.query, drawn.query)
    page.evaluate(source)

    def audit(state):
        found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")["violations"]
        assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in found] == [], state
        assert page.evaluate("() => document.documentElement.scrollWidth") <= page.viewport_size["width"], state

    for width, scheme in ((1440, "light"), (320, "dark"), (320, "light"), (1440, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_timeout(200)
        audit(f"answer {width} {scheme}")
        watched.shot(f"13-{width}-{scheme}")
        page.click("#overview")
        page.wait_for_selector(".overview tbody tr")
        audit(f"overview {width} {scheme}")
        page.click("#overview")
        page.click("#open-run")
        page.wait_for_selector(".flow .branch-node")
        audit(f"viewer {width} {scheme}")
        watched.shot(f"14-run-{width}-{scheme}")
        page.keyboard.press("Escape")


@pytest.mark.slow
def test_links_open_on_a_click_only_and_the_file_leaves_the_photo_out_when_asked(server, drawn, watched, tmp_path):
    page = watched.page
    page.goto(server.url + "/")
    page.wait_for_selector("#map canvas")
    send(page, "where?", drawn.query)
    page.click(".links summary")
    assert "Nothing is sent before you click" in page.locator(".links").inner_text()
    links = page.locator(".links a")
    assert links.count() == 7
    for link in links.all():
        assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener noreferrer")
    for choice, pictures in (("html", 1), ("html?picture=false", 0)):
        with page.expect_download() as download:
            page.select_option("#export", choice)
        download.value.save_as(tmp_path / "case.html")
        text = (tmp_path / "case.html").read_text(encoding="utf-8")
        assert check_case_file(text).faults == ()
        assert text.count('/picture.jpg"') == pictures
        assert page.locator(".evidence .best").first.inner_text() in unescape(text)  # one voice
        assert "Nothing left the machine" in text  # the model's server is on loopback


@pytest.mark.slow
def test_a_drawn_area_stays_is_edited_and_taken_back(server, drawn, watched):
    page = watched.page
    page.goto(server.url + "/")
    page.wait_for_selector("#map canvas")
    send(page, "where?", drawn.query)
    box = page.locator("#map").bounding_box()
    page.click("#draw")
    for x, y in ((0.3, 0.2), (0.7, 0.2), (0.7, 0.75), (0.3, 0.75)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.click("#draw-not")
    page.wait_for_selector("ul.said >> text=not inside the drawn area")
    page.click("button[aria-label^='Edit on the map']")
    page.focus("[aria-label='corner 1']")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Delete")
    assert page.locator("[aria-label='corner 4']").count() == 0
    page.click("#draw-only")
    page.wait_for_selector("ul.said >> text=only inside the drawn area")
    assert page.locator("ul.said > li").count() == 1
    page.click("button[aria-label^='Take back']")
    page.wait_for_selector("ul.said", state="detached")


def test_a_slow_run_is_stopped_and_answers_with_the_best_so_far(drawn, watched, tmp_path):
    page = watched.page
    with ModelServer(knows(drawn), latency_s=60) as slow:
        args = ["--gallery", drawn.gallery, "--verify", "density", "--model", "openai:s", "--base-url", slow.base_url]
        with Server(*args, home=tmp_path, env={"OPENAI_API_KEY": "sk-test"}) as running:
            page.goto(running.url + "/")
            page.set_input_files("#files", str(drawn.query))
            page.click("#send")
            page.wait_for_selector(".branch[data-state=asking] >> text=thinking")
            page.wait_for_timeout(300)
            began = time.monotonic()
            page.click("#stop")
            page.wait_for_selector("#stop", state="hidden")
            print(f"stopped after {time.monotonic() - began:.2f} s")
            page.wait_for_selector(".evidence .best")
            said = page.locator("#turns > .turn").last.inner_text()
            watched.shot("9-stopped")
            # The page goes before its server does, or its stream would be refused.
            page.goto("about:blank")
    assert "this is the best so far" in said


@pytest.mark.slow
def test_a_live_fork_is_stopped(drawn, watched, tmp_path):
    page = watched.page
    with ModelServer(knows(drawn)) as model:
        args = ["--gallery", drawn.gallery, "--verify", "density", "--model", "openai:s", "--base-url", model.base_url]
        with Server(*args, home=tmp_path, env={"OPENAI_API_KEY": "sk-test"}) as running:
            page.goto(running.url + "/")
            send(page, "where?", drawn.query)
            model.latency_s, asked = 60, model.count
            page.click("#open-run")
            page.wait_for_selector(".flow .branch-node")
            page.fill("#viewer input[name=step]", "2")
            page.fill("#viewer [name=change]", "temperature=0.1")
            page.check("#viewer input[name=live]")
            page.click("#viewer .fork .primary")
            while model.count == asked:
                page.wait_for_timeout(50)
            page.click("#viewer .stop-fork")
            page.wait_for_selector("#viewer .card .best")
            assert "ended early, with the best so far" in page.locator("#viewer .card").inner_text()
            assert page.locator("#viewer .stop-fork").count() == 0
            page.goto("about:blank")


def test_the_first_paint_is_quick_and_light(server, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    transferred = []
    page.on(
        "requestfinished",
        lambda request: transferred.append(
            (request.url, sum(request.sizes()[n] for n in ("responseBodySize", "responseHeadersSize")))
        ),
    )
    page.goto(server.url + "/")
    page.wait_for_selector("#map canvas")
    paint = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    light = sum(size for url, size in transferred if "/api/outlines" not in url and "/events" not in url)
    context.close()
    assert light < 400_000, transferred
    assert paint is not None
    print(f"first contentful paint {paint:.0f} ms, {light / 1000:.0f} kB")


def test_a_session_survives_a_reload_and_shows_in_two_tabs(server, drawn, watched):
    page = watched.page
    page.goto(server.url + "/")
    send(page, "where?", drawn.query)
    page.reload()
    page.wait_for_selector(".evidence .best")
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(".evidence .best")
    send(page, "only in Australia")
    other.wait_for_selector("text=only Australia")
    assert re.search(r"Australia|No place", best(other))
    other.close()


@pytest.mark.slow
def test_more_photos_than_fit_a_message_are_queued_and_shown_together(server, drawn, watched, tmp_path):
    page = watched.page
    page.goto(server.url + "/")
    page.wait_for_selector("#map canvas")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    page.set_input_files("#files", [str(drawn.query), *[str(broken)] * 22, str(drawn.query)])
    page.click("#send")
    page.wait_for_selector("#waiting:not([hidden])")
    page.wait_for_selector(".overview tr[data-status=waits]")
    watched.shot("10-queued")
    page.wait_for_selector("#waiting", state="hidden")
    page.wait_for_selector("tr[data-status=located] >> nth=1")
    assert "broken.jpg" in page.locator("#problem").inner_text()
    page.wait_for_selector("#stop", state="hidden")
    page.click("th button:has-text('Within 25 km')")
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Within 25 km")
    page.click("text=As one place")
    page.wait_for_selector(".joint >> text=Taken as one place")
    watched.shot("11-overview")
    page.click("text=Thumbnails")
    page.locator(".thumbnails button").first.click()
    page.wait_for_selector(".evidence .best")
    listed = page.locator("#session-list button[aria-current=true]")
    page.wait_for_selector("#session-list button[aria-current=true] img")
    assert "2 photos" in listed.inner_text()
    watched.wrong = [
        words for words in watched.wrong if "422" not in words
    ]  # the browser's own line on what is refused


@pytest.mark.slow
def test_queue_and_overview_survive_a_reload(drawn, watched, tmp_path):
    page = watched.page
    copies = [tmp_path / f"{number}.jpg" for number in range(9)]
    for copy in copies:
        shutil.copy(drawn.query, copy)
    with ModelServer(knows(drawn), latency_s=3) as slow:
        args = ["--gallery", drawn.gallery, "--verify", "density", "--model", "openai:s", "--base-url", slow.base_url]
        with Server(*args, "--max-calls", 1, home=tmp_path / "home", env={"OPENAI_API_KEY": "sk-test"}) as running:
            page.goto(running.url + "/")
            page.wait_for_selector("#map canvas")
            page.set_input_files("#files", [str(copies[0])])
            page.click("#send")
            page.wait_for_selector(".branch[data-state=asking]")
            page.set_input_files("#files", [str(copy) for copy in copies[1:]])
            page.click("#send")
            page.wait_for_selector("#waiting:not([hidden]) >> text=kept in this browser")
            page.reload()
            page.wait_for_selector(".overview tr[data-status=waits], .overview tr[data-status=located] >> nth=8")
            page.wait_for_selector("tr[data-status=located] >> nth=8")
            page.wait_for_selector("#waiting", state="hidden")
            names = page.locator(".overview tbody th").all_inner_texts()
            assert sorted(name.split()[-1] for name in names) == [copy.name for copy in copies]  # each once
            page.wait_for_selector("#stop", state="hidden")
            page.reload()
            page.wait_for_selector("tr[data-status=located] >> nth=8")
            assert page.locator("#waiting").is_hidden()
            page.goto("about:blank")


@pytest.mark.slow
def test_earlier_turns_are_loaded_a_page_at_a_time(drawn, watched, tmp_path):
    sessions, name = Sessions(str(tmp_path)), "long"
    sessions.create(session=name)
    turn = {"by": "you", "photos": [], "cap": None}
    turns = [{**turn, "id": f"m{number}", "text": f"message {number}."} for number in range(250)]
    with open_checkpoints(get_sessions_file(str(tmp_path))) as saver:
        graph = build_chat().compile(checkpointer=saver)
        graph.update_state(make_config(name), {"turns": turns}, as_node="report")
    with Server("--gallery", drawn.gallery, home=tmp_path) as server:
        page = watched.page
        page.goto(f"{server.url}/#{name}")
        page.wait_for_selector("text=message 249.")
        assert page.locator("#turns > .turn.you").count() == 100
        page.click("text=Show earlier turns (150)")
        page.wait_for_selector("text=message 50.")
        assert page.locator("#turns > .turn.you").count() == 200
        assert page.evaluate("() => document.getElementById('turns').scrollTop") > 2000  # what was read stays in sight
        watched.shot("12-earlier-turns")
        send(page, "hello?")  # the window moves; what was loaded stays
        assert page.locator("#turns > .turn.you").count() == 201
        page.click("text=Show earlier turns (50)")
        page.wait_for_selector("text=message 0.")
        shown = page.locator("#turns > .turn.you").all_inner_texts()
        assert shown == [f"message {number}." for number in range(250)] + ["hello?"]
        assert page.locator(".earlier").count() == 0
        page.goto("about:blank")  # before the server ends: a stream that breaks off is an error on the console
