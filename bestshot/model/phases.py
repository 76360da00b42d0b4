"""The phases of a run in their order, and what one unit of each costs; measured on one core, with photos of 12 MP."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a run, as it is titled; `seconds` is roughly what a unit of it costs where nothing waits."""

    title: str
    unit: str
    seconds: float


PHASES: Final[Mapping[str, Phase]] = {
    phase.title: phase
    for phase in (
        Phase("Comparing namesakes", "file", 0.002),
        Phase("Reading dates", "photo", 0.0016),
        Phase("Hashing", "photo", 0.08),
        Phase("Comparing", "pair", 0.12),
        Phase("Judging", "photo", 0.45),
        Phase("Comparing copies", "photo", 0.002),
        Phase("Tracing copies", "photo", 0.1),
        Phase("Recognising", "photo", 0.3),
        Phase("Making the report", "photo", 0.15),
        Phase("Laying out", "change", 0.01),
        Phase("Marking", "change", 0.1),
    )
}
"""All phases of a run that groups photos, by title."""


def seconds_of(title: str) -> float:
    """What a unit of this phase costs, by its title."""
    return PHASES[title].seconds
