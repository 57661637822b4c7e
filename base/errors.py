"""Errors that are shown to the user, in the lowest room so that every layer can raise them.

A message is one line: it names the value, the reason and the way out. The command line prints exactly
this line after ``sextant: `` and leaves with ``exit_code``.
"""

LONGEST = 200  # characters of a foreign error that are shown


class SextantError(Exception):
    """The work failed; the message says why and what to do."""

    exit_code = 1


class WrongUse(SextantError):
    """The request itself is wrong: an unknown name, a value out of range, options that exclude each other."""

    exit_code = 2


class MissingPackage(WrongUse):
    """A package that this needs is not installed; the message says which, and how to install it."""


class SextantWarning(UserWarning):
    """What a reader of an answer should distrust, as a Python warning of the public API."""


def format_error(error: BaseException, longest: int | None = LONGEST) -> str:
    """Return an error's message as one line, its type where it has no message.

    Args:
        error: any error.
        longest: characters that are kept; None keeps all, for messages of our own, which end with the way out.
    """
    return " ".join(str(error).split())[:longest] or type(error).__name__


def format_system_reason(error: BaseException) -> str:
    """Return the system's reason (``No space left on device``) of an ``OSError``, else ``format_error``."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not text in UTF-8"
    return getattr(error, "strerror", None) or format_error(error)
