"""The command-line entry point: lists the commands and imports each only when it is called."""

import errno
import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from sextant.app.options.grouped import SuggestingGroup
from sextant.app.render.loading import begin_loading, end_loading
from sextant.app.render.terminal import echo
from sextant.base.errors import SextantError
from sextant.graphs.batches.garbage import collect_rarely

# Heading → name (of the module under app.commands) → one line of help. The lines stand here so that
# `sextant --help` imports nothing.
GROUPS = {
    "Find places": {
        "locate": "Find where photos were taken: one photo, or a whole library.",
        "chat": "Chat about photos in the terminal: where, why, not Europe, only in Peru.",
        "serve": "Serve the chat as a web page on this machine.",
        "tag": "Write the places of a library into XMP sidecars or photos; undo it.",
        "check": "Check that case files are as they were exported.",
        "mcp": "Offer locate, searches and runs to other programs (Model Context Protocol).",
    },
    "What it knows": {
        "gallery": "Build, describe and search galleries of geotagged photos.",
        "places": "Add gazetteers of sights and streets, and search them by name.",
        "map": "Add OpenStreetMap extracts, and search the map they make.",
        "where": "Show what is at a position: country, region, nearest place.",
    },
    "Recorded runs": {
        "runs": "List, show, compare, share and delete recorded runs.",
        "replay": "Replay a recorded run exactly, or fork it with changes.",
    },
    "How well it works": {
        "eval": "Evaluate on benchmarks and on recorded candidates.",
        "calibrate": "Calibrate probabilities and regions on your own labelled photos.",
        "align": "Train, import and measure an encoder that knows geography.",
    },
    "This installation": {
        "demo": "Draw a small world, and locate a scene in it: no key, no network.",
        "doctor": "Check this installation: packages, gallery, model, disk.",
    },
}
COMMANDS = {name: words for group in GROUPS.values() for name, words in group.items()}


class LazyGroup(SuggestingGroup):
    """A group whose commands are modules of ``sextant.app.commands``, imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"sextant.app.commands.{name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, COMMANDS))  # so that all headings have one column
        for heading, group in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(widest), words) for name, words in group.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="sextant-geo", prog_name="sextant")
def sextant() -> None:
    """Find where photos were taken, with stated probability and evidence.

    \b
    Example: sextant demo
             sextant locate photo.jpg
             sextant locate --help
    """


def fail_unforeseen(error: Exception) -> NoReturn:
    """End with one line for what nobody foresaw; the traceback only on demand."""
    if os.environ.get("SEXTANT_DEBUG"):
        raise error
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    echo(f"sextant: internal error: {what}; please report it (SEXTANT_DEBUG=1 shows the traceback)", err=True)
    sys.exit(1)


def main() -> None:
    """Run the command line: 0 done, 1 the work failed, 2 wrong use; errors are one line on stderr."""
    collect_rarely()
    if "--quiet" not in sys.argv:
        begin_loading()
    try:
        code = sextant.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        echo(error.format_message(), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        echo(f"sextant: {' '.join(error.format_message().split())}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        echo("sextant: stopped", err=True)
        sys.exit(130)
    except SextantError as error:
        echo(f"sextant: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            fail_unforeseen(error)
        echo(f"sextant: the disk is full ({error.filename or 'no file named'}); free some space", err=True)
        sys.exit(1)
    except Exception as error:
        fail_unforeseen(error)
    finally:
        end_loading()
    sys.exit(code if isinstance(code, int) else 0)
