"""When photos belong together, as the user sets it; without numpy, which grouping needs, so that --help is instant."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroupingRules:
    """When photos belong together.

    `threshold` is in bits of a 64-bit hash, `time_window` in seconds between neighbours (None: any time).
    """

    threshold: int = 5
    time_window: float | None = 300.0
    min_group_size: int = 2
