"""The guide's examples are what the command prints."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sextant.app.commands.where import command
from sextant.atlas.names import find_place

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "places.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ sextant where ([^\n]+)\n(.*?)```", GUIDE, flags=re.DOTALL)


def test_the_guide_has_examples():
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize(("args", "printed"), EXAMPLES)
def test_the_guide_shows_what_is_printed(args, printed):
    assert CliRunner().invoke(command, args.split()).output == printed


def test_the_guide_says_what_names_give():
    assert find_place("Paris, TX")[0].admin1 == "Texas"
    assert find_place("Montmartre, Paris, France")[0].score == 0.6
    assert [hit.kind for hit in find_place("Georgia", limit=2)] == ["country", "admin1"]
