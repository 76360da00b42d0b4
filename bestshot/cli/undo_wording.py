"""What is told of taking a run back."""

from collections.abc import Iterable, Iterator, Sequence

from bestshot.journal.runs import Left
from bestshot.layout.actions import PutBack, TakeAway
from bestshot.marks.actions import MarkAction, MarkReceipt
from bestshot.marks.wording import done_in_words
from bestshot.text import count, printable
from bestshot.undo.undo import Result


def undo_lines(results: Sequence[Result], *, acted: bool) -> Iterator[str]:
    """What an undo came to, in a line; what it leaves is told apart."""
    yield f"{'; '.join(_undone(results, acted=acted)) or 'nothing was left to take back'}."


def _undone(results: Iterable[Result], *, acted: bool) -> Iterator[str]:
    done = list(results)
    will = "" if acted else " to be"
    if number := sum(isinstance(one, TakeAway) for one in done):
        yield f"{count(number, 'file')}{will} taken away"
    if number := sum(isinstance(one, PutBack) for one in done):
        yield f"{count(number, 'file')}{will} put back"
    yield from done_in_words(one for one in done if isinstance(one, MarkReceipt))
    if number := sum(isinstance(one, MarkAction) for one in done):
        yield f"{count(number, 'change')} of marks to be taken back"
    if number := sum(isinstance(one, Left) for one in done):
        yield f"{count(number, 'thing')} left alone"


def left_line(left: Left) -> str:
    """What was left alone, and why."""
    return f"{printable(left.what)}: {left.why}"
