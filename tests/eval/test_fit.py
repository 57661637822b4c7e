import json

import numpy as np
import pytest

from agent.answers import Outcome
from agent.verification import verify
from agent.verification.model_file import ModelFileError, load_model, model_of
from eval.crossfit import call_order, cross_fit, folds_by_group, reliability_of
from eval.fit import fit_model, fold_models
from eval.judging import figures, judge_all
from eval.recorded import Answer, Record
from eval.thinning import thinned
from eval.verification_runs import held_out_verifier, write_model
from geo.errors import WrongUse

TOWNS = ((38.7, -9.1), (40.7, -74.0), (35.7, 139.7), (-33.9, 151.2))


def world(photos: int = 36, authors: int = 6, seed: int = 1) -> list[Record]:
    """Photos of four towns: retrieval is right half of the time, model `good` mostly, model `bad` seldom."""
    chance = np.random.default_rng(seed)
    return [_photo(number, f"author-{number % authors}", chance) for number in range(photos)]


def _photo(number: int, author: str, chance: np.random.Generator) -> Record:
    truth = TOWNS[number % 4]

    def near(place: tuple[float, float]) -> tuple[float, float]:
        return place[0] + chance.normal(0, 0.05), place[1] + chance.normal(0, 0.05)

    def said(right: float) -> Outcome:
        place = near(truth if chance.random() < right else TOWNS[chance.integers(4)])
        return Outcome("answered", *place, how="made up")

    nearest = tuple(near(truth if chance.random() < 0.5 else TOWNS[chance.integers(4)]) for _ in range(8))
    answers = (Answer("bad", said(0.1)), Answer("good", said(0.9)), Answer("shy", Outcome("refused")))
    return Record(f"{number}.jpg", author, *truth, nearest, (TOWNS[(number + 1) % 4],), answers)


@pytest.fixture(scope="module")
def fitted():
    return cross_fit(world(), folds=3, members=1)


def test_no_photographer_is_in_two_folds():
    groups = list("aaabbbccccd")
    fold_of = folds_by_group(groups, 3)
    assert all(len(set(fold_of[np.array(groups) == group])) == 1 for group in "abcd")
    assert set(fold_of) == {0, 1, 2}


def test_more_folds_than_photographers_are_refused():
    with pytest.raises(WrongUse, match="2 photographers"):
        folds_by_group(["a", "b"], 3)


def test_reliability_counts_refusals_apart_and_orders_the_calls():
    reliability = reliability_of(world())
    assert reliability.answered == {"bad": 1.0, "good": 1.0}
    assert reliability.by_model["good"][1] > reliability.by_model["bad"][1]
    assert call_order(reliability) == ("good", "bad")


def test_a_thinned_pool_is_a_part_of_the_whole():
    record = world()[0]
    whole = {(one.latitude, one.longitude) for one in record.pool().candidates}
    for seed in range(20):
        pool = thinned(record, np.random.default_rng(seed))
        assert {(one.latitude, one.longitude) for one in pool.candidates} <= whole


def test_held_out_judgement_is_better_than_the_worst_voice(fitted):
    judged = judge_all(fitted.records, held_out_verifier(fitted, "balanced"), None, stop=False)
    found = figures(judged)
    assert found.photos == 36 and found.calls == 3.0
    assert found.accuracy[1] > 0.8
    assert all(0 <= error <= 1 for error in found.calibration_error)


def test_a_stopping_run_makes_fewer_calls(fitted):
    judged = judge_all(fitted.records, held_out_verifier(fitted, "balanced"), None, stop=True)
    assert 1 <= figures(judged).calls < 3


def test_every_fold_has_a_model_of_its_own(fitted):
    models = fold_models(fitted)
    assert len(models) == 3
    assert not np.allclose(models[0].scorer.w1, models[1].scorer.w1)


def test_the_same_records_give_the_same_bytes_in_any_number_of_processes():
    first, second = (fit_model(world(16), {}, folds=2, members=1, jobs=jobs)[0] for jobs in (1, 2))
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())


def test_a_model_written_and_read_says_the_same(fitted, tmp_path):
    model = fold_models(fitted)[0]
    write_model(model, tmp_path / "m.json")
    pool = fitted.records[0].pool()
    again = verify(pool, "calibrated", model=load_model(tmp_path / "m.json"))
    assert again.probability["25"] == pytest.approx(verify(pool, "calibrated", model=model).probability["25"], abs=1e-3)


def test_a_model_that_cannot_be_written_leaves_nothing(fitted, tmp_path):
    with pytest.raises(ModelFileError, match="--out"):
        write_model(fold_models(fitted)[0], tmp_path / "none" / "m.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [({"version": 99}, "version 99"), ({"format": "x"}, "no verification model"), ({"scorer": {}}, "broken")],
)
def test_a_model_of_another_kind_is_refused(fitted, change, named):
    with pytest.raises(ModelFileError, match=named):
        model_of({**fold_models(fitted)[0].to_json(), **change}, "m.json")


def test_what_is_no_json_is_no_model(tmp_path):
    (tmp_path / "m.json").write_text("pickle", encoding="utf-8")
    for path in (tmp_path / "m.json", tmp_path / "none.json", tmp_path):
        with pytest.raises(ModelFileError, match="cannot read"):
            load_model(path)
