"""Load the encoder that a spec names."""

from sextant.base.packages import require_package
from sextant.gallery.encoders.spec import Encoder
from sextant.gallery.encoders.unaligned import load_unaligned


def load_encoder(spec: str) -> Encoder:
    """Load the encoder of a spec; its packages are imported here, not before.

    Raises:
        WrongUse: an unknown spec, a file that is missing or not an encoder, or a missing extra.
    """
    kind, _, name = spec.partition(":")
    if kind != "aligned" or not name:
        return load_unaligned(spec)
    require_package("torch", "encoder 'aligned:'", "st")
    from sextant.gallery.alignment.model.encoder import load_aligned

    aligned: Encoder = load_aligned(name)
    return aligned
