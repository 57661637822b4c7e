"""Write docs/answer.schema.json anew from the answer's type: ``python scripts/answer_schema.py``."""

import json
from pathlib import Path

from sextant.base.documents.schema import make_answer_schema

FILE = Path(__file__).resolve().parents[1] / "docs" / "answer.schema.json"


def main() -> None:
    """Write the file."""
    FILE.write_text(json.dumps(make_answer_schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
