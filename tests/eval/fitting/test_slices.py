import json
from dataclasses import replace

from sextant.eval.fitting.slices import slice_by_answers, slice_by_class
from tests.eval.fitting.test_fit import world
from tests.support.cli import sextant


def test_numbers_of_answers_up_to_the_most_there_are():
    slices = dict(slice_by_answers(world(8)))
    assert list(slices) == ["1 answer", "2 answers", "all answers"]
    assert {len(record.answers) for record in slices["2 answers"]} == {2}
    assert all(set(one.answers) <= set(whole.answers) for one, whole in zip(slices["1 answer"], world(8), strict=True))


def test_answers_are_drawn_at_random_and_the_same_each_time():
    drawn = [record.answers[0].model for record in dict(slice_by_answers(world(30)))["1 answer"]]
    assert len(set(drawn)) == 3
    assert drawn == [record.answers[0].model for record in dict(slice_by_answers(world(30)))["1 answer"]]


def test_classes_of_models_hold_their_own_answers_alone():
    named = {"bad": "llava-7b", "good": "gpt-5", "shy": "gpt-5"}
    records = [
        replace(record, answers=tuple(replace(said, model=named[said.model]) for said in record.answers))
        for record in world(6)
    ]
    slices = dict(slice_by_class(records))
    assert {said.model for record in slices["small models"] for said in record.answers} == {"llava-7b"}
    assert {said.model for record in slices["strong models"] for said in record.answers} == {"gpt-5"}
    assert "middle models" not in slices


def test_the_command_prints_figures_of_each_part(tmp_path):
    file = tmp_path / "answers.jsonl"
    rows = [
        {
            "image": "a.jpg",
            "latitude": 38.7,
            "longitude": -9.1,
            "answers": [
                {"model": "gpt-5", "latitude": 38.7, "longitude": -9.1},
                {"model": "llava-7b", "latitude": 1, "longitude": 2},
            ],
        }
    ]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = sextant("eval", "recorded", file, "--by", "answers", "--json", home=tmp_path)
    assert done.code == 0, done.err
    assert list(json.loads(done.out)["answers.jsonl"]["by_answers"]) == ["1 answer", "all answers"]
    told = sextant("eval", "recorded", file, "--by", "class", home=tmp_path).out
    assert "answers.jsonl, small models" in told and "answers.jsonl, strong models" in told
