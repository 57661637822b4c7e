"""Minimal SVG for plots: a frame with axes, lines, points, words. Text is escaped here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

Scale = Callable[[float], float]
WIDTH, HEIGHT = 480, 320
LEFT, RIGHT, TOP, BOTTOM = 52, 26, 16, 44


@dataclass
class PlotFrame:
    """A plot under construction; ``x`` and ``y`` turn values into pixels."""

    title: str
    x: Scale
    y: Scale
    parts: list[str] = field(default_factory=list)

    def axes(
        self,
        x_ticks: Sequence[tuple[float, str]],
        y_ticks: Sequence[tuple[float, str]],
        x_title: str,
        y_title: str,
    ) -> None:
        """Draw grid lines with their labels, and what the axes show."""
        right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
        for value, label in x_ticks:
            at = self.x(value)
            self.parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{floor}"/>')
            self.parts.append(
                f'<text class="tick" x="{at:.1f}" y="{floor + 16}" text-anchor="middle">{escape(label)}</text>'
            )
        for value, label in y_ticks:
            at = self.y(value)
            self.parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>')
            self.parts.append(
                f'<text class="tick" x="{LEFT - 7}" y="{at + 3.5:.1f}" text-anchor="end">{escape(label)}</text>'
            )
        middle = (LEFT + right) / 2
        self.parts.append(
            f'<text class="axis" x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_title)}</text>'
        )
        across = (TOP + floor) / 2
        turned = f'transform="rotate(-90 13 {across:.0f})"'
        self.parts.append(
            f'<text class="axis" x="13" y="{across:.0f}" {turned} text-anchor="middle">{escape(y_title)}</text>'
        )

    def line(self, points: Sequence[tuple[float, float]], colour: str, dashed: bool = False) -> None:
        """Draw a polyline through values."""
        if not points:
            return
        path = " ".join(f"{self.x(a):.1f},{self.y(b):.1f}" for a, b in points)
        style = "dashed" if dashed else "line"
        self.parts.append(f'<polyline class="{style}" style="stroke:{colour}" points="{path}"/>')

    def dot(self, x: float, y: float, radius: float, colour: str, words: str = "") -> None:
        """Draw a point with a tooltip."""
        tooltip = f"<title>{escape(words)}</title>" if words else ""
        place = f'cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="{radius:.1f}"'
        self.parts.append(f'<circle class="dot" {place} style="fill:{colour}">{tooltip}</circle>')

    def bar(self, x: float, low: float, high: float, colour: str) -> None:
        """Draw a vertical interval."""
        at = self.x(x)
        ends = f'y1="{self.y(low):.1f}" y2="{self.y(high):.1f}"'
        self.parts.append(f'<line class="interval" x1="{at:.1f}" x2="{at:.1f}" {ends} style="stroke:{colour}"/>')

    def words(self, x: float, y: float, text: str, anchor: str = "middle") -> None:
        """Write a remark inside the plot, at pixels."""
        self.parts.append(f'<text class="remark" x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>')

    def drawn(self) -> str:
        """Return the SVG element."""
        box = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self.title, quote=True)}"'
        return f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" {box}>{"".join(self.parts)}</svg>'


def make_linear_scale(low: float, high: float, start: float, end: float) -> Scale:
    """Make a scale that maps low to start and high to end."""
    span = (high - low) or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def make_horizontal_scale(low: float, high: float) -> Scale:
    """Make a linear scale over the plot's width."""
    return make_linear_scale(low, high, LEFT, WIDTH - RIGHT)


def make_vertical_scale(low: float, high: float) -> Scale:
    """Make a linear scale over the plot's height, growing upwards."""
    return make_linear_scale(low, high, HEIGHT - BOTTOM, TOP)
