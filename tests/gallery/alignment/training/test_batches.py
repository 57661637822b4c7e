import numpy as np
import pytest
import torch

from sextant.gallery.alignment.training.batches import (
    HARD_NEGATIVE_KM,
    BatchPlan,
    Prefetcher,
    Texts,
    draw_near_positions,
    load_batch,
)
from sextant.geo.sphere import compute_great_circle_km

PLAN = BatchPlan(rows=np.arange(100, 137), batch=4, accumulate=2, seed=3)


def dealt(start, end):
    return [(number, rows.tolist()) for number, rows in PLAN.batches(start, end)]


def test_batches_from_the_middle_are_those_of_the_whole():
    assert dealt(5, 11) == dealt(0, 11)[10:]


def test_an_epoch_deals_no_row_twice_and_the_next_deals_another_order():
    first, second = dealt(0, PLAN.steps_per_epoch), dealt(PLAN.steps_per_epoch, 2 * PLAN.steps_per_epoch)
    rows = [row for _, batch in first for row in batch]
    assert len(rows) == len(set(rows)) == 32
    assert set(rows) <= set(range(100, 137))
    assert [batch for _, batch in first] != [batch for _, batch in second]


def test_a_batch_holds_the_rows_asked_for_in_that_order(planted):
    rows = np.array([7, 3, 150, 3])
    batch = load_batch(planted, None, rows)
    np.testing.assert_array_equal(batch.images.numpy(), planted.images[rows])
    np.testing.assert_array_equal(batch.positions.numpy(), planted.positions[rows])
    assert batch.positions.dtype == torch.float64
    assert batch.places[1] == batch.places[3] != batch.places[0]


def test_a_row_without_text_has_the_id_minus_one(planted):
    texts = Texts(np.ones((2, 3), dtype=np.float16), np.where(np.arange(len(planted)) % 2, 1, -1))
    batch = load_batch(planted, texts, np.array([0, 1]))
    assert batch.text_ids.tolist() == [-1, 1]
    assert batch.texts.shape == (2, 3)


def test_extra_negatives_follow_the_rows_own_positions(planted):
    wrong = np.zeros((2, 3, 2))
    assert load_batch(planted, None, np.array([0, 1]), wrong).positions.shape == (2 + 6, 2)


def test_near_positions_lie_within_their_distances_even_at_the_pole_and_the_date_line():
    centres = np.array([[89.9, 10.0], [0.0, 179.9], [-45.0, 0.0]])
    near = draw_near_positions(centres, 50, np.random.default_rng(0))
    distances = compute_great_circle_km(centres[:, None, :], near)
    assert distances.min() >= HARD_NEGATIVE_KM[0] * 0.999
    assert distances.max() <= HARD_NEGATIVE_KM[1] * 1.001
    assert (np.abs(near) <= (90, 180)).all()


def test_what_the_reading_thread_raises_reaches_the_trainer():
    def broken():
        yield from ()
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="the disk went away"):
        list(Prefetcher(broken()))


def test_closing_ends_the_thread_though_batches_wait():
    prefetched = Prefetcher(iter(range(10_000)), depth=2)
    prefetched.close()
    assert not prefetched._thread.is_alive()
