"""The guides are true: every command they show exists, with every option they give it, and Python examples run."""

import re
import shlex
from pathlib import Path

import click
import pytest

from sextant.app.cli import sextant

ROOT = Path(__file__).resolve().parents[1]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown_commands(guide):
    """Each `sextant …` line of the code blocks, continued lines joined, comments dropped."""
    for language, block in FENCE.findall(guide.read_text(encoding="utf-8")):
        if language in ("python", "json", "yaml"):
            continue
        for line in block.replace("\\\n", " ").splitlines():
            found = re.match(r"(?:\$ )?(?:\w+=\S+ )*sextant (.*)", line.strip())
            if found:
                yield re.split(r"\s{2,}|\s#", found.group(1))[0]


COMMANDS = [(guide.name, line) for guide in GUIDES for line in shown_commands(guide)]


@pytest.mark.parametrize(("guide", "line"), COMMANDS)
def test_a_command_that_a_guide_shows_exists_with_its_options(guide, line):
    words = shlex.split(line.replace("…", " "))
    command, context = sextant, click.Context(sextant)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(context, words[0])
        assert inner is not None, f"{guide}: sextant {line}"
        command, words = inner, words[1:]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"-h", "--help", "--version"}
    asked = {word.partition("=")[0].strip("[]") for word in words if word.startswith(("--", "[--"))}
    assert asked <= known, f"{guide}: {sorted(asked - known)} in: sextant {line}"


PYTHON = [
    (guide.name, number, block)
    for guide in GUIDES
    for number, (language, block) in enumerate(FENCE.findall(guide.read_text(encoding="utf-8")))
    if language == "python"
]


@pytest.mark.parametrize(("guide", "number", "block"), PYTHON)
def test_a_python_example_of_a_guide_compiles_and_its_imports_exist(guide, number, block):
    code = compile(block, f"{guide}:{number}", "exec")
    imports = [line for line in block.splitlines() if re.match(r"(from|import) ", line)]
    assert code is not None
    exec("\n".join(imports), {})


def test_readme_or_site_names_every_guide():
    named = "".join((ROOT / file).read_text(encoding="utf-8") for file in ("README.md", "mkdocs.yml"))
    missing = [str(guide) for guide in GUIDES[1:] if str(guide.relative_to(ROOT / "docs")) not in named]
    assert not missing
