"""The HTML report as a person sees it: tables, four plots, a map, nothing fetched, nothing broken."""

from pathlib import Path

import numpy as np
import pytest

from sextant.app.render.report_html import write_comparison, write_report
from sextant.eval.benchmarks import BenchmarkPhoto
from sextant.eval.compare import compare
from sextant.geo.sphere import find_destination
from tests.support.browser import chromium_page, needs_chromium
from tests.support.evaluations import failed_line, made_evaluation, made_line

CITIES = ((48.86, 2.35), (40.71, -74.01), (-33.87, 151.21), (35.68, 139.69), (-1.29, 36.82), (-23.55, -46.63))

pytestmark = [pytest.mark.browser, needs_chromium]


def lines(seed):
    chance = np.random.default_rng(seed)
    made = []
    for number in range(60):
        latitude, longitude = CITIES[number % len(CITIES)]
        photo = BenchmarkPhoto(f"photo {number}.jpg", latitude, longitude, author=f"author {number % 9}", scene="urban")
        place = find_destination(photo.truth, float(chance.uniform(0, 360)), float(10 ** chance.uniform(-1, 4)))
        answer = (float(place[0]), float(place[1]))
        stated = float(chance.uniform(0, 1))
        made.append(made_line(photo, answer, probability=stated, region_km=500.0, calls=int(chance.integers(1, 5))))
    return [*made[:-2], failed_line(photo), made_line(BenchmarkPhoto("none.jpg", 10.0, 10.0), None)]


@pytest.fixture
def runs(tmp_path):
    return [made_evaluation(tmp_path / name, lines(seed), benchmark="im2gps3k") for seed, name in enumerate("ab")]


def test_the_report_shows_tables_four_plots_and_a_map_and_fetches_nothing(runs, tmp_path):
    file = write_report([run.path for run in runs], tmp_path / "out").html
    with chromium_page() as (page, requests, complaints):
        page.goto(file.as_uri())
        assert page.locator("svg.plot").count() == 4
        assert page.locator("svg.map").count() == 2
        assert page.locator("svg.map circle").count() == 120
        assert page.locator("table").count() >= 6
        for plot in page.locator("svg.plot, svg.map").all():
            box = plot.bounding_box()
            assert box is not None and box["width"] > 300 and box["height"] > 150
        picture = tmp_path / "report.png"
        page.screenshot(path=str(picture), full_page=True)
        narrow_overflow(page)
    assert picture.stat().st_size > 50_000
    assert requests == [file.as_uri()]
    assert complaints == []


@pytest.mark.slow
def test_plots_keep_inside_their_frames(runs, tmp_path):
    file = write_report([run.path for run in runs], tmp_path / "out").html
    with chromium_page() as (page, _, _):
        page.goto(file.as_uri())
        outside = page.evaluate(
            """() => [...document.querySelectorAll('svg.plot')].flatMap(svg => {
                const frame = svg.getBoundingClientRect();
                return [...svg.querySelectorAll('text, polyline, circle')].filter(part => {
                    const box = part.getBoundingClientRect();
                    return box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1;
                }).map(part => part.outerHTML.slice(0, 90));
            })"""
        )
    assert outside == []


def test_a_comparison_shows_what_was_won_and_lost_on_a_map(runs, tmp_path):
    file = write_comparison(compare(*runs), tmp_path / "out").html
    with chromium_page() as (page, requests, complaints):
        page.goto(file.as_uri())
        found = compare(*runs)
        won, lost = found.moved("25")
        assert page.locator("svg.map circle.won").count() == len(won) > 0
        assert page.locator("svg.map circle.lost").count() == len(lost) > 0
    assert requests == [Path(file).as_uri()] and complaints == []


def narrow_overflow(page):
    """On a phone the page itself never scrolls sideways; wide tables scroll in their own box."""
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
