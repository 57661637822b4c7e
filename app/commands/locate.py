"""`sextant locate`: where were these photos taken?"""

import json
from typing import Any

import click

from app.options import run_options, settings_of


@click.command(name="locate")
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO…")
@run_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document: the answer, or a list of several.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(photos: tuple[str, ...], as_json: bool, quiet: bool, **options: Any) -> int:
    """Say where photos were taken, how surely, and why.

    \b
    Example: sextant locate photo.jpg
             sextant locate *.jpg --model openai:gpt-4o --max-usd 0.50 --json
             sextant locate photo.jpg --model ollama:qwen2.5vl --gallery my-gallery
    """
    from app.progress import Progress
    from app.words import printed, unanswered
    from geo.errors import SextantError, WrongUse
    from graphs.runs import locate

    settings = settings_of(options)
    documents, code = [], 0
    for photo in photos:
        try:
            with Progress(photo, quiet=quiet) as progress:
                answer = locate(photo, settings, progress).answer
        except WrongUse:
            raise
        except SextantError as error:
            click.echo(f"sextant: {error}", err=True)
            documents.append({"photo": {"path": photo}, "error": str(error)})
            code = 1
            continue
        documents.append(answer)
        if not as_json:
            click.echo(printed(answer) + ("\n" if photo != photos[-1] else ""))
        if (reason := unanswered(answer)) is not None:
            click.echo(f"sextant: {reason}", err=True)
            code = 1
    if as_json:
        click.echo(json.dumps(documents[0] if len(photos) == 1 else documents, ensure_ascii=False, indent=2))
    return code
