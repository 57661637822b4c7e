"""The quick benches' figures are kept in a table and compared, whatever the speed of the machine."""

import pytest

from bench.quick import compare
from bench.quick.compare import Against, Figure

BEFORE = [
    Figure("bench.a: search, of flat", 0.5, Against.PEER, 100.0),
    Figure("bench.b: start, of 2 s", 0.9, Against.LIMIT, 100.0),
    Figure("bench.c: photos, of the ideal", 1.2, Against.IDEAL, 100.0),
]


@pytest.fixture
def run_compare(tmp_path, monkeypatch, capsys):
    """Return a function that compares measured ratios with those before; exit code and output."""
    monkeypatch.setattr(compare, "RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr(compare, "measure_all", lambda: iter(BEFORE))
    monkeypatch.setattr("sys.argv", ["compare", "--write"])
    assert compare.main() == 0

    def run(ratios, reference_ms):
        found = [
            Figure(figure.name, ratio, figure.against, reference_ms)
            for figure, ratio in zip(BEFORE, ratios, strict=True)
        ]
        monkeypatch.setattr(compare, "measure_all", lambda: iter(found))
        monkeypatch.setattr("sys.argv", ["compare"])
        return compare.main(), capsys.readouterr().out

    return run


def test_figures_are_kept(run_compare):
    assert compare.read_results() == BEFORE


def test_a_row_of_another_form_is_named(run_compare):
    compare.RESULTS.write_text("| bench.a: search, of flat | 0.50 | x86_64, 2 cores | 2026-11-29 |\n")
    with pytest.raises(SystemExit, match="search, of flat' cannot be read; restore the file"):
        compare.read_results()


def test_a_worse_figure_is_named(run_compare):
    code, output = run_compare((0.6, 1.4, 1.3), reference_ms=100.0)
    assert code == 1 and "half as much again or more: bench.b: start, of 2 s\n" in output


def test_figures_against_the_clock_may_be_worse_on_a_slower_machine_only(run_compare):
    assert run_compare((0.5, 1.8, 1.4), reference_ms=200.0)[0] == 0
    code, output = run_compare((0.8, 1.8, 2.2), reference_ms=200.0)
    assert code == 1
    assert "half as much again or more: bench.a: search, of flat, bench.c: photos, of the ideal\n" in output


def test_a_slower_commit_is_seen_on_a_faster_machine(run_compare):
    code, output = run_compare((0.5, 0.9, 1.1), reference_ms=50.0)
    assert code == 1 and "half as much again or more: bench.b" in output


def test_the_reference_work_takes_time():
    assert compare.time_reference_work() > 1
