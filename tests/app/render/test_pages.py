import pytest

from sextant.app.render.pages import TEMPLATES, render_page
from sextant.app.render.report_html import report_html
from sextant.eval.reporting.document import Card, Figure, Report
from sextant.eval.reporting.tables import Link, Table

EVIL = '"><script>alert(1)</script>{{ 7 * 191919 }}'


def evil_report():
    table = Table(EVIL, (EVIL, "n"), ((Link(EVIL, f"javascript:{EVIL}"), EVIL), (EVIL, "1")), EVIL, frozenset({0}))
    figure = Figure(EVIL, "<svg></svg>", EVIL, ((EVIL, EVIL), ("var(--c1)", EVIL)))
    return Report(EVIL, EVIL, [Card(EVIL, EVIL)], [EVIL], [table], [figure], [table], EVIL, EVIL)


def test_no_text_of_a_report_becomes_markup_a_template_or_a_script():
    html = report_html(evil_report())
    assert "<script" not in html and "1343433" not in html and "<svg></svg>" in html
    assert 'href="javascript' not in html.replace("javascript%3A", "")


def test_a_document_that_lacks_something_is_a_key_error():
    with pytest.raises(KeyError, match="session"):
        render_page("case_file", photos=[], versions=[], legend=[])


def test_every_page_forbids_scripts_and_requests():
    html = report_html(evil_report())
    assert "default-src 'none'" in html.split("<title>")[0]
    # One is a fragment for notebooks; the page of a library sorts and filters (tests/app/library/test_outputs.py).
    assert {path.name for path in TEMPLATES.glob("*.jinja")} - {"answer.html.jinja", "library.html.jinja"} == {
        "page.html.jinja",
        "report.html.jinja",
        "run.html.jinja",
        "case_file.html.jinja",
    }
