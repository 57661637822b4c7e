"""Print measurements as a Markdown table."""

from typing import Any


def print_table(lines: list[dict[str, Any]]) -> str:
    """Print one row for each line; the first line names the columns."""
    names = list(lines[0])
    rows = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    return "\n".join(rows + ["| " + " | ".join(str(value) for value in line.values()) + " |" for line in lines])
