"""Measure precision and recall of the guard on sentences that claim a check.

    python -m bench.phantoms [--wrong]

Precision is the share of struck sentences that had to be struck, recall the share of phantom checks that were struck,
by language, on tests/agent/claimed_checks.yaml. ``--wrong`` lists the mistakes of the development parts; those of the
others are never shown, or they would be held out no longer.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from sextant.agent.guard.claims import Trace, check_sentence

DATA = Path(__file__).parents[1] / "tests" / "agent" / "guard" / "claimed_checks.yaml"


@dataclass(frozen=True)
class Labelled:
    """A sentence, the tool that was really called, if any, and whether the sentence claims what was not done."""

    part: str
    language: str
    text: str
    tool: str | None
    phantom: bool

    @property
    def struck(self) -> bool:
        trace = Trace((("1.a.0#1", self.tool),)) if self.tool else Trace()
        return check_sentence(self.text, trace).struck is not None


def read_labelled() -> Iterator[Labelled]:
    """Yield every sentence of the data, in its order."""
    for part, languages in yaml.safe_load(DATA.read_text(encoding="utf-8")).items():
        for language, kinds in languages.items():
            for kind in ("claims", "none"):
                for text in kinds.get(kind, []):
                    yield Labelled(part, language, text, None, kind == "claims")
            for kind in ("other", "backed"):
                for tool, text in kinds.get(kind, []):
                    yield Labelled(part, language, text, tool, kind == "other")


def count_struck(sentences: list[Labelled]) -> dict[str, float]:
    """Return sentences, phantoms among them, precision, recall."""
    seen = Counter((one.phantom, one.struck) for one in sentences)
    hits = seen[True, True]
    return {
        "sentences": len(sentences),
        "phantoms": seen[True, True] + seen[True, False],
        "precision": hits / max(1, hits + seen[False, True]),
        "recall": hits / max(1, hits + seen[True, False]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--wrong", action="store_true", help="list the mistakes of the development part")
    wrong = parser.parse_args().wrong
    every = list(read_labelled())
    for part in dict.fromkeys(one.part for one in every):
        ours = [one for one in every if one.part == part]
        for language in [*dict.fromkeys(one.language for one in ours), "all"]:
            found = count_struck([one for one in ours if language in (one.language, "all")])
            print(
                f"{part:<12} {language:<4} {found['sentences']:>4} sentences, {found['phantoms']:>3} phantom checks: "
                f"precision {found['precision']:.2f}, recall {found['recall']:.2f}"
            )
    for one in every if wrong else ():
        if one.part.startswith("development") and one.struck != one.phantom:
            print(f"{'missed' if one.phantom else 'struck wrongly'} ({one.language}): {one.text}")


if __name__ == "__main__":
    main()
