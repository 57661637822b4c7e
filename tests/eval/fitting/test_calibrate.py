import json
from dataclasses import replace

import numpy as np
import pytest

from sextant.agent.verification.model_file import shipped_model
from sextant.base.errors import WrongUse
from sextant.eval.fitting.calibrate import LEAST_PHOTOS, calibrate
from tests.eval.fitting.test_fit import world
from tests.support.cli import sextant


def test_a_model_that_states_too_much_states_less_on_photos_of_other_photographers():
    unlucky = [replace(record, latitude=-record.latitude, longitude=record.longitude / 2) for record in world(90, 15)]
    done = calibrate(unlucky, shipped_model())
    assert done.photos == 90 and done.model.own
    assert np.mean(done.after.error) < np.mean(done.before.error)
    assert done.after.stated[1] < done.before.stated[1]
    low, high = done.before.off[1]
    assert 0 < low <= high


def test_too_few_photos_are_refused_with_their_number():
    with pytest.raises(WrongUse, match=rf"12 labelled photos.*{LEAST_PHOTOS}"):
        calibrate(world(12), shipped_model())


def test_the_command_writes_a_model_that_is_the_users_own(tmp_path):
    rows = [
        {
            "image": record.image,
            "author": record.author,
            "latitude": record.latitude,
            "longitude": record.longitude,
            "nearest": [list(place) for place in record.nearest],
            "answers": [
                {"model": one.model, "latitude": one.outcome.latitude, "longitude": one.outcome.longitude}
                for one in record.answers
                if one.outcome.latitude is not None
            ],
        }
        for record in world(60, 10)
    ]
    labelled, out = tmp_path / "labelled.jsonl", tmp_path / "mine.json"
    labelled.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = sextant("calibrate", labelled, "--out", out, "--json", home=tmp_path)
    assert done.code == 0 and json.loads(done.out)["photos"] == 60
    assert json.loads(out.read_text(encoding="utf-8"))["own"] is True
    assert sextant("eval", "recorded", labelled, "--fitted", out, home=tmp_path).code == 0
