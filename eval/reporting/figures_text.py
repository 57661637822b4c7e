"""Format the figures of recorded candidates as text."""

from collections.abc import Sequence

from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.base.printable import pluralise
from sextant.eval.fitting.judging import CurvePoint, Figures


def format_figures(name: str, found: Figures) -> list[str]:
    """Write a block of lines for one file."""
    lines = [
        f"{name}: {pluralise(found.photos, 'photo')} of {found.photographers} photographers or places, "
        f"{found.calls:.2f} calls a photo, outcomes {_format_counts(found.outcomes)}",
        _format_row("within km", RADIUS_NAMES),
        _format_row("accuracy %", _format_percent(found.accuracy)),
        _format_row("oracle %", _format_percent(found.oracle)),
    ]
    if found.calibration_error and found.chance_calibration_error and found.calibration_p_value:
        lines.append(_format_row("calibration error", [f"{value:.3f}" for value in found.calibration_error]))
        lines.append(_format_row("  by chance alone", [f"{value:.3f}" for value in found.chance_calibration_error]))
        lines.append(_format_row("  p value", [f"{value:.2f}" for value in found.calibration_p_value]))
    for share in found.coverage or {}:
        lines.append(_format_region(share, found))
    return lines


def format_curve(points: Sequence[CurvePoint]) -> list[str]:
    """Write accuracy and calibration error against calls, one line for each price."""
    lines = [_format_row("price    calls", [*RADIUS_NAMES, "error at", *RADIUS_NAMES])]
    for one in points:
        errors = ["", *(f"{error:.3f}" for error in one.calibration_error or ())]
        lines.append(_format_row(f"{one.call_cost:<8g} {one.calls:.2f}", [*_format_percent(one.accuracy), *errors]))
    return lines


def _format_region(share: str, found: Figures) -> str:
    assert found.coverage and found.median_area_km2 and found.fixed_radius_area_km2
    area, fixed = found.median_area_km2[share], found.fixed_radius_area_km2[share]
    return (
        f"{share} % region        holds {found.coverage[share]:.1%}, median area {area:,.0f} km²; "
        f"one fixed radius of equal coverage: {fixed:,.0f} km² ({fixed / max(area, 1e-9):.1f} times)"
    )


def _format_percent(shares: Sequence[float]) -> list[str]:
    return [f"{100 * share:.2f}" for share in shares]


def _format_row(label: str, cells: Sequence[str]) -> str:
    return f"{label:<20}" + "".join(f"{cell:>8}" for cell in cells)


def _format_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "none"
