"""Prompt fallbacks: replace a prompt variant whose inputs (photo list, contact sheet, two camps) are missing."""

from collections.abc import Mapping, Sequence

from sextant.prompts.variants import Need, Variant, load_variant

LAST_FALLBACK = "zero-shot"  # needs only the photo


def select_fillable(names: Sequence[str], had: Mapping[str, bool], *, first_round: bool = True) -> list[str]:
    """Select the variants whose inputs are available.

    A variant that lacks an input is dropped. But if the first round would then be empty, one such variant stays and is
    asked with its fallback's strategy.

    Args:
        had: whether a list of gallery photos (``list``), two competing places (``camps``) and pictures of the leading
            places (``exemplars``) are available.
    """
    kept = [name for name in names if not lacks_input(load_variant(name), had)]
    reworded = [name for name in names if name not in kept and "camps" not in load_variant(name).required]
    return kept or (reworded[:1] if first_round else [])


def lacks_input(prompt: Variant, had: Mapping[str, bool]) -> bool:
    """Return whether an input of a variant is missing."""
    return not all(had.get("list" if need == "photos" else need) for need in prompt.required)


def choose_fallback(prompt: Variant, *, listed: bool, sheet: bool, camps: bool, exemplars: bool = False) -> Variant:
    """Return the variant, or the first of its fallbacks whose inputs are available."""
    there: dict[Need, bool] = {"list": listed, "photos": sheet, "camps": camps, "exemplars": exemplars}
    while not all(there[need] for need in prompt.required):
        prompt = load_variant(prompt.fallback or LAST_FALLBACK)
    return prompt
