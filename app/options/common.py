"""Options that several commands share, and the settings they make."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def run_options(command: Command) -> Command:
    """Model, gallery, preset, budget and retrieval options of one run."""
    options = [
        click.option("--model", metavar="SPEC", help="offline, openai:NAME or ollama:NAME.  [default: offline]"),
        click.option("--base-url", metavar="URL", help="Address of an OpenAI-compatible or Ollama server."),
        click.option("--gallery", metavar="DIR", help="Gallery to search.  [default: the only one under the home]"),
        click.option("--encoder", metavar="SPEC", help="Refuse a gallery built with another encoder than this."),
        click.option("--preset", metavar="NAME", help="default, img2loc, g3, street-rag, offline, or a .yaml file."),
        click.option("--verify", metavar="NAME", help="How candidates are weighed.  [default: as the preset says]"),
        click.option("--fitted", metavar="MODEL.json", help="A fitted model of yours, for --verify calibrated."),
        click.option("--optimise", type=click.Choice(["balanced", "street", "city", "country"]), default="balanced"),
        click.option("--max-calls", type=int, metavar="N", help="Most model calls."),
        click.option("--max-tokens", type=int, metavar="N", help="Most tokens, in and out together."),
        click.option("--max-usd", type=float, metavar="X", help="Most money in US dollars."),
        click.option("--price", metavar="IN/OUT", help="Dollars per million tokens, where no list knows the model."),
        click.option("--max-seconds", type=float, metavar="S", help="Most wall-clock time."),
        click.option("--max-rounds", type=int, metavar="N", help="Most rounds of prompts."),
        click.option("--tools", metavar="A,B,…", help="Tools the model may call; 'all', or 'none'."),
        click.option("--samples", type=int, metavar="N", help="Answers of each prompt."),
        click.option("--nearest", type=int, metavar="N", help="Similar photos that a prompt lists."),
        click.option("--farthest", type=int, metavar="N", help="Dissimilar photos that a prompt lists."),
        click.option("--temperature", type=float, metavar="T", help="Sampling temperature of every prompt."),
        click.option("--exclude-author", is_flag=True, help="Leave out this photo and its photographer's others."),
        click.option(
            "--without-author", "without_authors", multiple=True, metavar="NAME", help="Leave out their photos."
        ),
        click.option("--exclude-duplicates", is_flag=True, help="Leave out near-duplicates of this photo."),
        click.option("--image-side", type=int, metavar="N", help="Longest side sent, in pixels.  [default: 1024]"),
        click.option("--image-quality", type=int, default=85, show_default=True, help="JPEG quality sent, 1 to 95."),
        click.option("--image-detail", type=click.Choice(["low", "high", "auto"]), help="OpenAI's vision detail."),
        click.option("--timeout", "timeout_seconds", type=float, default=120.0, show_default=True, help="Of one call."),
        click.option("--requests-per-minute", type=float, metavar="N", help="Pace the model calls."),
        click.option("--concurrency", type=int, default=8, show_default=True, help="Model calls in flight at once."),
        click.option("--num-ctx", type=int, metavar="N", help="Context length asked of Ollama."),
        click.option("--seed", type=int, default=0, show_default=True, help="Sampling seed where supported."),
        click.option("--home", metavar="DIR", help="Folder of runs and galleries.  [default: SEXTANT_HOME]"),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def settings_of(options: dict[str, Any]) -> Any:
    """The Settings of parsed options: the model from SEXTANT_MODEL and the gallery from the home where not given.

    Raises:
        WrongUse: a value is out of range, or a name does not exist.
    """
    import os

    from sextant.agent.recording.fitted_models import check_and_resolve_fitted
    from sextant.agent.settings import Settings, check_settings, make_recipe
    from sextant.agent.world.toolbox import TOOLS, check_tool_names
    from sextant.app.galleries import chosen_gallery
    from sextant.base.home import Home

    given = {name: value for name, value in options.items() if value is not None}
    given["model"] = given.get("model") or os.environ.get("SEXTANT_MODEL") or "offline"
    given["gallery"] = chosen_gallery(given.get("gallery"), given.get("home"), needed=given["model"] == "offline")
    given["gazetteer"] = Home.at(given.get("home")).places.exists()
    if "tools" in given:
        named = {"none": (), "all": TOOLS}
        given["tools"] = named.get(given["tools"], tuple(name.strip() for name in given["tools"].split(",")))
    settings = check_settings(Settings(**given))
    check_tool_names(make_recipe(settings).tools)
    return check_and_resolve_fitted(settings)
