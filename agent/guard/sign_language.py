"""The language of words read in a photo, where they are many enough to tell it (py3langid, extra `ocr`)."""

from importlib.util import find_spec

import numpy as np

from sextant.tools.scripts import find_script

# Languages that shops and authorities write in somewhere, among those that the detector knows: with all 140 it takes
# names of shops for Sotho or Nigerian Pidgin.
_LANGUAGES = (
    "af ar az bg bn bs ca cs da de el en es et fa fi fr he hi hr hu hy id is it ja ka kk km ko lo lt lv mk mn ms my ne "
    "nl no pl pt ro ru sk sl sq sr sv sw ta th tl tr uk ur vi zh"
)
# Chosen on part 0 of the replies of ``python -m bench.street.text_checks``: with less, one text in five seems to be in
# a language that is not of its country.
_LETTERS = 12
_SURE = 0.99


def detect_sign_language(text: str) -> str | None:
    """Detect the language of words on signs as its ISO 639-1 code.

    Returns:
        None where the words are too few or unclear, or the detector is not installed.
    """
    if sum(find_script(char) is not None for char in text) < _LETTERS or find_spec("py3langid") is None:
        return None
    from py3langid import rank

    ranked = [(code, score) for code, score in rank(" ".join(text.lower().split())) if code in _LANGUAGES.split()]
    scores = np.array([score for _, score in ranked], dtype=float)  # log-likelihoods
    return str(ranked[0][0]) if 1.0 / np.exp(scores - scores[0]).sum() >= _SURE else None
