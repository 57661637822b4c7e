import numpy as np
import pytest

from sextant.app.render.report_html import write_comparison
from sextant.base.errors import WrongUse
from sextant.eval.benchmarks import BenchmarkPhoto
from sextant.eval.compare import compare, holm, mcnemar
from sextant.eval.reporting.comparison import format_comparison
from sextant.geo.sphere import find_destination
from tests.support.evaluations import made_evaluation, made_line

PHOTOS, AUTHORS = 1374, 91
# Error classes of a run as good as published ones: under 1, 25, 200, 750, 2500 km, and beyond.
SHARES = (0.15, 0.28, 0.14, 0.15, 0.12, 0.16)
ERRORS_KM = (0.5, 10.0, 100.0, 500.0, 1500.0, 6000.0)


class Made:
    """A Results look-alike of distances alone: what `compare` reads."""

    def __init__(self, distances_km, name="a"):
        self.name = name
        self.images = [f"{row}.jpg" for row in range(len(distances_km))]
        self.groups = [f"author {row % AUTHORS}" for row in range(len(distances_km))]
        self.distances_km = np.asarray(distances_km, dtype=float)
        self.within = self.distances_km[:, None] < np.array([1.0, 25.0, 200.0, 750.0, 2500.0])
        plan = {"benchmark": "made", "table_sha256": "t", "photos": len(distances_km)}
        self.header = {"configuration": plan}
        self.lines = tuple({"image": image, "latitude": 0.0, "longitude": 0.0} for image in self.images)


def errors(chance):
    return np.array(ERRORS_KM)[chance.choice(len(ERRORS_KM), PHOTOS, p=SHARES)]


def noisy(distances, chance, share=0.15):
    """The same run with a share of its answers drawn anew: what another seed of a model does."""
    again = errors(chance)
    return np.where(chance.random(len(distances)) < share, again, distances)


def test_runs_that_differ_by_noise_alone_are_called_alike_in_93_of_100():
    alike = 0
    for seed in range(100):
        chance = np.random.default_rng(seed)
        truth = errors(chance)
        alike += not compare(Made(noisy(truth, chance)), Made(noisy(truth, chance), "b")).significant
    assert alike >= 93


def test_a_real_difference_of_five_points_is_found():
    found = 0
    for seed in range(20):
        chance = np.random.default_rng(seed)
        truth = errors(chance)
        a, b = noisy(truth, chance), noisy(truth, chance)
        gained = round(0.05 * PHOTOS) - int((b < 25).sum()) + int((a < 25).sum())
        b[chance.choice(np.flatnonzero(b >= 25), gained, replace=False)] = 10.0
        one = next(d for d in compare(Made(a), Made(b, "b")).differences if d.radius == "25")
        found += one.significant and one.gain > 0
    assert found == 20


def test_mcnemar_is_the_exact_binomial_test_of_the_photos_that_changed():
    a = np.array([True] * 2 + [False] * 10)
    b = np.array([False] * 2 + [True] * 8 + [False] * 2)
    assert mcnemar(a, b) == pytest.approx(2 * (1 + 10 + 45) / 1024)  # 2 of 10, two-sided
    assert mcnemar(a, a) == 1.0


def test_holm_adjusts_the_smallest_p_by_all_tests_and_never_turns_the_order():
    assert holm([0.01, 0.04, 0.03, 0.5, 0.9]) == pytest.approx([0.05, 0.12, 0.12, 1.0, 1.0])


def photo(number, author="ana"):
    return BenchmarkPhoto(f"{number}.jpg", 10.0 + number, 20.0, author=author)


def line(number, km):
    place = find_destination(photo(number).truth, 90.0, km)
    return made_line(photo(number), (float(place[0]), float(place[1])))


@pytest.fixture
def pair(tmp_path):
    a = made_evaluation(tmp_path / "a", [line(1, 5), line(2, 500), line(3, 5000), line(4, 5)])
    b = made_evaluation(tmp_path / "b", [line(1, 5), line(2, 5), line(3, 5), made_line(photo(4), None)])
    return a, b


def test_photos_won_and_lost_are_named_the_largest_change_first(pair):
    won, lost = compare(*pair).moved("25")
    assert [one["image"] for one, _ in won] == ["3.jpg", "2.jpg"]
    assert [one["image"] for one, _ in lost] == ["4.jpg"]


def test_only_common_photos_are_compared_and_other_denominators_warned_of(pair, tmp_path):
    shorter = made_evaluation(tmp_path / "c", [line(1, 5), line(9, 5)])
    found = compare(pair[0], shorter)
    assert len(found.rows_a) == 1
    assert any("only 1 photos are in both: a has 4, c 2" in words for words in found.warnings)


def test_a_run_against_itself_differs_in_nothing(pair):
    found = compare(pair[0], pair[0])
    assert not found.significant and not found.warnings and not found.changed
    assert all(one.won == one.lost == 0 for one in found.differences)


def test_other_data_is_warned_of(pair, tmp_path):
    other = made_evaluation(tmp_path / "d", [line(1, 5)], benchmark="im2gps")
    assert any("different benchmarks, 'folder' and 'im2gps'" in words for words in compare(pair[0], other).warnings)


def test_runs_without_a_common_photo_cannot_be_compared(pair, tmp_path):
    other = made_evaluation(tmp_path / "e", [line(9, 5)])
    with pytest.raises(WrongUse, match="'a' and 'e' have no photo in common"):
        compare(pair[0], other)


def test_the_comparison_is_printed_and_written(pair, tmp_path):
    found = compare(*pair)
    assert "won 2, lost 1" in format_comparison(found) and "No significant difference" in format_comparison(found)
    written = write_comparison(found, tmp_path / "out")
    markdown, html = written.markdown, written.html
    assert "2 photos won by B at 25 km" in markdown.read_text()
    assert html.read_text().count('<circle class="won"') == 2
