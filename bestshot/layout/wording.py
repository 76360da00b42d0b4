"""What would be made in an output, in words."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import assert_never

from bestshot.layout.actions import (
    Action,
    CopyFile,
    PlaceBest,
    RemoveFile,
    RestoreFile,
    RetireBest,
    Reversal,
    WriteMetadata,
)
from bestshot.layout.names import group_folder
from bestshot.model.photo import LinkMethod
from bestshot.text import base_name, count, format_size, printable

_BRINGING = {LinkMethod.COPY: "copy", LinkMethod.HARDLINK: "hard-link", LinkMethod.SYMLINK: "link"}


def folder_lines(actions: Iterable[Action], *, with_files: bool) -> Iterator[str]:
    """A line for each group of which something would be made, and one for each file if they are wanted."""
    for number, of_group in groupby(sorted(actions, key=_number), key=_number):
        here = list(of_group)
        yield f"  would in {group_folder(number)} {', '.join(_parts(here))}"
        if with_files:
            yield from (f"      {file_in_words(action)}" for action in here)


def _number(action: Action) -> int:
    return action.number


def _parts(actions: list[Action]) -> Iterator[str]:
    copies = [action for action in actions if isinstance(action, CopyFile)]
    for method, verb in _BRINGING.items():
        new = [action for action in copies if action.method is method and not action.replaces]
        if new:
            size = f" ({format_size(sum(action.size for action in new))})" if method is LinkMethod.COPY else ""
            yield f"{verb} {count(len(new), 'file')}{size}"
    if replaced := sum(action.replaces for action in copies):
        yield f"replace {count(replaced, 'file')}"
    yield from (_deed(action) for action in actions if not isinstance(action, CopyFile))


def _deed(action: PlaceBest | RetireBest | WriteMetadata) -> str:
    match action:
        case PlaceBest():
            return f"show {printable(base_name(action.target))} as the best"
        case RetireBest():
            return f"no longer show {printable(base_name(action.target))} as the best"
        case WriteMetadata():
            return f"write {base_name(action.destination)}"
        case _:
            assert_never(action)


def file_in_words(action: Action | Reversal) -> str:
    """What a change does to a file."""
    destination = printable(action.destination)
    match action:
        case CopyFile(replaces=True):
            return f"replace {destination} by {printable(action.source)}"
        case CopyFile():
            return f"{_BRINGING[action.method]} {printable(action.source)} to {destination}"
        case PlaceBest():
            return f"show {printable(action.target)} as {destination}"
        case RetireBest():
            return f"remove {destination}, which shows {printable(action.target)}"
        case WriteMetadata():
            return f"write {destination}"
        case RemoveFile():
            return f"remove {destination}"
        case RestoreFile():
            return f"restore {destination}"
        case _:
            assert_never(action)
