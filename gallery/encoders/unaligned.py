"""Load encoders without a backbone, by spec. An alignment uses one of them as its backbone."""

from sextant.base.errors import WrongUse
from sextant.base.plugins import ENCODERS, list_plugins, load_plugin
from sextant.gallery.encoders.spec import Encoder

SPECS = "builtin, onnx:PATH, st:NAME_OR_PATH or aligned:PATH"


def load_unaligned(spec: str) -> Encoder:
    """Load the encoder of a spec other than ``aligned:PATH``, ours or a plug-in's; its packages are imported here.

    Raises:
        WrongUse: an unknown spec, a file that is missing or not an encoder, or a missing extra.
    """
    kind, _, name = spec.partition(":")
    if spec == "builtin":
        from sextant.gallery.encoders.builtin import BuiltinEncoder

        return BuiltinEncoder()
    if name and kind == "onnx":
        from sextant.gallery.encoders.onnx import OnnxEncoder

        return OnnxEncoder(name)
    if name and kind == "st":
        from sextant.gallery.encoders.sentence import SentenceEncoder

        return SentenceEncoder(name)
    if point := list_plugins(ENCODERS).get(kind):
        made: Encoder = load_plugin(point)(name)
        return made
    raise WrongUse(f"encoder {spec!r} is unknown; use {SPECS}")
