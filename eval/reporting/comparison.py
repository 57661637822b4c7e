"""Report a comparison as text, Markdown and HTML, with a map of the photos won and lost."""

from collections.abc import Sequence
from pathlib import Path

from sextant.base.documents.record import EvaluationRecord
from sextant.base.printable import pluralise
from sextant.eval.compare import Comparison, RadiusDifference
from sextant.eval.reporting.document import Card, Figure, Report
from sextant.eval.reporting.markdown import write_markdown
from sextant.eval.reporting.plots import choose_colour, plot_errors
from sextant.eval.reporting.tables import Cell, Table, make_record_link
from sextant.eval.reporting.world_map import draw_photo_dot, draw_photo_map

RADIUS = "25"  # the photos listed and drawn are those that cross the city radius
SHOWN = 50


def format_comparison(found: Comparison) -> str:
    """Write the comparison for a terminal."""
    rows = [f"{found.a.name} (A) and {found.b.name} (B), {pluralise(len(found.rows_a), 'photo')}"]
    rows += [f"  warning: {words}" for words in found.warnings]
    for one in found.differences:
        sign = "significant" if one.significant else "not significant"
        rows.append(
            f"  < {one.radius:>4} km  {one.share_a:6.2%} → {one.share_b:6.2%}  {one.gain * 100:+.2f} points "
            f"({one.interval.low * 100:+.2f} to {one.interval.high * 100:+.2f}), won {one.won}, lost {one.lost}, "
            f"p {one.p:.3g}, adjusted {one.adjusted:.3g}: {sign}"
        )
    rows.append(f"  {describe_verdict(found)}")
    won, lost = found.moved(RADIUS)
    for name, pairs in (("won", won), ("lost", lost)):
        rows += [f"  {name}: {one['image']}  {_format_error(one)} → {_format_error(other)}" for one, other in pairs[:5]]
    return "\n".join(rows)


def describe_verdict(found: Comparison) -> str:
    """Describe the comparison in one sentence."""
    real = [one for one in found.differences if one.significant]
    if not real:
        return "No significant difference at any radius."
    gains = ", ".join(f"{one.gain * 100:+.1f} points at {one.radius} km" for one in real)
    return f"B differs from A by more than chance: {gains}."


def make_comparison_report(found: Comparison, beside: Path) -> Report:
    """Return the comparison as a report.

    Args:
        beside: the folder it will lie in, that links start from.
    """
    title = f"{found.a.name} and {found.b.name}"
    tables = [make_difference_table(found), *make_moved_tables(found, beside.resolve())]
    caveats = [f"{words[0].upper()}{words[1:]}." for words in found.warnings]
    text = write_markdown(title, [describe_verdict(found), *caveats], tables)
    plots = draw_figures(found)
    return Report(
        title,
        describe_verdict(found),
        make_cards(found),
        caveats,
        tables[:1],
        plots,
        tables[1:],
        _list_changed(found),
        text,
    )


def make_difference_table(found: Comparison) -> Table:
    """Make the table of differences at the five radii."""
    head = ("radius", "A", "B", "B less A, points", "95 % interval", "won", "lost", "p (McNemar)", "adjusted", "")
    rows = tuple(_format_difference(one) for one in found.differences)
    note = (
        "A difference counts as significant when McNemar's exact test, corrected over the five radii by Holm's "
        "method, is below 0.05 and the bootstrap interval over photographers excludes 0."
    )
    return Table("Differences", head, rows, note)


def make_moved_tables(found: Comparison, beside: Path) -> list[Table]:
    """Make the tables of photos won and lost."""
    won, lost = found.moved(RADIUS)
    head = ("photo", "taken in", "A, km", "B, km", "record of A", "record of B")
    tables = []
    for name, pairs in (("won", won), ("lost", lost)):
        rows = tuple(_list_moved(found, pair, beside) for pair in pairs[:SHOWN])
        note = f"The {SHOWN} that moved most of {len(pairs)}." if len(pairs) > SHOWN else ""
        tables.append(Table(f"{pluralise(len(pairs), 'photo')} {name} by B at {RADIUS} km", head, rows, note, words=2))
    return tables


def draw_figures(found: Comparison) -> list[Figure]:
    """Draw both error curves and the map of what moved."""
    runs = (found.a, found.b)
    keys = tuple((choose_colour(number), run.name) for number, run in enumerate(runs))
    won, lost = found.moved(RADIUS)
    dots = [_draw_dot(pair, "won") for pair in won] + [_draw_dot(pair, "lost") for pair in lost]
    legend = (("won", f"won by B ({len(won)})"), ("lost", f"lost by B ({len(lost)})"))
    words = f"Photos that one run places within {RADIUS} km and the other does not."
    return [
        Figure("Errors", plot_errors(runs), "", keys, wide=True),
        Figure("Won and lost", draw_photo_map(dots, "World map of photos won and lost"), words, legend, wide=True),
    ]


def make_cards(found: Comparison) -> list[Card]:
    """Make the numbers at the top."""
    by_radius = {one.radius: one for one in found.differences}
    cards = [Card(f"{by_radius[name].gain * 100:+.1f}", f"points within {name} km") for name in ("1", "25", "200")]
    return [
        *cards,
        Card(f"{len(found.rows_a):,}", "photos in both"),
        Card("yes" if found.significant else "no", "significant"),
    ]


def _format_difference(one: RadiusDifference) -> tuple[str, ...]:
    return (
        f"< {one.radius} km",
        f"{one.share_a:.2%}",
        f"{one.share_b:.2%}",
        f"{one.gain * 100:+.2f}",
        f"{one.interval.low * 100:+.2f} to {one.interval.high * 100:+.2f}",
        f"{one.won:,}",
        f"{one.lost:,}",
        f"{one.p:.3g}",
        f"{one.adjusted:.3g}",
        "significant" if one.significant else "not significant",
    )


def _list_moved(found: Comparison, pair: tuple[EvaluationRecord, EvaluationRecord], beside: Path) -> tuple[Cell, ...]:
    one, other = pair
    where = f"{one['country'] or 'at sea'} ({one['latitude']:.4f}, {one['longitude']:.4f})"
    links = make_record_link(found.a, one, beside), make_record_link(found.b, other, beside)
    return (one["image"], where, _format_error(one), _format_error(other), *links)


def _draw_dot(pair: tuple[EvaluationRecord, EvaluationRecord], name: str) -> str:
    one, other = pair
    return draw_photo_dot(one, name, f"{one['image']}: {_format_error(one)} → {_format_error(other)}")


def _format_error(line: EvaluationRecord) -> str:
    return line["outcome"] if line["distance_km"] is None else f"{line['distance_km']:,.1f} km"


def _list_changed(found: Comparison) -> str:
    lines: Sequence[str] = found.changed or ("nothing: the configurations are equal",)
    return "there = A, here = B\n" + "\n".join(lines)
