"""Medians, ratios pair by pair, and whether a goal is reached: the table that is printed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.comparison.costs import Cost

OURS = "ours"

Outcome = Cost | str
"""What one run cost, or why that is not known."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure of ours may be at most so much: of another program's figure, or by itself if `of` is empty."""

    at_most: float
    of: str = ""
    figure: str = "cpu"


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal in words and as limits, all of which have to be kept."""

    words: str = ""
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of work, its goal, and what each program paid for it, in the order of the pairs.

    `has_same_picks` says whether our groups and picks are those of before; None if that was not compared.
    """

    title: str
    goal: Goal
    outcomes: Mapping[str, Sequence[Outcome]]
    figure: str = "cpu"
    has_same_picks: bool | None = None

    def median_of(self, name: str, figure: str) -> float | None:
        """The median of a figure of one program; None if it has not finished even once."""
        figures = [getattr(cost, figure) for cost in self.outcomes.get(name, ()) if isinstance(cost, Cost)]
        return median(figures) if figures else None

    def ratio(self, name: str, figure: str) -> float | None:
        """Our figure as a multiple of another program's: the median over the pairs in which both have finished."""
        pairs = zip(self.outcomes.get(OURS, ()), self.outcomes.get(name, ()), strict=False)
        ratios = [
            getattr(mine, figure) / getattr(theirs, figure)
            for mine, theirs in pairs
            if isinstance(mine, Cost) and isinstance(theirs, Cost) and getattr(theirs, figure) > 0
        ]
        return median(ratios) if ratios else None

    def reached(self) -> str:
        """Whether the goal is reached: yes, no, or what is lacking to tell."""
        if not self.goal.limits:
            return ""
        figures = {limit: self._figure(limit) for limit in self.goal.limits}
        if any(figure is not None and figure > limit.at_most for limit, figure in figures.items()):
            return "no"
        if self.has_same_picks is False:
            return "no: other picks"
        lacking = [limit.of or OURS for limit, figure in figures.items() if figure is None]
        return f"without {', '.join(lacking)}: not known" if lacking else "yes"

    def _figure(self, limit: Limit) -> float | None:
        return self.ratio(limit.of, limit.figure) if limit.of else self.median_of(OURS, limit.figure)


def table(rows: Sequence[Row], programs: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the table in Markdown, with a column for each program."""
    yield _line(["work", *programs, "ratio: CPU (wall)", "goal", "reached"])
    yield _line(["---"] * (len(programs) + 4))
    for row in rows:
        cells = [_cell(row, name) for name in programs]
        ratios = [_ratio(row, name) for name in programs if name != OURS and row.ratio(name, row.figure) is not None]
        yield _line([row.title, *cells, "; ".join(ratios), row.goal.words, row.reached()])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(row: Row, name: str) -> str:
    figure = row.median_of(name, row.figure)
    if figure is not None:
        decimals = 0 if figure >= 100 else 1 if figure >= 10 else 2
        return f"{figure:.0f} MB" if row.figure == "megabytes" else f"{figure:.{decimals}f} s"
    reasons = [outcome for outcome in row.outcomes.get(name, ()) if isinstance(outcome, str)]
    return reasons[0] if reasons else ""


def _ratio(row: Row, name: str) -> str:
    shown = f"{name} {row.ratio(name, row.figure):.2f}"
    return f"{shown} ({row.ratio(name, 'wall'):.2f})" if row.figure == "cpu" else shown
