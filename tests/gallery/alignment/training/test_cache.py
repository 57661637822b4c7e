import numpy as np
import pytest

from sextant.gallery.alignment.model.config import AlignmentError
from sextant.gallery.alignment.training.cache import number_values, open_cache, place_ids


def test_positions_within_a_metre_are_one_place_and_the_date_line_is_one_meridian():
    positions = np.array([(48.85840, 2.29450), (48.858401, 2.294502), (48.8585, 2.2945), (0.0, 180.0), (0.0, -180.0)])
    ids = place_ids(positions)
    assert ids[0] == ids[1] != ids[2]
    assert ids[3] == ids[4]
    assert len(set(ids.tolist())) == 3


def test_places_are_told_apart_in_every_quarter_of_the_globe():
    rng = np.random.default_rng(0)
    positions = np.stack((rng.uniform(-90, 90, 5000), rng.uniform(-180, 180, 5000)), axis=1).round(5)
    assert len(np.unique(place_ids(positions))) == len(np.unique(positions, axis=0))


def test_authors_are_numbered_in_order_of_appearance():
    codes, names = number_values(["b", "a", "", "b"])
    assert codes.tolist() == [0, 1, 2, 0]
    assert names == ["b", "a", ""]


def test_ids_are_read_when_asked_for(planted):
    assert planted.ids()[:2] == ["0.jpg", "1.jpg"]


def test_no_cache_says_what_makes_one(tmp_path):
    with pytest.raises(AlignmentError, match=r"no finished features .*sextant align train makes one"):
        open_cache(tmp_path)
