"""The errors a person sees. They live in the lowest room so that every layer can raise them.

A message is one line: it names the value, the reason and the way out. The command line prints exactly
this line after ``sextant: `` and leaves with ``exit_code``.
"""


class SextantError(Exception):
    """The work failed; the message says why and what to do."""

    exit_code = 1


class WrongUse(SextantError):
    """The request itself is wrong: an unknown name, a value out of range, options that exclude each other."""

    exit_code = 2
