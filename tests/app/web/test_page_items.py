"""Every part of the page in a real Chromium at two widths, dark and light: it is there, it is true, nothing is cut off.

One server and one session for all; one page for each look, with less motion. Screenshots go to ``artefacts``.
"""

import re
from html import unescape

import pytest
from PIL import Image

from sextant.app.exports.case_manifest import check_case_file
from tests.app.web.test_page import ARTEFACTS, CHROMIUM, Watched, browser, model  # noqa: F401 (fixtures)
from tests.support.cli import sextant
from tests.support.drawn_gallery import knows
from tests.support.drawn_tiles import write_basemap
from tests.support.map_extract import ORIGIN, write_extract
from tests.support.model_server import ModelServer
from tests.support.serving import Server

LOOKS = [(width, scheme) for width in (1440, 320) for scheme in ("light", "dark")]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; install the package 'chromium'"),
]


class Look(Watched):
    """The page as one person sees it: a width and a colour scheme."""

    def __init__(self, page, width, scheme):
        super().__init__(page)
        self.name = f"{width}-{scheme}"
        self.narrow = width < 700

    def check(self, item):
        """Nothing is wider than the screen; keep a picture."""
        assert self.page.evaluate("() => document.documentElement.scrollWidth") <= self.page.viewport_size["width"]
        self.shot(f"item-{item}-{self.name}")
        assert self.wrong == []


