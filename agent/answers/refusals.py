"""Words by which a model says that it will not or cannot tell, in the languages models answer in."""

import re

# A run of letters between the verb and what is refused is bounded, so every pattern is linear.
_REFUSALS = (
    r"\b(?:can(?:no|')?t|can not|couldn't|could not|am not able to|'m not able to|not able to|unable to|impossible to|not possible to|"
    r"challenging to|difficult to|isn't feasible|not feasible|don't (?:have enough|know)|do not (?:have enough|know)|won't|will not)\b",
    r"\b(?:sorry|apologi[sz]e|as an? (?:responsible )?ai|against (?:my|the) (?:policy|guidelines))\b",
    r"\b(?:not (?:going to|comfortable|confident|certain|sure)|don't (?:feel|think)|do not (?:feel|think)|decline|going to (?:end|stop))\b",
    r"\b(?:not enough|insufficient|lacks?|no (?:distinctive|identifiable|unique|clear)|without (?:more|additional|further|any|an actual))\b",
    r"\b(?:need (?:more|additional|the image)|doesn't (?:offer|provide|contain)|does not (?:offer|provide|contain))\b",
    r"\b(?:kann (?:\w+ ){0,4}nicht|nicht möglich|leider|tut mir leid|unmöglich)\b",
    r"\b(?:je ne (?:peux|suis)|désolée?|impossible de|lo siento|no puedo|no es posible|não (?:posso|consigo)|desculpe|mi dispiace|non posso)\b",
    r"(?:не могу|извините|к сожалению|невозможно|сожалею)",
    r"(?:抱歉|对不起|對不起|无法|無法|不能|申し訳|できません|わかりません|죄송|수 없습니다)",
)
_REFUSES = re.compile("|".join(_REFUSALS), re.IGNORECASE)
_FAILED = re.compile(r"\W{0,4}(?:error|exception|traceback|http(?:\s|/\d)|\w{0,40}(?:error|exception):)", re.IGNORECASE)


def refuses(text: str) -> bool:
    """Whether a folded text without a position says that it gives none. A program's error is no refusal."""
    return not _FAILED.match(text) and bool(_REFUSES.search(text))
