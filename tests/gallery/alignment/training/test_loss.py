"""The loss against a reference written from the definition: plain float64 numpy, gradients by closed form."""

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from sextant.gallery.alignment.model.aligned_model import Aligned
from sextant.gallery.alignment.training.loss import compute_alignment_loss, compute_info_nce

DOUBLE = {"dtype": torch.float64}


def reference(a, b, scale, same, valid=None):
    """Symmetric InfoNCE and its gradients, pair by pair.

    Returns (loss, ∂a, ∂b, ∂scale). Row softmax minus identity, plus column softmax minus identity, over 2n.
    """
    n = len(a)
    valid = np.ones(n, bool) if valid is None else valid
    rows = [i for i in range(n) if valid[i]]
    cosines = a @ b.T
    logits = scale * cosines
    loss, slope = 0.0, np.zeros((n, n))
    for table, turned in ((logits, False), (logits.T, True)):
        for i in rows:
            rivals = [j for j in rows if j == i or same[j] != same[i]]
            weights = np.exp(table[i, rivals] - table[i, rivals].max())
            weights /= weights.sum()
            loss -= np.log(weights[rivals.index(i)]) / (2 * len(rows))
            for j, weight in zip(rivals, weights, strict=True):
                at = (j, i) if turned else (i, j)
                slope[at] += (weight - (i == j)) / (2 * len(rows))
    return loss, scale * slope @ b, scale * slope.T @ a, (slope * cosines).sum()


def unit_rows(seed, n=7, d=5):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("same", "valid"),
    [
        ([0, 1, 2, 3, 4, 5, 6], None),
        ([0, 0, 2, 3, 4, 4, 4], None),
        ([0, 1, -1, 3, 3, -1, 6], [True, True, False, True, True, False, True]),
    ],
    ids=["all differ", "some share a place", "some have no text"],
)
def test_loss_and_gradients_equal_the_plain_float64_reference(same, valid):
    a, b, scale = unit_rows(1), unit_rows(2), 54.0
    loss, grad_a, grad_b, grad_scale = reference(a, b, scale, same, None if valid is None else np.array(valid))
    ta, tb = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    ts = torch.tensor(scale, requires_grad=True, **DOUBLE)
    ours = compute_info_nce(ta, tb, ts, torch.tensor(same), None if valid is None else torch.tensor(valid))
    ours.backward()
    assert ours.item() == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(ta.grad.numpy(), grad_a, atol=1e-11)
    np.testing.assert_allclose(tb.grad.numpy(), grad_b, atol=1e-11)
    assert float(ts.grad) == pytest.approx(grad_scale, rel=1e-10)


def test_single_precision_stays_within_its_rounding_of_the_reference():
    a, b = unit_rows(1, n=32, d=64), unit_rows(2, n=32, d=64)
    loss, *_ = reference(a, b, 54.0, list(range(32)))
    ours = compute_info_nce(torch.tensor(a).float(), torch.tensor(b).float(), torch.tensor(54.0), torch.arange(32))
    assert ours.item() == pytest.approx(loss, rel=1e-5)


def test_photos_of_one_position_are_no_negatives_of_each_other():
    a, b = torch.tensor(unit_rows(1)), torch.tensor(unit_rows(2))
    scale = torch.tensor(10.0, **DOUBLE)
    assert compute_info_nce(a, b, scale, torch.zeros(7)).item() == 0.0
    assert float(compute_info_nce(a, b, scale, torch.arange(7))) > 0.0


def test_a_batch_without_any_text_gives_zero_and_finite_gradients():
    a = torch.tensor(unit_rows(1), requires_grad=True)
    loss = compute_info_nce(
        a, torch.tensor(unit_rows(2)), torch.tensor(9.0, **DOUBLE), torch.full((7,), -1), torch.zeros(7, dtype=bool)
    )
    loss.backward()
    assert loss.item() == 0.0
    assert torch.equal(a.grad, torch.zeros_like(a))


def test_extra_negatives_count_for_the_photo_side_only():
    a, b = torch.tensor(unit_rows(1)), torch.tensor(unit_rows(2))
    scale, ids = torch.tensor(5.0, **DOUBLE), torch.arange(7)
    extra = normalize(torch.randn(7, 2, 5, generator=torch.Generator().manual_seed(0), **DOUBLE), dim=-1)
    logits = (scale * a @ b.T).numpy()
    theirs = (scale * torch.einsum("nd,nkd->nk", a, extra)).numpy()
    row = np.log(np.exp(logits).sum(1) + np.exp(theirs).sum(1)) - np.diag(logits)
    column = np.log(np.exp(logits).sum(0)) - np.diag(logits)
    expected = (row.mean() + column.mean()) / 2
    assert compute_info_nce(a, b, scale, ids, negatives=extra).item() == pytest.approx(expected, rel=1e-12)


def test_the_two_terms_are_reported_apart_and_text_is_zero_without_a_text_tower():
    a, b = torch.tensor(unit_rows(1)), torch.tensor(unit_rows(2))
    scale = torch.tensor(5.0, **DOUBLE)
    ids = torch.arange(7)
    gps, text = compute_alignment_loss(Aligned(a, b, scale, None, None, None), ids)
    assert float(gps) == float(compute_info_nce(a, b, scale, ids))
    assert float(text) == 0.0
    both = compute_alignment_loss(Aligned(a, b, scale, b, a, scale), ids, ids)
    assert float(both[1]) == pytest.approx(float(compute_info_nce(b, a, scale, ids)))
