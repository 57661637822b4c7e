"""What a prompt speaks of, and what is asked where that is missing: no prompt speaks of a list that is not there."""

from collections.abc import Mapping, Sequence

from sextant.prompts.variants import Need, Variant, load_variant

LAST_FALLBACK = "zero-shot"  # speaks of the photo alone


def select_fillable(names: Sequence[str], had: Mapping[str, bool], *, first_round: bool = True) -> list[str]:
    """Return the variants whose strategies speak of nothing that is missing.

    One that needs more is left out where the round asks its fallback anyway, or has none; it stays, and is reworded
    with its fallback's strategy, where the first round would ask nothing else.

    Args:
        had: whether there is a list of gallery photos (``list``) and whether there are two camps (``camps``).
    """
    kept = [name for name in names if not lacks_input(load_variant(name), had)]
    reworded = [name for name in names if name not in kept and "camps" not in load_variant(name).required]
    return kept or (reworded[:1] if first_round else [])


def lacks_input(prompt: Variant, had: Mapping[str, bool]) -> bool:
    """Return whether a strategy speaks of something that is not there."""
    return not all(had["list" if need == "photos" else need] for need in prompt.required)


def choose_fallback(prompt: Variant, *, listed: bool, sheet: bool, camps: bool) -> Variant:
    """Return the variant, or the first of its fallbacks whose strategy speaks of nothing that is missing."""
    there: dict[Need, bool] = {"list": listed, "photos": sheet, "camps": camps}
    while not all(there[need] for need in prompt.required):
        prompt = load_variant(prompt.fallback or LAST_FALLBACK)
    return prompt
