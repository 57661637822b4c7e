"""The quick benches' figures are kept in a table and compared."""

from bench.quick import compare

NAMES = ("bench.a: search, of flat", "bench.b: start, of 2 s")


def test_figures_are_kept_and_a_worse_one_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(compare, "RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr(compare, "measure_all", lambda: list(zip(NAMES, (0.5, 0.9), strict=True)))
    monkeypatch.setattr("sys.argv", ["compare", "--write"])
    assert compare.main() == 0 and compare.read_results() == dict(zip(NAMES, (0.5, 0.9), strict=True))
    monkeypatch.setattr(compare, "measure_all", lambda: list(zip(NAMES, (0.6, 1.3), strict=True)))
    monkeypatch.setattr("sys.argv", ["compare"])
    assert compare.main() == 1
    assert "more than a third worse: bench.b: start, of 2 s" in capsys.readouterr().out
