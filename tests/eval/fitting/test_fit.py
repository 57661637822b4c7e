import json
from dataclasses import replace

import numpy as np
import pytest

from sextant.agent.answers import Outcome
from sextant.agent.verification import verify
from sextant.agent.verification.calibration import IDENTITY, KINDS
from sextant.agent.verification.model_file import ModelFileError, load_model, model_of
from sextant.agent.verification.scorer import joined
from sextant.base.errors import WrongUse
from sextant.eval.fitting.augment import thinned
from sextant.eval.fitting.crossfit import call_order, cross_fit, folds_by_group, reliability_of
from sextant.eval.fitting.fit import fit_calibration, fit_model, fit_quantiles, held_out_models
from sextant.eval.fitting.held_out import held_out
from sextant.eval.fitting.jobs import held_out_verifier, write_model
from sextant.eval.fitting.judging import figures, judge_all
from sextant.eval.fitting.recorded import Answer, Record, spot

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


def scored(record: Record) -> Record:
    """The record with scores that point at the truth."""
    places = [(one.latitude, one.longitude) for one in record.pool().candidates]
    near = {spot(*place): -abs(place[0] - record.latitude) for place in places}
    return replace(record, position_scores=near)


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


def test_a_thinned_pool_may_lack_its_scores():
    pools = [thinned(scored(world()[0]), np.random.default_rng(seed)) for seed in range(40)]
    without = [all(one.position_score is None for one in pool.candidates) for pool in pools]
    assert 4 <= sum(without) <= 20


def test_held_out_judgement_is_better_than_the_worst_voice(fitted):
    judged = judge_all(fitted.records, held_out_verifier(fitted, "balanced"), None, stop=False)
    found = figures(judged)
    assert found.photos == 36 and found.calls == 3.0
    assert found.accuracy[1] > 0.8
    assert all(0 <= error <= 1 for error in found.calibration_error)


def test_a_stopping_run_makes_fewer_calls(fitted):
    judged = judge_all(fitted.records, held_out_verifier(fitted, "balanced"), None, stop=True)
    assert 1 <= figures(judged).calls < 3


def test_nobody_is_judged_by_a_model_that_saw_his_photos(fitted):
    models, part_of = held_out_models(fitted)
    assert len(models) == 6  # three folds of two photographers, each calibrated by the others
    for part, model in enumerate(models):
        own = np.flatnonzero(part_of == part)
        assert len({fitted.records[row].author for row in own}) == 1
        assert {fitted.fold_of[row] for row in own} == {model.provenance["fold"]}
    assert not np.allclose(models[0].scorer.w2, models[-1].scorer.w2)


def test_calibration_of_a_part_is_fitted_without_its_photos(fitted):
    rows = held_out(fitted.judged, fitted.as_strangers)
    models, part_of = held_out_models(fitted)
    left = rows[part_of[rows.record] != 2]
    assert fit_quantiles(left) == models[2].quantiles
    assert np.array_equal(fit_calibration(left).weights, models[2].calibration.weights)


def test_the_region_of_each_kind_of_pool_holds_its_own_share(fitted):
    rows = held_out(fitted.judged, fitted.as_strangers)
    few = np.arange(len(rows)) < 60
    alone, several = KINDS.index("one said"), KINDS.index("several said")
    unsure = replace(rows, kind=np.where(few, alone, several), held=np.where(few, 0.8, 0.3))
    found = fit_quantiles(unsure)["90"]
    assert (found[several], found[alone]) == (0.3, 0.8)
    assert found[0] == fit_quantiles(replace(unsure, kind=unsure.kind * 0))["90"][0]  # of too few, that of all


def test_a_kind_of_which_too_few_were_held_out_is_calibrated_like_the_nearest(fitted):
    rows = held_out(fitted.judged, fitted.as_strangers)
    alone = replace(rows, kind=np.full(len(rows), KINDS.index("one said")))
    weights = fit_calibration(alone).weights
    assert np.array_equal(weights[KINDS.index("two said")], weights[KINDS.index("one said")])
    assert np.array_equal(weights[KINDS.index("both")], np.tile(IDENTITY, (5, 1)))  # nothing like it was seen


def test_pools_of_strangers_are_judged_beside_the_known(fitted):
    kinds = held_out(fitted.judged, fitted.as_strangers).kind
    strangers = KINDS.index("both, strangers")
    assert 2 * 36 < (kinds == strangers).sum() <= 3 * 36  # one answer, two, and all, unless it was a refusal
    assert {KINDS[kind] for kind in kinds} == {"retrieved", "both", "both, strangers"}


def test_a_fit_on_scored_places_learns_from_them_and_one_without_has_no_such_feature():
    plain = [replace(record, nearest=TOWNS, farthest=(), answers=()) for record in world()]
    fits = [cross_fit(records, folds=3, members=1) for records in (plain, [scored(record) for record in plain])]
    told = [any(name.startswith("aligned.") for name in fit.scorers[0].names) for fit in fits]
    judged = [judge_all(fit.records, held_out_verifier(fit, "balanced"), None, stop=False) for fit in fits]
    accuracy = [figures(one).accuracy[1] for one in judged]
    assert told == [False, True]
    assert accuracy[1] > accuracy[0] + 0.2


def test_scorers_of_other_features_are_joined_with_weight_zero_for_what_they_lack(fitted):
    first, second = fitted.scorers[:2]
    fewer = replace(second, names=second.names[1:], mean=second.mean[:, 1:], deviation=second.deviation[:, 1:])
    fewer = replace(fewer, w1=second.w1[:, 1:])
    names = sorted({*first.names, *second.names})
    table = np.random.default_rng(0).normal(size=(3, len(names)))
    both = joined([fewer, first])(table, names).within
    assert np.allclose(both, (fewer(table, names).within + first(table, names).within) / 2)


def test_the_same_records_give_the_same_bytes_in_any_number_of_processes():
    first, second = (fit_model(world(16), {}, folds=2, members=1, jobs=jobs)[0] for jobs in (1, 2))
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())


def test_a_model_written_and_read_says_the_same(fitted, tmp_path):
    model = held_out_models(fitted)[0][0]
    write_model(model, tmp_path / "m.json")
    pool = fitted.records[0].pool()
    again = verify(pool, "calibrated", model=load_model(tmp_path / "m.json"))
    assert again.probability["25"] == pytest.approx(verify(pool, "calibrated", model=model).probability["25"], abs=1e-3)


def test_a_model_that_cannot_be_written_leaves_nothing(fitted, tmp_path):
    with pytest.raises(ModelFileError, match="--out"):
        write_model(held_out_models(fitted)[0][0], tmp_path / "none" / "m.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [({"version": 99}, "version 99"), ({"format": "x"}, "no verification model"), ({"scorer": {}}, "broken")],
)
def test_a_model_of_another_kind_is_refused(fitted, change, named):
    with pytest.raises(ModelFileError, match=named):
        model_of({**held_out_models(fitted)[0][0].to_json(), **change}, "m.json")


def test_what_is_no_json_is_no_model(tmp_path):
    (tmp_path / "m.json").write_text("pickle", encoding="utf-8")
    for path in (tmp_path / "m.json", tmp_path / "none.json", tmp_path):
        with pytest.raises(ModelFileError, match="cannot read"):
            load_model(path)
