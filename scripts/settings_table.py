"""Write the table of settings in docs/settings.md anew: ``python scripts/settings_table.py``."""

from pathlib import Path

from sextant.app.options.settings_table import make_settings_table

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
MARK = "The table is made by `python scripts/settings_table.py`.\n\n"


def main() -> None:
    """Replace everything after the mark."""
    text = GUIDE.read_text(encoding="utf-8")
    GUIDE.write_text(text[: text.index(MARK) + len(MARK)] + make_settings_table(), encoding="utf-8")


if __name__ == "__main__":
    main()
