"""Render HTML pages that work offline, from Jinja2 templates with autoescape.

A page holds its style and its pictures; a policy in it forbids scripts and requests, whatever a foreign text tries.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError
from markupsafe import Markup

from sextant.base.printable import make_printable

TEMPLATES = Path(__file__).with_name("templates")


def render_page(name: str, **values: Any) -> str:
    """Return the page of a template with its style sheet.

    Args:
        name: of the template ``NAME.html.jinja`` and of the style sheet ``NAME.css``.
        values: what the template shows; SVG of our own is passed as ``Markup``.

    Raises:
        KeyError: a document, say of an imported run, lacks what the page shows.
    """
    # Our own style sheet is not untrusted text; escaping would break its selectors.
    return render_fragment(name, style=Markup((TEMPLATES / f"{name}.css").read_text(encoding="utf-8")), **values)


def render_fragment(name: str, **values: Any) -> str:
    """Render a template without a style sheet, as a piece of a page; arguments and errors as of ``render_page``."""
    try:
        return _load_environment().get_template(f"{name}.html.jinja").render(**values)
    except UndefinedError as error:
        raise KeyError(str(error)) from error


def _strip_controls(value: object) -> object:
    """Strip control characters, which HTML has no escape for, from foreign text; markup of ours stays as it is."""
    return make_printable(value) if type(value) is str else value


@lru_cache(maxsize=1)
def _load_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_strip_controls,
    )
    environment.filters["url_path"] = quote  # a file name as part of a relative link
    return environment
