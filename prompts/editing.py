"""Edited prompts: a variant with another strategy text, as a document of its own whose id holds its hash."""

import hashlib
import re

import yaml

from sextant.base.errors import WrongUse
from sextant.prompts.variants import Variant, load_variant

MOST_CHARACTERS = 6000  # of a strategy; the longest shipped one has a fifth of it
_EDITED = re.compile(r"(.+)-edited-([0-9a-f]{12})")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def edit_variant(name: str, text: str) -> tuple[str, str]:
    """Make the document of a variant with another strategy text; return its id and its YAML.

    Equal edits give equal ids. The version is that of the variant that was edited.

    Raises:
        WrongUse: the variant does not exist, or the text is empty, too long, unchanged, or has a placeholder that the
            variant's own text lacks.
    """
    base = load_variant(name)
    text = text.strip()
    if not text or len(text) > MOST_CHARACTERS:
        raise WrongUse(f"a prompt has 1 to {MOST_CHARACTERS:,} characters; this text has {len(text):,}")
    if text == base.strategy.strip():
        raise WrongUse(f"the text is that of prompt {name!r}; change it first")
    odd = sorted(set(_PLACEHOLDER.findall(text)) - set(_PLACEHOLDER.findall(base.strategy)))
    if odd:
        raise WrongUse(f"prompt {name!r} has no placeholder {{{odd[0]}}}; write the words themselves")
    root = find_edited_root(base.id) or base.id
    plain = {**base.model_dump(mode="json", exclude_defaults=True), "strategy": text}
    digest = hashlib.sha256(_write_yaml({**plain, "id": root}).encode()).hexdigest()[:12]
    edited = Variant.model_validate({**plain, "id": f"{root}-edited-{digest}"})
    return edited.id, _write_yaml(edited.model_dump(mode="json", exclude_defaults=True))


def find_edited_root(name: str) -> str | None:
    """Return the id of the prompt that an edited prompt was made from; None for any other prompt."""
    found = _EDITED.fullmatch(name)
    return found[1] if found else None


def describe_prompt(name: str) -> str:
    """Name a prompt for display: ``zero-shot, edited prompt 1a2b3c4d5e6f`` where it was edited."""
    found = _EDITED.fullmatch(name)
    return f"{found[1]}, edited prompt {found[2]}" if found else name


def _write_yaml(document: dict[str, object]) -> str:
    return yaml.safe_dump(document, sort_keys=True, allow_unicode=True, width=10**6)
