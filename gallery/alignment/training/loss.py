"""Contrastive losses: a photo belongs to its own position and place text, and to no other of the batch."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sextant.gallery.alignment.model.aligned_model import Aligned


def compute_info_nce(
    a: Tensor, b: Tensor, scale: Tensor, same: Tensor, valid: Tensor | None = None, negatives: Tensor | None = None
) -> Tensor:
    """Compute symmetric InfoNCE over rows that belong together.

    Args:
        a, b: (n, d) unit vectors; row i of one belongs to row i of the other.
        scale: the factor on the cosines (already exponentiated).
        same: (n,) identity of what b shows; rows of one identity are not negatives of each other, so that two
            photos of one spot do not push each other away.
        valid: (n,) bool; rows without a partner (a place text at sea) neither count nor serve as negatives.
        negatives: (n, k, d) further unit vectors, row i's own: only a's side of row i is held against them.

    Returns:
        The mean of both directions over the valid rows; 0 when there is none.
    """
    n = len(a)
    own = torch.eye(n, dtype=torch.bool, device=a.device)
    excluded = same[:, None] == same[None, :]
    counts = torch.ones(n, dtype=torch.bool, device=a.device) if valid is None else valid
    excluded = (excluded | ~counts[:, None] | ~counts[None, :]) & ~own
    with torch.autocast(a.device.type, enabled=False):
        logits = (scale * _raise_to_single(a) @ _raise_to_single(b).T).masked_fill(excluded, float("-inf"))
        forward = logits
        if negatives is not None:
            extra = scale * torch.einsum("nd,nkd->nk", _raise_to_single(a), _raise_to_single(negatives))
            forward = torch.cat((logits, extra), dim=1)
    target = torch.arange(n, device=a.device)
    each = cross_entropy(forward, target, reduction="none") + cross_entropy(logits.T, target, reduction="none")
    return (each * counts).sum() / (2 * counts.sum().clamp(min=1))


def _raise_to_single(x: Tensor) -> Tensor:
    """Raise half precision to single: half would round a logit of 54 by a quarter."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def compute_alignment_loss(
    aligned: Aligned, places: Tensor, text_ids: Tensor | None = None, negatives: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return both terms of G3, equally weighted: (image↔GPS, image↔text); the second is 0 where no text is aligned.

    Args:
        aligned: the batch.
        places: (n,) identity of each row's position.
        text_ids: (n,) identity of each row's text, -1 where it has none.
        negatives: (n, k, space) location embeddings that are each row's extra negatives.
    """
    gps = compute_info_nce(aligned.image_gps, aligned.position, aligned.gps_scale, places, negatives=negatives)
    if aligned.image_text is None or aligned.text is None or aligned.text_scale is None or text_ids is None:
        return gps, torch.zeros_like(gps)
    text = compute_info_nce(aligned.image_text, aligned.text, aligned.text_scale, text_ids, valid=text_ids >= 0)
    return gps, text
