"""What a run did to an output, the other way round: pure.

What a later run made stays, and so does everything in the group that it built on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from posixpath import dirname, relpath

from bestshot.journal.runs import KeptItem, RunPart, undone_parts
from bestshot.layout.actions import (
    AppliedChange,
    CopyFile,
    FileState,
    PlaceBest,
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

    `found` is what must stand at the destination, None where nothing may. Where the file is a photo's, `original` is
    the copy that was made of it, and `beside` the place in the output where the same picture is too.
    """

    action: Reversal
    found: FileState | None
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
    order = {id(one): position for position, one in enumerate(made)}
    touched = [(chain, start) for chain in chains.values() if (start := _start(chain, part)) is not None]
    touched.sort(key=lambda pair: -order[id(pair[0][pair[1]])])
    steps: list[Step] = []
    left: dict[str, KeptItem] = {}
    for chain, start in touched:
        destination, number = chain[start].action.destination, chain[start].action.number
        if number in later:
            folder = group_folder(number)
            left[folder] = KeptItem(folder, f"Run {later[number]} built on it: undo that one first.")
        elif _is_earlier_lost(chain, start):
            left[destination] = KeptItem(destination, _EARLIER_LOST)
        else:
            steps += _step(chain, start, copies)
    return steps, [left[name] for name in sorted(left)]


def _later_runs(made: Iterable[AppliedChange], part: int, parts: Sequence[RunPart]) -> dict[int, int]:
    """For each group that was changed after this part of a run, the latest run that did and was not undone."""
    standing = {one.id: one.run for one in parts if not one.is_learned}
    for undone in undone_parts(parts):
        standing.pop(undone, None)
    return {one.action.number: standing[one.part] for one in made if one.part > part and one.part in standing}


def _start(chain: Sequence[AppliedChange], part: int) -> int | None:
    return next((place for place, one in enumerate(chain) if one.part == part and not one.is_learned), None)


def _step(chain: Sequence[AppliedChange], start: int, copies: dict[str, CopyFile]) -> Iterator[Step]:
    """What takes a destination back to where it was before the change at `start`."""
    changed, steps = chain[start], len(chain) - start
    last = chain[-1]
    found = None if isinstance(last.action, RetireBest) else last.effect
    earlier = chain[start - 1] if start else None
    back = None if earlier is None else _put_back(changed, earlier, steps)
    original, beside = _elsewhere(last, copies)
    if back is not None:
        yield Step(back, found, original, beside)
    elif found is not None:
        yield Step(RemoveFile(last.action.destination, last.action.number, steps), found, original, beside)


def _put_back(changed: AppliedChange, earlier: AppliedChange, steps: int) -> RestoreFile | None:
    """What stood there before, if anything did that this change took the place of."""
    action, before, time = changed.action, earlier.action, earlier.effect.mtime_ns
    destination, number = action.destination, action.number
    if isinstance(before, PlaceBest):
        if not isinstance(action, RetireBest):
            return None
        if earlier.effect.checksum is None:
            link = relpath(before.target, dirname(destination))
            return RestoreFile(destination, number, steps, time, link=link)
        return RestoreFile(destination, number, steps, time, shown=before.target)
    if changed.effect.replaced is not None:
        return RestoreFile(destination, number, steps, time, content=changed.effect.replaced)
    if isinstance(action, CopyFile) and action.replaces and isinstance(before, CopyFile):
        return RestoreFile(destination, number, steps, time, link=before.source)
    return None


def _is_earlier_lost(chain: Sequence[AppliedChange], start: int) -> bool:
    """Whether a copy took the place of another one in a run that was killed before it wrote down what that held."""
    changed, earlier = chain[start], chain[start - 1] if start else None
    return (
        isinstance(changed.action, CopyFile)
        and changed.action.replaces
        and changed.effect.replaced is None
        and earlier is not None
        and isinstance(earlier.action, CopyFile)
        and earlier.action.method is not LinkMethod.SYMLINK
    )


def _elsewhere(last: AppliedChange, copies: dict[str, CopyFile]) -> tuple[CopyFile | None, str | None]:
    match last.action:
        case CopyFile():
            return last.action, None
        case PlaceBest(target=target):
            return copies.get(target), target
        case WriteMetadata() | RetireBest():
            return None, None
