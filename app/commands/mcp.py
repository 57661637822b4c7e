"""`sextant mcp`: Sextant's tools for other programs."""

from typing import Any

import click

from sextant.app.options.common import add_run_options
from sextant.app.options.grouped import GroupedCommand
from sextant.app.options.session import add_session_options


@click.command(name="mcp", cls=GroupedCommand)
@click.option("--http", is_flag=True, help="Serve over HTTP instead of standard input and output; needs a token.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on, with --http.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8643,
    show_default=True,
    help="Port to listen on, with --http (0: any free port).",
)
@click.option(
    "--token", metavar="TOKEN", envvar="SEXTANT_TOKEN", help="Token that every client needs.  [default: SEXTANT_TOKEN]"
)
@add_run_options
@add_session_options
def command(http: bool, host: str, port: int, token: str | None, **options: Any) -> None:
    """Offer locate, where, find_place, gallery_search, map_search and explain_run to an MCP client.

    Here, --session-calls limits the model calls of all clients together. Needs: pip install 'sextant-geo[mcp]'

    \b
    Example: sextant mcp --gallery my-gallery
             sextant mcp --http --token "$(openssl rand -hex 16)" --precision city
    """
    from sextant.app.options.session import make_chat_context
    from sextant.base.errors import MissingPackage

    try:
        from sextant.app.mcp_server.serving import serve_http, serve_stdio
    except ModuleNotFoundError as error:
        raise MissingPackage(f"sextant mcp needs {error.name}; run: pip install 'sextant-geo[mcp]'") from error
    context = make_chat_context(options)
    if http:
        serve_http(context, host=host, port=port, token=token)
    else:
        serve_stdio(context)
