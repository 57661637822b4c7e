from dataclasses import replace

import numpy as np
import pytest

from sextant.agent.verification.model_file import shipped_model
from sextant.base.errors import WrongUse
from sextant.eval.fitting.calibrate import LEAST_PHOTOS, calibrate
from sextant.eval.fitting.labelled import LabelledPhoto
from tests.eval.fitting.test_fit import world


def labelled(records):
    return [LabelledPhoto(one.image, one.group, one.latitude, one.longitude, one.pool()) for one in records]


def test_a_model_that_states_too_much_states_less_on_photos_of_other_photographers():
    unlucky = [replace(record, latitude=-record.latitude, longitude=record.longitude / 2) for record in world(90, 15)]
    done = calibrate(labelled(unlucky), shipped_model())
    assert (done.photos, done.groups) == (90, 15) and done.model.own
    assert np.mean(done.after.error) < np.mean(done.before.error)
    assert done.after.stated[1] < done.before.stated[1]
    low, high = done.before.off[1]
    assert 0 < low <= high


def test_too_few_photos_are_refused_with_their_number():
    with pytest.raises(WrongUse, match=rf"12 of 12 labelled photos.*{LEAST_PHOTOS}"):
        calibrate(labelled(world(12)), shipped_model())
