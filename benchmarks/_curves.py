"""Drawing precision, recall and F1 against a setting, as SVG."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks._scores import Score

# Sizes in pixels: the plot, the margins on its left and top, and the panel around it.
_WIDTH = 380
_HEIGHT = 220
_LEFT = 44
_TOP = 40
_PANEL_WIDTH = _WIDTH + _LEFT + 20
_PANEL_HEIGHT = _HEIGHT + _TOP + 60
_COLOURS = {"precision": "#2c7fb8", "recall": "#d95f0e", "F1": "#222222"}


@dataclass(frozen=True, slots=True)
class Curve:
    """One panel: the scores by value of a setting."""

    title: str
    scores: Mapping[float, Score]
    is_logarithmic: bool = False

    def place(self, value: float) -> float:
        """The horizontal position of a value, from 0 to 1."""
        first, last = (self._scaled(end) for end in (min(self.scores), max(self.scores)))
        return (self._scaled(value) - first) / (last - first)

    def _scaled(self, value: float) -> float:
        return math.log10(value + 0.3) if self.is_logarithmic else value


def draw_curves(curves: Sequence[Curve]) -> str:
    """Draw the panels side by side; returns the text of an SVG file."""
    panels = "".join(
        f'<g transform="translate({at * _PANEL_WIDTH},0)">{_panel(curve)}</g>' for at, curve in enumerate(curves)
    )
    size = f'width="{_PANEL_WIDTH * len(curves)}" height="{_PANEL_HEIGHT}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/>{panels}</svg>\n'
    )


def _panel(curve: Curve) -> str:
    parts = [f'<text x="{_LEFT}" y="16" font-weight="bold">{curve.title}</text>']
    for tenth in range(0, 11, 2):
        y = _y(tenth / 10)
        parts.append(f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tenth / 10:g}</text>')
    for value in curve.scores:
        x = _x(curve, value)
        parts.append(
            f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 18}" text-anchor="middle" font-size="10">{value:g}</text>'
        )
    for at, (name, colour) in enumerate(_COLOURS.items()):
        values = ((value, getattr(found, name.lower())) for value, found in curve.scores.items())
        points = " ".join(f"{_x(curve, value):.1f},{_y(share):.1f}" for value, share in values)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = _TOP + _HEIGHT + 40
        parts.append(f'<text x="{_LEFT + 90 * at}" y="{y}" fill="{colour}">{name}</text>')
    return "".join(parts)


def _x(curve: Curve, value: float) -> float:
    return _LEFT + _WIDTH * curve.place(value)


def _y(share: float) -> float:
    return _TOP + _HEIGHT * (1 - share)
