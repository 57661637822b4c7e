"""Write evaluation reports: Markdown, and one HTML page that works offline."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from sextant.app.render.pages import render_page
from sextant.base.json_types import Json
from sextant.eval.compare import Comparison
from sextant.eval.reporting.comparison import make_comparison_report
from sextant.eval.reporting.document import Report
from sextant.eval.reporting.report import make_evaluation_report
from sextant.graphs.runs.folder import write_bytes


@dataclass(frozen=True)
class WrittenReport:
    """A report's two files, and the figures in them where it is of evaluations."""

    markdown: Path
    html: Path
    figures: list[Json]


def write_report(folders: Sequence[Path], out: Path) -> WrittenReport:
    """Write ``report.md`` and ``report.html`` of evaluations into a folder.

    Raises:
        EvaluationError: a folder holds no evaluation.
        SextantError: the disk does not take the report.
    """
    report, figures = make_evaluation_report(folders, out)
    return WrittenReport(*_write(report, out, "report"), figures)


def write_comparison(found: Comparison, out: Path) -> WrittenReport:
    """Write ``compare.md`` and ``compare.html`` of two evaluations into a folder.

    Raises:
        SextantError: the disk does not take them.
    """
    return WrittenReport(*_write(make_comparison_report(found, out), out, "compare"), [])


def report_html(report: Report) -> str:
    """Return the page. Its figures are SVG of our own, in which all text is escaped."""
    figures = [replace(figure, svg=Markup(figure.svg)) for figure in report.figures]
    return render_page("report", report=report, figures=figures)


def _write(report: Report, out: Path, name: str) -> tuple[Path, Path]:
    out.mkdir(parents=True, exist_ok=True)
    files = out / f"{name}.md", out / f"{name}.html"
    for file, text in zip(files, (report.markdown, report_html(report)), strict=True):
        write_bytes(file, text.encode("utf-8", "backslashreplace"))
        file.chmod(0o644)  # a report is there to be passed on
    return files
