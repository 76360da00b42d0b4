"""Changes of marks in words, before and after they are made."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from bestshot.marks.actions import MarkAction, MarkReceipt
from bestshot.marks.registry import MARKS
from bestshot.text import count, printable

Lead = Literal["would", "done:", "begun:", "found:"]
"""How a line about a change begins."""

_FEW: Final = 5
"""So many photos are named within a line."""


def action_line(
    action: MarkAction, calls: Sequence[str] = (), *, with_keys: bool = False, few: bool = False, lead: Lead = "would"
) -> str:
    """What an action would do, or did, and by which calls, with the keys of its photos, or a few, if wanted."""
    deed = action.words.would.format(action, photos=count(len(action.keys), "photo"))
    named = action.keys[:_FEW] if few else action.keys
    more = f" and {len(action.keys) - _FEW:,} more" if len(named) < len(action.keys) else ""
    keys = f": {', '.join(map(printable, named))}{more}" if with_keys else ""
    by_calls = f" ({', '.join(map(printable, calls))})" if calls else ""
    return f"  {lead} {deed}{by_calls}{keys}"


def action_lines(action: MarkAction, *, lead: Lead) -> Iterator[str]:
    """What an action would do, or did, with a line for each of its photos."""
    yield action_line(action, lead=lead)
    yield from (f"      {printable(key)}" for key in action.keys)


def done_in_words(receipts: Iterable[MarkReceipt]) -> Iterator[str]:
    """What was changed, added up by kind: a photo that got two tags was tagged once.

    What only an undo does comes last, in the order in which an undo goes through the kinds.
    """
    changed: dict[str, set[str]] = {}
    for receipt in receipts:
        for deed, things in receipt.action.counted(receipt.effect).items():
            changed.setdefault(deed, set()).update(things)
    nouns = [pair for kind in MARKS for pair in kind.counted.items()]
    nouns += [pair for kind in reversed(MARKS) for pair in kind.taken_back.items()]
    for deed, noun in nouns:
        if number := len(changed.get(deed, ())):
            yield f"{count(number, noun)} {deed}"
