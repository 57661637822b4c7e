"""Figures of recorded candidates as lines a person reads."""

from collections.abc import Sequence

from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.eval.fitting.judging import CurvePoint, Figures


def figure_lines(name: str, found: Figures) -> list[str]:
    """Write a block of lines for one file."""
    lines = [
        f"{name}: {found.photos} photos of {found.photographers} photographers or places, "
        f"{found.calls:.2f} calls a photo, outcomes {_counts(found.outcomes)}",
        _row("within km", RADIUS_NAMES),
        _row("accuracy %", _percent(found.accuracy)),
        _row("oracle %", _percent(found.oracle)),
    ]
    if found.calibration_error and found.chance_calibration_error and found.calibration_p_value:
        lines.append(_row("calibration error", [f"{value:.3f}" for value in found.calibration_error]))
        lines.append(_row("  by chance alone", [f"{value:.3f}" for value in found.chance_calibration_error]))
        lines.append(_row("  p value", [f"{value:.2f}" for value in found.calibration_p_value]))
    for share in found.coverage or {}:
        lines.append(_region_line(share, found))
    return lines


def curve_lines(points: Sequence[CurvePoint]) -> list[str]:
    """Accuracy and calibration error against calls, one line a price."""
    lines = [_row("price    calls", [*RADIUS_NAMES, "error at", *RADIUS_NAMES])]
    for one in points:
        errors = ["", *(f"{error:.3f}" for error in one.calibration_error or ())]
        lines.append(_row(f"{one.call_cost:<8g} {one.calls:.2f}", [*_percent(one.accuracy), *errors]))
    return lines


def _region_line(share: str, found: Figures) -> str:
    assert found.coverage and found.median_area_km2 and found.fixed_radius_area_km2
    area, fixed = found.median_area_km2[share], found.fixed_radius_area_km2[share]
    return (
        f"{share} % region        holds {found.coverage[share]:.1%}, median area {area:,.0f} km²; "
        f"one fixed radius of equal coverage: {fixed:,.0f} km² ({fixed / max(area, 1e-9):.1f} times)"
    )


def _percent(shares: Sequence[float]) -> list[str]:
    return [f"{100 * share:.2f}" for share in shares]


def _row(label: str, cells: Sequence[str]) -> str:
    return f"{label:<20}" + "".join(f"{cell:>8}" for cell in cells)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "none"
