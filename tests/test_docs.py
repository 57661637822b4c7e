"""The guides are true: every command they show exists, with every option they give it, and Python examples run."""

import re
import shlex
from pathlib import Path

import click
import pytest

from sextant.app.cli import sextant
from tests.support.guides.lines import COMMANDS, FENCE, GUIDES, ROOT


@pytest.fixture
def any_path(monkeypatch):
    """Take any path: the files that a guide names are its reader's."""
    monkeypatch.setattr(click.Path, "convert", lambda self, value, param, ctx: Path(value))
    monkeypatch.setattr(click.File, "convert", lambda self, value, param, ctx: value)


INLINE = [
    (guide.name, line)
    for guide in GUIDES
    for line in re.findall(r"`sextant ([^`\n]+)`", FENCE.sub("", guide.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize(("guide", "line"), INLINE)
def test_a_command_in_a_sentence_exists_with_its_options(guide, line):
    """It may stand for several, with `…` and names in capitals, so its values are not checked."""
    command, context = sextant, click.Context(sextant, info_name="sextant")
    for word in re.split(r"[ |]", line):
        inner = command.get_command(context, word) if isinstance(command, click.Group) else None
        if inner is None:
            break
        command = inner
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}
    unknown = set(re.findall(r"(?<!\S)--[\w-]+", line)) - known
    assert command is not sextant or line.startswith("-"), f"{guide}: sextant {line}"
    assert not unknown, f"{guide}: sextant {line}"


@pytest.mark.parametrize(("guide", "line"), COMMANDS)
def test_a_command_that_a_guide_shows_is_taken_by_the_command_line(guide, line, any_path):
    """Its command, options, values and number of arguments; what it does is tested where the command is."""
    words = shlex.split(line)
    command, context = sextant, click.Context(sextant, info_name="sextant")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(context, words[0])
        assert inner is not None, f"{guide}: sextant {line}"
        command, words = inner, words[1:]
    if isinstance(command, click.Group):
        return  # the group itself, such as `sextant --help`
    try:
        command.make_context("sextant", words)
    except click.exceptions.Exit:
        pass  # --help
    except click.UsageError as error:
        raise AssertionError(f"{guide}: sextant {line}: {error.format_message()}") from error


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
