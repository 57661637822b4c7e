"""`sextant chat`: a conversation about photos, in the terminal."""

from typing import Any

import click

from sextant.app.options.common import add_run_options
from sextant.app.options.grouped import GroupedCommand
from sextant.app.options.session import add_session_options


@click.command(name="chat", cls=GroupedCommand)
@click.argument("photos", nargs=-1, metavar="[PHOTO…]")
@click.option("--session", metavar="NAME", help="Continue this session, or start one with this name.")
@add_run_options
@add_session_options
def command(photos: tuple[str, ...], session: str | None, **options: Any) -> None:
    """Ask where photos were taken, and ask follow-up questions.

    Type or paste the path of a photo, a question (why?), what the place is not (not Europe), or /help.

    \b
    Example: sextant chat photo.jpg
             sextant chat --session holiday --model openai:gpt-4o
             sextant chat photo.jpg --precision city
    """
    from sextant.app.options.session import make_chat_context
    from sextant.app.terminal.repl import ChatRepl
    from sextant.graphs.sessions.store import Sessions

    context = make_chat_context(options)
    ChatRepl(Sessions(context.settings.home), context, session).run(photos)
