"""`sextant serve`: the conversation as a page."""

from typing import Any

import click

from sextant.app.options.common import run_options
from sextant.app.options.session import session_options

CALLS_AT_ONCE = 64  # of all sessions together: a dozen runs of four prompts


@click.command(name="serve")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen at; others than loopback need a token."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8642, show_default=True, help="0 takes any free one.")
@click.option(
    "--token", metavar="TOKEN", envvar="SEXTANT_TOKEN", help="Asked of every visitor.  [default: SEXTANT_TOKEN]"
)
@click.option("--tiles", metavar="URL", help="Online map tiles, {z}/{x}/{y}; without them the map is drawn offline.")
@click.option("--reports", metavar="DIR", help="Evaluation reports.  [default: of the home, ./runs, ./reports]")
@run_options
@session_options
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Serve a page to talk about photos, on this machine alone unless told otherwise.

    --concurrency counts the model calls of all sessions together, and is 64 here unless given.

    \b
    Example: sextant serve
             sextant serve --model ollama:qwen2.5vl --gallery my-gallery
             sextant serve --host 0.0.0.0 --token "$(openssl rand -hex 16)"
    """
    from sextant.app.options.session import desk_of
    from sextant.app.serving import serve

    if ctx.get_parameter_source("concurrency") is click.core.ParameterSource.DEFAULT:
        options["concurrency"] = CALLS_AT_ONCE
    own = {name: options.pop(name) for name in ("host", "port", "token", "tiles", "reports")}
    serve(desk_of(options), **own)
