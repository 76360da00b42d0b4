"""Which of the changes to an output count, once those that were taken back are left out: pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from bestshot.layout.actions import Receipt
from bestshot.layout.reversals import Reversal


@dataclass(frozen=True, slots=True)
class Made:
    """A change that a run made. `is_learned` if the run only found it made, by an earlier one."""

    run: int
    is_learned: bool
    receipt: Receipt


def standing(events: Iterable[Made | Reversal]) -> list[Made]:
    """The changes that count, oldest first: each reversal lets the latest ones of its destination go."""
    places: dict[str, list[int]] = {}
    made: dict[int, Made] = {}
    for position, event in enumerate(events):
        if isinstance(event, Made):
            made[position] = event
            places.setdefault(event.receipt.action.destination, []).append(position)
        else:
            for _ in range(event.steps):
                del made[places[event.destination].pop()]
    return list(made.values())
