"""Detect refusals: a model says that it cannot or will not answer, in several languages."""

import re

_WORDS = (
    r"can(?:no|')?t|can not|could(?:n't| not)|(?:not able|unable|impossible|not possible) to",
    r"(?:challenging|difficult|without being able) to",
    r"isn't feasible|not feasible|(?:don't|do not) (?:have enough|know|feel|think)|won't|will not|decline",
    r"sorry|apologi[sz]e|as an? (?:responsible )?ai|against (?:my|the) (?:policy|guidelines)",
    r"not (?:going to|comfortable|confident|certain|sure|capable)|going to (?:end|stop)|not who",
    r"not enough|insufficient|lacks?|no (?:distinctive|identifiable|unique|clear)",
    r"without (?:more|additional|further|any|an actual)|need (?:more|additional|the image)",
    r"(?:doesn't|does not) (?:offer|provide|contain)",
    r"kann (?:\w+ ){0,4}nicht|nicht möglich|leider|tut mir leid|unmöglich",
    r"je ne (?:peux|suis)|désolée?|impossible de|lo siento|no puedo|no es posible",
    r"lässt sich nicht|nicht (?:bestimmen|feststellen|erkennen)|niet (?:bepalen|vaststellen|zeggen)|kan niet",
    r"non è possibile|impossibile|kan inte|kan ikke|går inte|en voi|ei voi(?:da)?",
    r"nie (?:mogę|można|jestem w stanie)|nelze|nemohu|není možné|nem tudom|nu pot|ne mogu",
    r"não (?:posso|consigo)|desculpe|mi dispiace|non posso",
)
# Not between word boundaries: endings follow, or the script has no spaces.
_PARTS = (
    r"belirleyem|söyleyem|mümkün değil|bilemiyorum|لا أستطيع|لا يمكن|غير ممكن|नहीं (?:बता|कर)|संभव नहीं|не мога",
    r"не могу|извините|к сожалению|невозможно|сожалею",
    r"抱歉|对不起|對不起|无法|無法|不能|申し訳|できません|わかりません|죄송|수 없습니다",
)
_REFUSES = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b|{'|'.join(_PARTS)}")  # of lower-case text: 5 times as fast
_FAILED = re.compile(r"\W{0,4}(?:error|exception|traceback|http(?:\s|/\d)|\w{0,40}(?:error|exception):)", re.IGNORECASE)


def refuses(text: str) -> bool:
    """Return whether a folded text without a position declines to give one. A program's error is not a refusal."""
    return not _FAILED.match(text) and bool(_REFUSES.search(text.lower()))
