"""Compare what the parser reads in 100 replies with what a person read in them before.

    python -m bench.hand_read privacy-prose.jsonl.gz

`hand_read.csv` holds the reply's line in the file (from 0), the judgement and the place in the reader's own words:
``asserted`` (the reply says where the photo was taken), ``declined`` (it declines, but names a likely country or an
example; a refusal by the rule of docs/answers.md), ``none``. Sixty were drawn among the replies that decline, deny or
compare, forty among the others, with the seed 2216, from the half of the photos that the parser is developed on.
Printed are the replies on which parser and person differ; for the others, the place judged and the place read.
"""

import csv
import gzip
import json
import sys
from pathlib import Path

from sextant.agent.answers import parse_answer


def main(path: Path) -> None:
    """Print the comparison."""
    with Path(__file__).with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        judged = {int(row["row"]): row for row in csv.DictReader(file)}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        replies = {number: json.loads(line)["raw"] for number, line in enumerate(lines) if number in judged}
    same = 0
    for number, row in judged.items():
        outcome = parse_answer(replies[number])
        if (outcome.kind == "answered") == (row["judged"] == "asserted"):
            same += 1
            if outcome.kind == "answered":
                print(f"{number:>6}  {row['place']:<24} {outcome.place or (outcome.latitude, outcome.longitude)}")
        else:
            print(
                f"{number:>6}  DIFFERS: judged {row['judged']} {row['place']!r}, read {outcome.kind} {outcome.place!r}"
            )
    print(f"{same} of {len(judged)} alike")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
