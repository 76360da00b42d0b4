"""What an undo does to the files of an output, and what it leaves alone, as data."""

from dataclasses import dataclass

from bestshot.marks.actions import MarkAction, MarkReceipt


@dataclass(frozen=True, slots=True)
class TakeAway:
    """Take away a file that a run made.

    `steps` is how many of the latest receipts of this destination count no longer once it is done.
    """

    destination: str
    number: int
    steps: int


@dataclass(frozen=True, slots=True)
class PutBack:
    """Let a file be again what it was before a run changed or retired it.

    It is one of three: a file with this `content`, a symbolic `link` to a path, or the best again, shown by the
    original `shown` in the output. `mtime_ns` is the time that it had; `steps` as above.
    """

    destination: str
    number: int
    steps: int
    mtime_ns: int
    content: str | None = None
    link: str | None = None
    shown: str | None = None


Reversal = TakeAway | PutBack


@dataclass(frozen=True, slots=True)
class Left:
    """Something of a run that an undo leaves alone, and why."""

    what: str
    why: str


Result = Reversal | MarkAction | MarkReceipt | Left
"""What came of one change that was to be taken back; a mark is an action as long as that is only looked at."""