@pytest.fixture(scope="module")
def photos(drawn, tmp_path_factory):
    """The scene, and a copy whose EXIF says that it was taken in the town of the map extract."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (ORIGIN[0], 0.0, 0.0), 3: "E", 4: (ORIGIN[1], 0.0, 0.0)})
    stated = tmp_path_factory.mktemp("photos") / "stated.jpg"
    Image.open(drawn.query).convert("RGB").save(stated, "JPEG", exif=exif, quality=95)
    return drawn.query, stated


@pytest.fixture(scope="module")
def place(drawn, model, photos, tmp_path_factory):  # noqa: F811
    """A server with a session: two photos, a question, and "not" a country far from the answer."""
    args = ["--gallery", drawn.gallery, "--verify", "density", "--model", "openai:scripted"]
    args += ["--base-url", model.base_url]
    with Server(*args, home=tmp_path_factory.mktemp("items"), env={"OPENAI_API_KEY": "sk-secret"}) as server:
        session = server.session()
        server.say(session, "where?", *photos).raise_for_status()
        server.settled(session, 600)
        server.say(session, "why?").raise_for_status()
        server.settled(session, 600)
        wish = {"kind": "words", "text": "not Antarctica"}
        server.http.post(f"/api/sessions/{session}/steer", json=wish).raise_for_status()
        yield server, session, server.settled(session, 600)


@pytest.fixture(scope="module", params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def look(request, browser, place):  # noqa: F811
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", accept_downloads=True
    )
    context.set_default_timeout(90_000)
    shown = Look(context.new_page(), width, scheme)
    server, session, _ = place
    shown.page.goto(f"{server.url}/#{session}")
    shown.page.wait_for_selector(".evidence .best")
    shown.page.wait_for_selector("#map .pinhead")
    yield shown
    context.close()


def current(look, place):
    """What the server says of the photo that the page shows."""
    key = look.page.input_value("#photo")
    return next(photo for photo in place[2]["photos"] if photo["key"] == key)


def test_regions_are_drawn_and_conditions_stay(look, place):
    page = look.page
    assert page.locator("#map path.leaflet-interactive").count() >= 2
    assert "not Antarctica" in page.locator("ul.said").inner_text()
    page.evaluate("() => document.querySelector('#map').scrollIntoView()")
    box = page.locator("#map .pinhead").bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + 60)
    page.wait_for_selector(".leaflet-popup >> text=/(in|out)side the 50 % region/")
    look.check("1-regions")
    page.keyboard.press("Escape")


def test_the_page_says_what_the_server_says(look, place):
    told = current(look, place)["told"]
    assert look.page.locator(".evidence .best").first.inner_text() == told["headline"]
    facts = look.page.locator(".evidence").inner_text()
    for name in ("position", "region", "rival", "model", "basis"):
        assert not told[name] or told[name] in facts, name
    assert look.page.locator("#headline").is_visible() == look.narrow
    look.check("2-voice")


def test_the_files_own_position_is_on_the_map_and_in_words(look, place):
    page = look.page
    stated = next(photo for photo in place[2]["photos"] if photo["file"] == "stated.jpg")
    page.select_option("#photo", stated["key"])
    page.wait_for_selector('[aria-label="the file\'s own position"]')
    words = stated["metadata"]["text"]
    assert "km" in words and words in page.locator(".evidence").inner_text()
    page.locator(".evidence >> text=Show on the map").click()
    look.check("3-file")


def test_claims_show_their_sources_and_what_was_struck(look, place):
    page = look.page
    assert page.locator(".turn .struck").first.inner_text() == "I verified this on Google Street View."
    claims = page.locator(".claims")
    claims.scroll_into_view_if_needed()
    assert "<script>alert(1)</script>" in claims.inner_text()
    assert set(page.locator(".claims .source").all_inner_texts()) <= {
        word.upper() for word in ("seen", "read", "retrieved", "tool", "inferred", "metadata", "said")
    }
    look.check("4-claims")


def test_all_photos_are_listed_and_sorted(look, place):
    page = look.page
    page.click("#overview")
    page.wait_for_selector(".overview tbody tr >> nth=1")
    page.click("th button:has-text('Place')")
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Place")
    page.wait_for_selector("#map .number >> nth=1")
    look.check("5-overview")
    page.click("text=Thumbnails")
    page.wait_for_selector(".thumbnails img >> nth=1")
    page.click("text=Table")
    page.click("#overview")
    if page.locator("#open-sessions").is_visible():
        page.click("#open-sessions")
    page.wait_for_selector("#session-list button[aria-current=true] img")
    look.check("5-sessions")
    if page.locator("#open-sessions").is_visible():
        page.click("#open-sessions")


def test_links_open_only_when_clicked(look, place):
    page = look.page
    page.click(".links summary")
    assert "Nothing is sent before you click" in page.locator(".links").inner_text()
    assert page.locator(".links a[target=_blank]").count() == 7
    look.check("6-links")
    page.click(".links summary")


def test_the_run_is_seen_and_its_prompt_edited_in_place(look, place):
    page = look.page
    page.click("#open-run")
    page.wait_for_selector(".flow .branch-node")
    page.click("button[aria-label='Step back']")
    assert re.search(r"\d+ of \d+", page.locator(".frame-steps").inner_text())
    look.check("7-run")
    page.locator("button[aria-label^='Edit the prompt']").first.click()
    area = page.locator("textarea[aria-label^='New text of the prompt']")
    assert len(area.input_value()) > 20
    area.fill("Look at the signs first. Then say where this photo was taken.")
    area.scroll_into_view_if_needed()
    look.check("7-prompt")
    page.click("button:has-text('Ask with this text')")
    page.wait_for_selector("#viewer .card .best, #viewer .notice.bad")
    assert page.locator("#viewer .notice.bad").count() == 0, page.locator("#viewer .notice.bad").inner_text()
    look.check("7-fork")
    page.keyboard.press("Escape")
    page.click("#open-run")
    page.wait_for_selector(".forks >> text=edited prompt")
    page.locator(".forks").scroll_into_view_if_needed()
    look.check("7-forks")
    page.keyboard.press("Escape")


def test_the_case_file_opens_offline_at_this_width(look, place, tmp_path):
    page = look.page
    with page.expect_download() as download:
        page.select_option("#export", "html")
    saved = tmp_path / "case.html"
    download.value.save_as(saved)
    text = saved.read_text(encoding="utf-8")
    assert check_case_file(text).faults == ()
    for photo in place[2]["photos"]:
        assert photo["told"]["headline"] in unescape(text)
    other = page.context.new_page()
    other.goto(saved.as_uri())
    wide = other.evaluate("() => document.documentElement.scrollWidth")
    ARTEFACTS.mkdir(exist_ok=True)
    other.screenshot(path=ARTEFACTS / f"page-item-8-case-{look.name}.png")
    assert wide <= other.viewport_size["width"]
    other.close()


def test_an_error_names_the_photo(look, place, tmp_path):
    page = look.page
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a photo")
    page.set_input_files("#files", str(tmp_path / "broken.jpg"))
    page.click("#send")
    page.wait_for_selector("#problem:not([hidden]) >> text=broken.jpg")
    look.wrong = [words for words in look.wrong if "422" not in words]  # the browser's own line on what is refused
    look.check("9-error")
    page.click("button[aria-label='Remove broken.jpg']")


def test_the_keyboard_reaches_everything_and_the_list_says_what_the_map_shows(look, place):
    page = look.page
    listed = page.locator(".ranked > li")
    listed.first.scroll_into_view_if_needed()
    assert listed.count() == min(8, len(current(look, place)["places"]))
    page.evaluate("() => document.activeElement?.blur()")
    seen = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("() => document.activeElement.id || document.activeElement.textContent.slice(0, 20)"))
    assert {"text", "map", "draw", "open-run", "export", "overview", "theme"} <= seen
    assert {"It is here", "Not here", "Show"} <= seen
    look.check("10-keyboard")


@pytest.mark.parametrize(("width", "scheme"), LOOKS, ids=lambda value: str(value))
def test_a_basemap_and_the_streets_of_ones_own(width, scheme, browser, mapped):  # noqa: F811
    server, session = mapped
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(90_000)
    look = Look(context.new_page(), width, scheme)
    page = look.page
    page.goto(f"{server.url}/#{session}")
    page.wait_for_selector("#map canvas.leaflet-tile-loaded")
    page.wait_for_selector(".leaflet-control-attribution >> text=a drawn basemap")
    look.check("6-basemap")
    page.locator(".evidence >> text=Show on the map").click()
    page.evaluate("() => document.querySelector('#map').scrollIntoView()")
    for _ in range(9):  # the streets come from zoom 14 on
        page.click(".leaflet-control-zoom-in")
        page.wait_for_timeout(500)
    page.wait_for_selector(".leaflet-control-attribution >> text=OpenStreetMap")
    look.check("6-streets")
    page.goto("about:blank")
    context.close()


@pytest.fixture(scope="module")
def mapped(drawn, photos, tmp_path_factory):
    """A server with a vector basemap of its own and the streets of an installed map."""
    home = tmp_path_factory.mktemp("mapped")
    basemap = write_basemap(home / "world.pmtiles")
    assert sextant("map", "add", write_extract(home / "town.osm.pbf"), home=home).code == 0
    with ModelServer(knows(drawn)) as model:  # noqa: F811
        args = ["--gallery", drawn.gallery, "--verify", "density", "--model", "openai:s", "--base-url", model.base_url]
        with Server(*args, "--basemap", basemap, home=home, env={"OPENAI_API_KEY": "sk-secret"}) as server:
            session = server.session()
            server.say(session, "where?", photos[1]).raise_for_status()
            server.settled(session, 600)
            yield server, session
