import pytest

from sextant.eval.benchmarks import BenchmarkPhoto
from sextant.eval.drift import find_drift
from sextant.eval.grouping import independent_groups
from sextant.eval.reporting.caveats import list_caveats
from sextant.eval.reporting.summary import compute_figures, format_summary
from sextant.geo.sphere import find_destination
from tests.support.evaluations import failed_line, made_evaluation, made_line


def evaluation(path, stated, right, photos=100, authors=20, places=20):
    """An evaluation whose answers are right for a share of the photos, and state one probability at every radius."""
    lines = []
    for number in range(photos):
        truth = (10.0 + 2.0 * (number % places), 20.0)
        photo = BenchmarkPhoto(f"{number:03}.jpg", *truth, author=f"author {number % authors}")
        off_km = 0.1 if number % 10 < 10 * right else 9000.0
        answer = find_destination(truth, 90.0, off_km)
        lines.append(made_line(photo, (float(answer[0]), float(answer[1])), probability=stated))
    return made_evaluation(path, [*lines], verify="calibrated")


def test_numbers_that_hold_are_no_drift(tmp_path):
    drift = find_drift(evaluation(tmp_path / "run", stated=0.4, right=0.4))
    assert drift.told and drift.groups == 20 and drift.worst is None


@pytest.mark.parametrize(("stated", "right"), [(0.8, 0.4), (0.2, 0.6)])
def test_numbers_that_do_not_hold_are_told_in_the_report_and_in_the_terminal(stated, right, tmp_path):
    run = evaluation(tmp_path / "run", stated, right)
    worst = find_drift(run).worst
    assert worst and (worst.stated, worst.happened) == (stated, right)
    assert worst.low <= stated - right <= worst.high
    found = compute_figures(run)
    told = [line for line in list_caveats([run], [found]) if "do not hold on these photos" in line]
    assert len(told) == 1 and f"{stated:.0%} was stated and {right:.0%} happened" in told[0]
    assert "99 % interval over 20 photographers" in told[0]
    assert f"warning: its probabilities do not hold on these photos: {found['drift']['worst']['words']}" in (
        format_summary(found)
    )


def test_photos_of_few_photographers_count_by_their_places(tmp_path):
    assert find_drift(evaluation(tmp_path / "a", 0.8, 0.4, authors=2)).worst is not None
    here = find_drift(evaluation(tmp_path / "b", 0.8, 0.4, authors=2, places=2))
    assert not here.told and here.groups == 2 and here.worst is None and here.gaps


def test_a_whole_photographer_who_was_unlucky_is_not_drift(tmp_path):
    lines = []
    for number in range(110):  # ten photographers right as stated, and one with a hundred photos of one lost series
        author = f"author {number}" if number < 10 else "series"
        right = number < 10
        photo = BenchmarkPhoto(f"{number:03}.jpg", 10.0 + number, 20.0, author=author)
        answer = find_destination(photo.truth, 90.0, 0.1 if right else 9000.0)
        lines.append(made_line(photo, (float(answer[0]), float(answer[1])), probability=0.9))
    lines = [line for line in lines if line["latitude"] <= 89]
    drift = find_drift(made_evaluation(tmp_path / "run", lines, verify="calibrated"))
    assert drift.groups == 11
    assert all(gap.low < 0 < gap.high for gap in drift.gaps)


def test_shares_that_are_not_calibrated_are_not_looked_at(tmp_path):
    photo = BenchmarkPhoto("a.jpg", 10.0, 20.0, author="ana")
    shares = made_line(photo, (10.0, 20.0), probability=0.5)
    shares["answer"]["warnings"] = [{"code": "uncalibrated", "text": "shares"}]
    drift = find_drift(made_evaluation(tmp_path / "run", [shares, failed_line(photo)]))
    assert drift.photos == 0 and drift.gaps == () and not drift.told


def test_groups_are_photographers_and_cells_where_those_are_few():
    places = [(float(number), 0.0) for number in range(12)]
    assert independent_groups([f"a{number}" for number in range(12)], places)[3] == "a3"
    assert independent_groups([None] * 12, places) == [f"{number},0" for number in range(12)]
    assert independent_groups(["me"] * 12, places)[3] == "3,0"
