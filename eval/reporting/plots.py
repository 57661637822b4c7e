"""Draw the four plots of a report: errors, reliability, coverage, cost. Each run has one colour."""

import math
from collections.abc import Sequence

import numpy as np

from sextant.agent.verification.decision import RADII_KM, RADIUS_NAMES
from sextant.base.arrays import Floats
from sextant.eval.metrics import bootstrap_interval
from sextant.eval.reporting.svg import HEIGHT, WIDTH, PlotFrame, make_horizontal_scale, make_vertical_scale
from sextant.eval.results import Results

COLOURS = ("var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)", "var(--c5)", "var(--c6)")
PERCENT = [(share / 5, f"{share * 20} %") for share in range(6)]
FARTHEST_KM = 20015.1  # half round the Earth
BINS = 10


def choose_colour(number: int) -> str:
    """Return the colour of a run; the seventh has the first's again."""
    return COLOURS[number % len(COLOURS)]


def plot_errors(runs: Sequence[Results]) -> str:
    """Plot the share of photos with an error below each distance."""
    least = 0.1
    frame = PlotFrame(
        "Share of photos by error",
        lambda km: make_horizontal_scale(-1, math.log10(FARTHEST_KM))(math.log10(max(km, least))),
        make_vertical_scale(0, 1),
    )
    frame.axes(
        [(radius, f"{radius:g}") for radius in (0.1, *RADII_KM)],
        PERCENT,
        "error, km (logarithmic)",
        "share of photos nearer than this",
    )
    for number, run in enumerate(runs):
        ordered = np.sort(run.distances_km[np.isfinite(run.distances_km)])
        total = max(1, len(run.lines))
        beneath = int((ordered < least).sum())
        steps = [(least, beneath / total)]
        steps += [(float(km), (place + 1) / total) for place, km in enumerate(ordered) if place >= beneath]
        thin = steps[:: max(1, len(steps) // 400)]
        frame.line([*thin, (FARTHEST_KM, len(ordered) / total)], choose_colour(number))
    return frame.drawn()


def plot_reliability(runs: Sequence[Results], radius: str = "25") -> str:
    """Plot how often what was stated with a probability came true, in ten bins; dots grow with their photos."""
    frame = PlotFrame(f"Reliability at {radius} km", make_horizontal_scale(0, 1), make_vertical_scale(0, 1))
    frame.axes(PERCENT, PERCENT, f"stated probability of lying within {radius} km", "how often it did")
    frame.line([(0, 0), (1, 1)], "var(--faint)", dashed=True)
    shown = False
    for number, run in enumerate(runs):
        stated = run.stated(radius)
        known = ~np.isnan(stated)
        happened = run.within[:, RADIUS_NAMES.index(radius)]
        bins = _sort_into_bins(stated[known], happened[known].astype(float))
        shown |= bool(bins)
        frame.line([(x, y) for x, y, _ in bins], choose_colour(number))
        for x, y, count in bins:
            size = 2.5 + 6 * math.sqrt(count / max(1, int(known.sum())))
            frame.dot(
                x, y, size, choose_colour(number), f"{run.name}: {count} photos, stated {x:.0%}, happened {y:.0%}"
            )
    if not shown:
        frame.words(WIDTH / 2, HEIGHT / 2, "no probabilities were stated")
    return frame.drawn()


def plot_coverage(runs: Sequence[Results]) -> str:
    """Plot how often the place lies in the stated 50 % and 90 % regions, with 95 % intervals."""
    frame = PlotFrame("Coverage of the stated regions", make_horizontal_scale(0, 1), make_vertical_scale(0, 1))
    frame.axes(
        [(0.5, "50 % region"), (0.9, "90 % region")],
        PERCENT,
        "stated probability of the region",
        "how often it did",
    )
    frame.line([(0, 0), (1, 1)], "var(--faint)", dashed=True)
    shown = False
    for number, run in enumerate(runs):
        for share in ("50", "90"):
            inside = run.inside(share)
            known = ~np.isnan(inside)
            if not known.any():
                continue
            shown = True
            held = float(inside[known].mean())
            groups = [group for group, there in zip(run.groups, known, strict=True) if there]
            interval = bootstrap_interval(inside[known], groups)
            x = int(share) / 100 + (number - (len(runs) - 1) / 2) * 0.025
            frame.bar(x, interval.low, interval.high, choose_colour(number))
            frame.dot(x, held, 5, choose_colour(number), f"{run.name}: the {share} % region held {held:.1%}")
    if not shown:
        frame.words(WIDTH / 2, HEIGHT / 2, "no regions were stated")
    return frame.drawn()


def plot_cost(runs: Sequence[Results]) -> str:
    """Plot the share of photos within 25 and 200 km against the number of model calls."""
    most = max([1.0, *(float(run.spent("calls").max(initial=0)) for run in runs)])
    best = max([0.0, *(float(run.within[:, 2].mean()) for run in runs if run.lines)])
    top = next(share for share in (0.1, 0.2, 0.5, 1.0) if share >= best)
    shares = [(top * part / 5, f"{top * part * 20:g} %") for part in range(6)]
    frame = PlotFrame("Accuracy against calls", make_horizontal_scale(0, most + 0.5), make_vertical_scale(0, top))
    step = max(1, math.ceil(most / 8))
    ticks = [(float(calls), str(calls)) for calls in range(0, int(most) + 1, step)]
    frame.axes(ticks, shares, "model calls a photo, at most", "share of all photos placed")
    for number, run in enumerate(runs):
        for radius, dashed in (("25", False), ("200", True)):
            frame.line(_make_staircase(run, radius, int(most)), choose_colour(number), dashed)
    frame.words(WIDTH - 18, 28, "solid: 25 km · dashed: 200 km", "end")
    return frame.drawn()


def _make_staircase(run: Results, radius: str, most: int) -> list[tuple[float, float]]:
    """Draw a staircase: photos that were right and had ended, by number of calls."""
    hit, calls = run.within[:, RADIUS_NAMES.index(radius)], run.spent("calls")
    total = max(1, len(run.lines))
    steps: list[tuple[float, float]] = [(0.0, float(np.sum(hit & (calls <= 0))) / total)]
    for count in range(1, most + 1):
        steps += [(float(count), steps[-1][1]), (float(count), float(np.sum(hit & (calls <= count))) / total)]
    return [*steps, (most + 0.5, steps[-1][1])]


def _sort_into_bins(stated: Floats, happened: Floats) -> list[tuple[float, float, int]]:
    """Return the mean stated, share that happened, and photos of each bin that has any."""
    number = np.minimum((stated * BINS).astype(int), BINS - 1)
    return [
        (float(stated[number == one].mean()), float(happened[number == one].mean()), int((number == one).sum()))
        for one in range(BINS)
        if (number == one).any()
    ]
