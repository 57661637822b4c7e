"""`sextant serve`: the conversation as a page."""

from typing import Any

import click

from sextant.app.options.common import add_run_options
from sextant.app.options.grouped import GroupedCommand
from sextant.app.options.session import add_session_options

CALLS_AT_ONCE = 64  # of all sessions together: a dozen runs of four prompts


@click.command(name="serve", cls=GroupedCommand)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; any other than loopback needs a token.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8642,
    show_default=True,
    help="Port to listen on (0: any free port).",
)
@click.option(
    "--token", metavar="TOKEN", envvar="SEXTANT_TOKEN", help="Token that every visitor needs.  [default: SEXTANT_TOKEN]"
)
@click.option("--tiles", metavar="URL", help="URL of online map tiles, with {z}/{x}/{y}.  [default: offline outlines]")
@click.option("--basemap", metavar="FILE", help="Basemap of your own, a .pmtiles file.  [default: offline outlines]")
@click.option(
    "--reports", metavar="DIR", help="Folder of evaluation reports.  [default: the home's reports, ./runs, ./reports]"
)
@add_run_options
@add_session_options
def command(**options: Any) -> None:
    """Serve the chat as a web page, by default on this machine only.

    Here, --concurrency limits the model calls of all sessions together; its default is 64.

    \b
    Example: sextant serve
             sextant serve --model ollama:qwen2.5vl --gallery my-gallery
             sextant serve --host 0.0.0.0 --token "$(openssl rand -hex 16)"
    """
    from sextant.app.options.session import make_chat_context
    from sextant.app.serving import serve

    own = {name: options.pop(name) for name in ("host", "port", "token", "tiles", "basemap", "reports")}
    serve(make_chat_context(options, open_gallery=False, concurrency=CALLS_AT_ONCE), **own)
