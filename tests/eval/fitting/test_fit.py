import json
from dataclasses import replace

import numpy as np
import pytest

from sextant.agent.answers import Outcome
from sextant.agent.verification import Candidate, verify
from sextant.agent.verification.calibration import REGION_BUCKETS, PoolKind
from sextant.agent.verification.model_file import ModelFileError, load_model, model_of
from sextant.agent.verification.posterior import pooling_of
from sextant.agent.verification.scoring.scorer import joined
from sextant.base.errors import WrongUse
from sextant.eval.fitting.augment import thinned
from sextant.eval.fitting.crossfit import cross_fit
from sextant.eval.fitting.fit import call_order, fit_model, fit_scorer, reliability_of
from sextant.eval.fitting.folds import folds_by_group
from sextant.eval.fitting.hit_rates_fit import fit_hit_rates
from sextant.eval.fitting.jobs import held_out_verifier, write_model
from sextant.eval.fitting.judging import figures, judge_all
from sextant.eval.fitting.pools import examples_of
from sextant.eval.fitting.profiles import with_profiles
from sextant.eval.fitting.recorded import Record, RecordedAnswer, spot
from sextant.gallery.profile import WEAK, RetrievalProfile

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
    answers = (
        RecordedAnswer("bad", said(0.1)),
        RecordedAnswer("good", said(0.9)),
        RecordedAnswer("shy", Outcome("refused")),
    )
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


@pytest.mark.slow
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
    parts = range(len(fitted.models))
    authors = [
        {one.author for one, mine in zip(fitted.records, fitted.part_of, strict=True) if mine == part} for part in parts
    ]
    folds = [model.provenance["fold"] for model in fitted.models]
    assert all(not authors[one] & authors[other] for one in parts for other in parts if one != other)
    assert set().union(*authors) == {record.author for record in fitted.records} and set(folds) == {0, 1, 2}
    first, last = fitted.models[0].to_json(), fitted.models[-1].to_json()
    assert first["hit_rates"] != last["hit_rates"] and first["calibration"] != last["calibration"]


def test_hit_rates_tell_the_good_model_from_the_bad():
    rates = fit_hit_rates(world())
    good, bad = (rates.log_odds([Candidate(38.7, -9.1, "answer", model=name)])[0] for name in ("good", "bad"))
    assert (good[1:] > bad[1:]).all()
    assert rates.knows("openai:good") and not rates.as_unknown().knows("good")


def test_an_answer_recorded_beside_several_galleries_counts_once():
    once, twice = fit_hit_rates(world()), fit_hit_rates([*world(), *world()])
    assert once.to_json() == twice.to_json()


def test_records_get_a_profile_from_other_photographers_alone():
    records = [replace(record, similarities=(0.5,) * 8) for record in world(120, 12)]
    found = with_profiles(records)
    assert all(record.profile.known and record.profile.photos < 120 for record in found)
    kept = replace(records[0], profile=WEAK)
    assert with_profiles([kept, *records[1:]])[0].profile == WEAK


def test_the_pools_of_a_photo_hold_none_to_all_of_its_answers():
    records = world()
    reliability = reliability_of(records)
    found = examples_of(records, reliability, fit_hit_rates(records), call_order(reliability))
    counts = {one.answers for one in found}
    assert {0, 1, 2} <= counts and {one.features.kind for one in found} >= {PoolKind.RETRIEVED, PoolKind.BOTH}


def test_fitted_numbers_never_let_agreement_count_against_a_place(fitted):
    for model in fitted.models:
        assert pooling_of(model.pooling.to_json()).to_json() == model.pooling.to_json()
        assert (model.calibration.slopes > 0).all()


def test_regions_are_levelled_by_the_number_of_answers(fitted):
    for model in fitted.models:
        for share in ("50", "90"):
            assert [len(row) for row in model.quantiles[share]] == [len(REGION_BUCKETS)] * len(PoolKind)
        assert np.less_equal(model.quantiles["50"], model.quantiles["90"]).all()


def test_a_kind_of_pool_that_was_not_seen_is_read_by_the_map_of_all(fitted):
    records = [replace(record, nearest=(), farthest=()) for record in world()]
    model = fit_model(records, {}, members=1)
    assert model.calibration.slopes[PoolKind.BOTH] == pytest.approx(model.calibration.slopes[PoolKind.RICH_BOTH])
    assert model.scorer is None


@pytest.mark.slow
def test_scorers_of_other_features_are_joined_with_weight_zero_for_what_they_lack():
    rich = RetrievalProfile(photos=99, groups=9, unknown=None, first_within=(0.1, 0.5, 0.6, 0.7, 0.9))
    records = [replace(record, profile=rich) for record in world(220, 20)]
    first, second = (fit_scorer(records, (), reliability_of(records), 1, seed=seed) for seed in (0, 1))
    fewer = replace(second, names=second.names[1:], mean=second.mean[:, 1:], deviation=second.deviation[:, 1:])
    fewer = replace(fewer, w1=second.w1[:, 1:])
    names = sorted({*first.names, *second.names})
    table = np.random.default_rng(0).normal(size=(3, len(names)))
    both = joined([fewer, first])(table, names).within
    assert np.allclose(both, (fewer(table, names).within + first(table, names).within) / 2)


@pytest.mark.slow
def test_the_same_records_give_the_same_bytes_in_any_number_of_processes():
    first, second = (cross_fit(world(16), folds=2, members=1, jobs=jobs).models[0] for jobs in (1, 2))
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())


def test_a_model_written_and_read_says_the_same(fitted, tmp_path):
    model = fitted.models[0]
    write_model(model, tmp_path / "m.json")
    pool = fitted.records[0].pool()
    again = verify(pool, "calibrated", model=load_model(tmp_path / "m.json"))
    assert again.probability["25"] == pytest.approx(verify(pool, "calibrated", model=model).probability["25"], abs=1e-3)


def test_a_model_that_cannot_be_written_leaves_nothing(fitted, tmp_path):
    with pytest.raises(ModelFileError, match="--out"):
        write_model(fitted.models[0], tmp_path / "none" / "m.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [({"version": 99}, "version 99"), ({"format": "x"}, "not a verification model"), ({"scorer": {}}, "broken")],
)
def test_a_model_of_another_kind_is_refused(fitted, change, named):
    with pytest.raises(ModelFileError, match=named):
        model_of({**fitted.models[0].to_json(), **change}, "m.json")


def test_what_is_no_json_is_no_model(tmp_path):
    (tmp_path / "m.json").write_text("pickle", encoding="utf-8")
    for path in (tmp_path / "m.json", tmp_path / "none.json", tmp_path):
        with pytest.raises(ModelFileError, match="cannot read"):
            load_model(path)
