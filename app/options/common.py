"""Options that several commands share, and the settings they make."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from sextant.agent.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


def add_run_options(command: Command) -> Command:
    """Add the model, gallery, preset, budget and retrieval options of one run."""
    options = [
        click.option("--model", metavar="SPEC", help="offline, openai:NAME or ollama:NAME.  [default: offline]"),
        click.option("--base-url", metavar="URL", help="URL of an OpenAI-compatible or Ollama server."),
        click.option("--gallery", metavar="DIR", help="Gallery to search.  [default: the only one under the home]"),
        click.option("--encoder", metavar="SPEC", help="Require that the gallery was built with this encoder."),
        click.option("--preset", metavar="NAME", help="default, img2loc, g3, street-rag, offline, or a .yaml file."),
        click.option("--verify", metavar="NAME", help="Verification strategy.  [default: the preset's]"),
        click.option(
            "--fitted", metavar="MODEL.json", help="Your own fitted verification model, for --verify calibrated."
        ),
        click.option("--optimise", type=click.Choice(["balanced", "street", "city", "country"]), default="balanced"),
        click.option("--max-calls", type=int, metavar="N", help="Maximum number of model calls."),
        click.option("--max-tokens", type=int, metavar="N", help="Maximum number of tokens, input plus output."),
        click.option("--max-usd", type=float, metavar="X", help="Maximum cost in US dollars."),
        click.option(
            "--price",
            metavar="IN/OUT",
            help="Price in dollars per million tokens, if the model is not in the price list.",
        ),
        click.option("--max-seconds", type=float, metavar="S", help="Maximum wall-clock time, in seconds."),
        click.option("--max-rounds", type=int, metavar="N", help="Maximum number of prompt rounds."),
        click.option("--tools", metavar="A,B,…", help="Tools the model may call, or 'all' or 'none'."),
        click.option("--samples", type=int, metavar="N", help="Answers to request per prompt."),
        click.option("--nearest", type=int, metavar="N", help="Number of similar photos listed in a prompt."),
        click.option("--farthest", type=int, metavar="N", help="Number of dissimilar photos listed in a prompt."),
        click.option("--temperature", type=float, metavar="T", help="Sampling temperature of every prompt."),
        click.option(
            "--exclude-author", is_flag=True, help="Exclude this photo and other photos by the same photographer."
        ),
        click.option(
            "--without-author",
            "without_authors",
            multiple=True,
            metavar="NAME",
            help="Exclude this photographer's gallery photos (repeatable).",
        ),
        click.option("--exclude-duplicates", is_flag=True, help="Exclude near-duplicates of this photo."),
        click.option("--image-side", type=int, metavar="N", help="Longest side sent, in pixels.  [default: 1024]"),
        click.option(
            "--image-quality", type=int, default=85, show_default=True, help="JPEG quality of the image sent, 1 to 95."
        ),
        click.option("--image-detail", type=click.Choice(["low", "high", "auto"]), help="OpenAI's image detail level."),
        click.option(
            "--timeout",
            "timeout_seconds",
            type=float,
            default=120.0,
            show_default=True,
            help="Timeout per model call, in seconds.",
        ),
        click.option(
            "--requests-per-minute", type=float, metavar="N", help="Maximum model calls per minute (rate limit)."
        ),
        click.option("--concurrency", type=int, default=8, show_default=True, help="Maximum simultaneous model calls."),
        click.option("--num-ctx", type=int, metavar="N", help="Context length to request from Ollama."),
        click.option(
            "--seed", type=int, default=0, show_default=True, help="Random seed (also sent to models that support one)."
        ),
        click.option("--home", metavar="DIR", help="Folder for runs and galleries.  [default: SEXTANT_HOME]"),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def make_settings(options: dict[str, Any], called: Callable[[str], str] | None = None) -> "Settings":
    """Make Settings of parsed options: the model from SEXTANT_MODEL and the gallery from the home where not given.

    Args:
        options: values by the setting's name; None stands for an option that was not given.
        called: how the caller calls a setting, for messages; None names the command line's option.

    Raises:
        WrongUse: a value is out of range, or a name does not exist.
    """
    import os

    from sextant.agent.recording.fitted_models import check_and_resolve_fitted
    from sextant.agent.settings import check_setting_names, check_settings, make_recipe, settings_from_json
    from sextant.agent.world.toolbox import TOOLS, check_tool_names
    from sextant.app.galleries import choose_gallery
    from sextant.base.home import Home

    check_setting_names(options)
    given = {name: value for name, value in options.items() if value is not None}
    given["model"] = given.get("model") or os.environ.get("SEXTANT_MODEL") or "offline"
    given["gallery"] = choose_gallery(given.get("gallery"), given.get("home"), needed=given["model"] == "offline")
    given["gazetteer"] = Home.at(given.get("home")).places.exists()
    if isinstance(given.get("tools"), str):
        named = {"none": (), "all": TOOLS}
        given["tools"] = named.get(given["tools"], tuple(name.strip() for name in given["tools"].split(",")))
    given["signs"] = True
    settings = check_settings(settings_from_json(given), called)
    check_tool_names(make_recipe(settings).tools)
    return check_and_resolve_fitted(settings)
