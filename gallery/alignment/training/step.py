"""Compute the loss of one batch, equal for any number of devices that share it."""

import torch
from torch import Tensor, nn

from sextant.gallery.alignment.model.aligned_model import Aligned
from sextant.gallery.alignment.training.batches import Batch
from sextant.gallery.alignment.training.loss import compute_alignment_loss


def compute_batch_loss(model: nn.Module, batch: Batch, devices: int = 1) -> tuple[Tensor, Tensor]:
    """Return the two loss terms (image↔GPS, image↔text) of the whole batch.

    With several devices each holds its share of the rows; the embeddings are gathered, so that every row has all
    others as negatives and the averaged gradients are those of one device with the whole batch.
    """
    n = len(batch.images)
    texts = batch.texts.float() if batch.texts is not None else None
    aligned: Aligned = model(batch.images.float(), batch.positions, texts)
    own, extra = aligned.position[:n], aligned.position[n:]
    negatives = extra.reshape(n, -1, extra.shape[-1]) if len(extra) else None
    aligned = aligned._replace(position=own)
    places, text_ids = batch.places, batch.text_ids
    if devices > 1:
        aligned = Aligned(
            image_gps=_gather(aligned.image_gps),
            position=_gather(aligned.position),
            gps_scale=aligned.gps_scale,
            image_text=_gather(aligned.image_text) if aligned.image_text is not None else None,
            text=_gather(aligned.text) if aligned.text is not None else None,
            text_scale=aligned.text_scale,
        )
        negatives = _gather(negatives) if negatives is not None else None
        places = _gather(places)
        text_ids = _gather(text_ids) if text_ids is not None else None
    return compute_alignment_loss(aligned, places, text_ids, negatives)


def _gather(x: Tensor) -> Tensor:
    """Return all devices' rows in order of rank; gradients flow back to the device that made them."""
    if not x.requires_grad:
        parts = [torch.empty_like(x) for _ in range(torch.distributed.get_world_size())]
        torch.distributed.all_gather(parts, x.contiguous())
        return torch.cat(parts)
    from torch.distributed.nn.functional import all_gather

    return torch.cat(all_gather(x.contiguous()))  # type: ignore[no-untyped-call]
