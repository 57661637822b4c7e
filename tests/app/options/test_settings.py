"""Settings are declared once: options, file, environment, `--set` and the guide follow, and name what is wrong."""

from pathlib import Path

import click
import pytest

from sextant.agent.settings import Settings
from sextant.app.cli import sextant as cli
from sextant.app.options.common import make_settings
from sextant.app.options.settings_table import make_settings_table
from sextant.base.errors import WrongUse
from sextant.base.packages import is_installed
from sextant.base.settings import format_option, list_defaults, list_names, list_options
from tests.support.cli import ROOT, sextant


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    monkeypatch.setenv("SEXTANT_HOME", str(tmp_path / "home"))


def settings(gallery, **options):
    return make_settings({"gallery": str(gallery), **options})


def test_every_setting_with_an_option_is_an_option_of_every_command_that_runs():
    context = click.Context(cli)
    for command in ("locate", "chat", "serve"):
        known = {flag for parameter in cli.get_command(context, command).params for flag in parameter.opts}
        for name in list_names():
            if list_options()[name].flag is not False:
                assert format_option(name) in known, (command, name)
        assert {"--set", "--config"} <= known


def test_without_anything_every_setting_has_its_default(gallery):
    found = settings(gallery)
    chosen = ("gallery", "scenes", "second_look", "signs")
    ours = {name: value for name, value in list_defaults().items() if name not in chosen}
    assert {name: getattr(found, name) for name in ours} == ours
    assert found.signs  # off by default only in records of runs that were made before it existed
    assert found.second_look == 4
    assert found.scenes == (5 if is_installed("cv2") else 0)


def test_the_sources_have_their_precedence(gallery, tmp_path, monkeypatch):
    file = tmp_path / "mine.yaml"
    file.write_text("seed: 1\nmax_rounds: 1\nsamples: 1\nnearest: 1\ntools: [zoom]\n")
    monkeypatch.setenv("SEXTANT_SEED", "2")
    monkeypatch.setenv("SEXTANT_MAX_ROUNDS", "2")
    monkeypatch.setenv("SEXTANT_SAMPLES", "2")
    found = settings(gallery, config=str(file), seed=3, max_rounds=3, overrides=("seed=4",))
    assert (found.seed, found.max_rounds, found.samples, found.nearest) == (4, 3, 2, 1)
    assert found.tools == ("zoom",)


def test_the_environment_and_set_read_every_type(gallery, monkeypatch):
    monkeypatch.setenv("SEXTANT_EXCLUDE_AUTHOR", "true")
    monkeypatch.setenv("SEXTANT_WITHOUT_AUTHORS", "ana, bruno")
    monkeypatch.setenv("SEXTANT_MAX_SECONDS", "1.5")
    wishes = ("exclude_author=false", "max_seconds=none", "image_detail=low", "scenes=0", "second_look=0")
    found = settings(gallery, overrides=wishes)
    assert found == Settings(
        signs=True, gallery=str(gallery), without_authors=("ana", "bruno"), max_seconds=None, image_detail="low"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"overrides": ("max_round=2",)}, "did you mean 'max_rounds'"),
        ({"overrides": ("max_rounds",)}, "KEY=VALUE"),
        ({"overrides": ("max_rounds=many",)}, "--set max_rounds='many'"),
        ({"overrides": ("max_rounds=0",)}, "--max-rounds is 0; it must be at least 1"),
        ({"overrides": ("retries=1000",)}, "--set retries is 1000"),
        ({"overrides": ("max_usd=nan",)}, "finite"),
        ({"overrides": ("run=x",)}, "set by the program"),
        ({"overrides": ("optimise=speed",)}, "optimise"),
    ],
)
def test_a_wrong_setting_is_named_with_the_way_out(gallery, options, words):
    with pytest.raises(WrongUse, match=words):
        settings(gallery, **options)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("modle: offline\n", "did you mean 'model'"),
        ("- model\n", "not a list of settings"),
        ("model: [\n", "cannot be read"),
        ("max_rounds: many\n", "max_rounds"),
        ("gazetteer: true\n", "set by the program"),
    ],
)
def test_a_wrong_file_is_refused(gallery, tmp_path, content, words):
    file = tmp_path / "mine.yaml"
    file.write_text(content)
    with pytest.raises(WrongUse, match=words) as refused:
        settings(gallery, config=str(file))
    assert str(file) in str(refused.value)


def test_a_missing_file_is_refused(gallery, tmp_path):
    with pytest.raises(WrongUse, match="cannot be read"):
        settings(gallery, config=str(tmp_path / "none.yaml"))


def test_a_mistyped_variable_is_refused_and_a_foreign_one_is_not(gallery, monkeypatch):
    monkeypatch.setenv("SEXTANT_OF_MY_GRANDFATHER", "brass")
    settings(gallery)
    monkeypatch.setenv("SEXTANT_MAX_ROUND", "2")
    with pytest.raises(WrongUse, match="did you mean SEXTANT_MAX_ROUNDS"):
        settings(gallery)


def test_help_shows_five_options_first_and_groups_the_rest(tmp_path):
    shown = sextant("locate", "--help", home=tmp_path).out
    headings = [line for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == [
        *("Options that matter first:", "Model:", "Gallery:", "Budget:", "Prompts:", "Privacy:", "Output:"),
        "Whole library:",
    ]
    first = shown.split("Options that matter first:")[1].split("\n\n")[0]
    assert [line.split()[0] for line in first.splitlines() if line.startswith("  --")] == [
        *("--model", "--gallery", "--preset", "--max-usd", "--json")
    ]


@pytest.mark.parametrize(
    ("words", "meant"), [(("locat",), "'locate'"), (("eval", "rnu"), "'run'"), (("galery",), "'gallery'")]
)
def test_a_mistyped_command_is_refused_with_a_suggestion(tmp_path, words, meant):
    ran = sextant(*words, home=tmp_path)
    assert ran.code == 2 and f"did you mean {meant}" in ran.error


def test_the_guide_holds_the_table_of_today():
    guide = Path(ROOT, "docs", "settings.md").read_text(encoding="utf-8")
    assert guide.endswith(make_settings_table()), "run: python scripts/settings_table.py"
