"""What a run did to an output, the other way round: pure.

What a later run made stays, and so does everything in the group that it built on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bestshot.journal.runs import KeptItem, RunPart, undone_parts
from bestshot.layout.actions import (
    Action,
    AppliedChange,
    CopyFile,
    PlaceBest,
    Receipt,
    RemoveFile,
    RestoreFile,
    RetireBest,
    Reversal,
    WriteMetadata,
)
from bestshot.layout.names import group_folder
from bestshot.model.photo import LinkMethod

_EARLIER_LOST = "What it held before is not known, because the run was cut short: it stays as it is."


@dataclass(frozen=True, slots=True)
class Step:
    """One reversal, and what it rests on.

    `found` is what must stand at the destination as it was made, None where nothing may. Where the file is a photo's,
    `original` is the copy that was made of it, and `beside` the place in the output where the same picture is too. A
    best has no `original` where an earlier undo has taken back that copy.
    """

    action: Reversal
    found: Receipt | None
    original: CopyFile | None = None
    beside: str | None = None


def plan_folder_undo(
    made: Sequence[AppliedChange], part: int, parts: Sequence[RunPart]
) -> tuple[list[Step], list[KeptItem]]:
    """The reversals of a part of a run, latest first, and what must be left.

    `made` are all changes that count, `parts` those of all runs.
    """
    later = _later_runs(made, part, parts)
    copies = {one.action.destination: one.action for one in made if isinstance(one.action, CopyFile)}
    chains: dict[str, list[AppliedChange]] = {}
    for one in made:
        chains.setdefault(one.action.destination, []).append(one)
    steps: list[Step] = []
    left: dict[str, KeptItem] = {}
    for one in reversed(made):
        destination, number = one.action.destination, one.action.number
        chain = chains[destination]
        start = _start(chain, part)
        if start is None or chain[start] is not one:
            continue
        if number in later:
            folder = group_folder(number)
            left[folder] = KeptItem(folder, f"Run {later[number]} built on it: undo that one first.")
        elif _is_earlier_lost(chain, start):
            left[destination] = KeptItem(destination, _EARLIER_LOST)
        elif step := _step(chain, start, copies):
            steps.append(step)
    return steps, [left[name] for name in sorted(left)]


def _later_runs(made: Iterable[AppliedChange], part: int, parts: Sequence[RunPart]) -> dict[int, int]:
    """For each group that was changed after this part of a run, the latest run that did and was not undone."""
    standing = {one.id: one.run for one in parts if not one.is_learned}
    for undone in undone_parts(parts):
        standing.pop(undone, None)
    return {one.action.number: standing[one.part] for one in made if one.part > part and one.part in standing}


def _start(chain: Sequence[AppliedChange], part: int) -> int | None:
    """Where in the changes of one destination those of this part begin."""
    return next((place for place, one in enumerate(chain) if one.part == part and not one.is_learned), None)


def _step(chain: Sequence[AppliedChange], start: int, copies: Mapping[str, CopyFile]) -> Step | None:
    """What takes a destination back to where it was before the change at `start`; None if nothing needs to."""
    last, steps = chain[-1], len(chain) - start
    found = None if isinstance(last.action, RetireBest) else Receipt(last.action, last.effect)
    action: Reversal | None = _restored(chain[start], chain[start - 1], steps) if start else None
    if action is None and found is not None:
        action = RemoveFile(last.action.destination, last.action.number, steps)
    return None if action is None else Step(action, found, *_elsewhere(last.action, copies))


def _restored(changed: AppliedChange, earlier: AppliedChange, steps: int) -> RestoreFile | None:
    """What stood there before, if anything did that this change took the place of."""
    action, before = changed.action, earlier.action
    restore = partial(RestoreFile, action.destination, action.number, steps, earlier.effect.mtime_ns)
    if isinstance(before, PlaceBest):
        if not isinstance(action, RetireBest):
            return None
        if earlier.effect.checksum is None:
            return restore(link=Receipt(before, earlier.effect).link)
        return restore(shown=before.target)
    if changed.effect.replaced is not None:
        return restore(content=changed.effect.replaced)
    if isinstance(action, CopyFile) and action.replaces and isinstance(before, CopyFile):
        return restore(link=before.source)
    return None


def _is_earlier_lost(chain: Sequence[AppliedChange], start: int) -> bool:
    """Whether a copy took the place of another one in a run that was killed before it wrote down what that held."""
    action, before = chain[start].action, chain[start - 1].action if start else None
    return (
        isinstance(action, CopyFile)
        and action.replaces
        and chain[start].effect.replaced is None
        and isinstance(before, CopyFile)
        and before.method is not LinkMethod.SYMLINK
    )


def _elsewhere(action: Action, copies: Mapping[str, CopyFile]) -> tuple[CopyFile | None, str | None]:
    """The `original` and the place `beside` of what the last action left."""
    match action:
        case CopyFile():
            return action, None
        case PlaceBest(target=target):
            return copies.get(target), target
        case WriteMetadata() | RetireBest():
            return None, None
