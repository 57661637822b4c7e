import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.training.cache import number_values
from sextant.gallery.alignment.training.split import split_by_author

PLACES = np.arange(200)


@given(st.lists(st.integers(0, 12), min_size=60, max_size=200), st.integers(0, 5))
def test_no_photographer_is_on_both_sides_and_no_row_is_lost(numbers, seed):
    authors = np.array([f"author {number}" for number in numbers])
    try:
        training, validation = split_by_author(number_values(authors.tolist()), PLACES[: len(authors)], 0.3, seed)
    except WrongUse:
        return
    assert not set(authors[training]) & set(authors[validation])
    assert sorted([*training, *validation]) == list(range(len(authors)))
    assert len(validation) <= round(0.3 * len(authors))


def test_the_share_is_met_as_nearly_as_photographers_allow():
    authors = np.repeat([f"author {i}" for i in range(50)], 4)
    _, validation = split_by_author(number_values(authors.tolist()), PLACES, 0.25, seed=0)
    assert abs(len(validation) - 50) < 4


def test_the_seed_alone_decides():
    authors = np.repeat([f"author {i}" for i in range(50)], 4)
    first, again, other = (
        split_by_author(number_values(authors.tolist()), PLACES, 0.25, seed)[1] for seed in (1, 1, 2)
    )
    assert first.tolist() == again.tolist() != other.tolist()


def test_rows_without_a_photographer_go_by_their_place():
    places = np.repeat(np.arange(20), 10)
    training, validation = split_by_author(number_values([""] * 200), places, 0.5, seed=0)
    assert not set(places[training]) & set(places[validation])


def test_one_photographer_alone_cannot_be_split():
    with pytest.raises(WrongUse, match=r"200 photos of 1 photographers cannot be split .* 0 to train without"):
        split_by_author(number_values(["ana"] * 200), PLACES, 0.5, seed=0)
