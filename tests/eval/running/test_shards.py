import pytest

from sextant.base.errors import WrongUse
from sextant.eval.benchmarks import BenchmarkPhoto
from sextant.eval.running.folder import EvaluationFolder
from sextant.eval.running.shards import merge
from tests.support.evaluations import failed_line, made_evaluation, made_line


def photo(name):
    return BenchmarkPhoto(name, 10.0, 20.0)


def line(name):
    return made_line(photo(name), (10.0, 20.0))


def test_shards_become_one_evaluation_of_all_their_photos(tmp_path):
    made_evaluation(tmp_path / "1", [line("a"), line("b")])
    made_evaluation(tmp_path / "2", [line("c")])
    assert merge([tmp_path / "1", tmp_path / "2"], tmp_path / "whole") == []
    whole = EvaluationFolder(tmp_path / "whole")
    assert set(whole.lines()) == {"a", "b", "c"} and whole.header()["configuration"]["photos"] == 3


def test_an_answer_counts_more_than_a_failure_and_a_photo_counts_once(tmp_path):
    made_evaluation(tmp_path / "1", [failed_line(photo("a"))])
    made_evaluation(tmp_path / "2", [line("a")])
    notes = merge([tmp_path / "1", tmp_path / "2"], tmp_path / "whole")
    assert notes == ["1 photos were in two shards and are counted once"]
    assert EvaluationFolder(tmp_path / "whole").lines()["a"]["outcome"] == "answered"


def test_an_unfinished_shard_is_said_and_keeps_the_denominator(tmp_path):
    made_evaluation(tmp_path / "1", [line("a")], photos=5)
    assert merge([tmp_path / "1"], tmp_path / "whole") == ["1 is unfinished: 1 of 5 photos"]
    assert EvaluationFolder(tmp_path / "whole").header()["configuration"]["photos"] == 5


def test_shards_of_different_evaluations_are_refused(tmp_path):
    made_evaluation(tmp_path / "1", [line("a")])
    made_evaluation(tmp_path / "2", [line("b")], seed=7)
    with pytest.raises(WrongUse, match=r"'2' is not a shard of the same evaluation as '1': settings\.seed"):
        merge([tmp_path / "1", tmp_path / "2"], tmp_path / "whole")


def test_an_evaluation_is_never_overwritten(tmp_path):
    made_evaluation(tmp_path / "1", [line("a")])
    with pytest.raises(WrongUse, match="already holds an evaluation"):
        merge([tmp_path / "1"], tmp_path / "1")
