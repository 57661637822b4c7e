"""Notations: rewrite the ways in which coordinates are written elsewhere into those that the reader knows.

Map links, formats (well-known text, KML, LaTeX …), grid codes, and hemispheres and labels in other languages. Every
rule is a bounded pattern, so that rewriting is linear in the text.
"""

import re

from sextant.agent.answers.notations.axis_words import rewrite_axis_words
from sextant.agent.answers.notations.grids import rewrite_grids
from sextant.agent.answers.notations.links import rewrite_links
from sextant.agent.answers.notations.markup import rewrite_labels, rewrite_markup

_DIGIT = re.compile(r"\d")


def rewrite_notations(text: str) -> str:
    """Rewrite every notation that the reader does not know; text without any comes back as it is."""
    if _DIGIT.search(text) is None:
        return text
    if "://" in text:
        text = rewrite_links(text)
    for rule in (rewrite_markup, rewrite_grids, rewrite_axis_words, rewrite_labels):
        text = rule(text)
    return text
