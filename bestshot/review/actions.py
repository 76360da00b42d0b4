"""What the page may have done with the groups: its options as settings, and what comes of them in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any, Final

import msgspec

from bestshot.layout.actions import Action, CopyFile, FileState, Receipt
from bestshot.marks.actions import MarkAction, MarkEffect, MarkReceipt
from bestshot.marks.wording import done_in_words
from bestshot.model.photo import LinkMethod, SourceType
from bestshot.pipeline.outcome import Outcome
from bestshot.review.jobs import JobResult
from bestshot.review.refusal import RefusedError
from bestshot.settings.checks import check_consistency
from bestshot.settings.config_file import expanded
from bestshot.settings.reading import check_given
from bestshot.settings.settings import SETTINGS, Settings
from bestshot.text import count, format_size, printable


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done with the groups, as the page says it."""

    folder: str | None = None
    link: str | None = None
    tag: bool = False
    albums: bool = False
    favorite: bool = False
    stack: bool = False
    archive: bool = False
    rate: str | None = None
    label: str | None = None
    inherit: bool = False


_SETTING_OF: Final = {
    "folder": "output",
    "link": "link",
    "tag": "tag_only",
    "albums": "create_albums",
    "favorite": "mark_best_favorite",
    "stack": "stack",
    "archive": "archive_rest",
    "rate": "rate",
    "label": "label",
    "inherit": "inherit",
}

_LABELS: Final = {
    "folder": "Lay the groups out in",
    "link": "How",
    "tag": "Tag them",
    "albums": "Albums",
    "favorite": "The best is a favourite",
    "stack": "Stacks",
    "archive": "Archive the rest",
    "rate": "Stars",
    "label": "Colour labels",
    "inherit": "The best inherits",
}


_HINTS: Final = {
    "folder": ", such as ~/Organized; your photos stay where they are",
    "archive": "; stacked photos are out of it already",
}
"""What the page says further, where nobody has the documents at hand."""


class Choice(msgspec.Struct, frozen=True):
    """One option that the page offers."""

    name: str
    label: str
    kind: str
    choices: tuple[str, ...]
    default: bool | str | None
    about: str


def choices_for(settings: Settings) -> list[Choice]:
    """The options that a source has, with what the settings say already."""
    return [
        _choice(name, setting, settings)
        for name, setting in _SETTING_OF.items()
        if SETTINGS[setting].only in (None, settings.source_type)
    ]


def _choice(name: str, setting: str, settings: Settings) -> Choice:
    kind, value = SETTINGS[setting].kind, getattr(settings, setting)
    values = tuple(one.value for one in kind) if isinstance(kind, type) and issubclass(kind, Enum) else ()
    told = "bool" if kind is bool else "choice" if values else "text"
    default = value.value if isinstance(value, Enum) else value
    about = SETTINGS[setting].about.help.replace("`", "") + _HINTS.get(name, "")
    return Choice(name, _LABELS[name], told, values, default, about)


def settings_for_options(settings: Settings, options: Options) -> Settings:
    """The settings of a run that does this; raises UsageError for what does not go together, or is no such thing."""
    given = {_SETTING_OF[name]: value for name, value in msgspec.structs.asdict(options).items() if value}
    for setting in given:
        if SETTINGS[setting].only not in (None, settings.source_type):
            raise RefusedError(f"{SETTINGS[setting].label} is not for these photos.")
    values: dict[str, Any] = {name: SETTINGS[name].default for name in _SETTING_OF.values()}
    values |= {name: check_given(name, value) for name, value in given.items()}
    values["output"] = values["output"] and expanded(values["output"])  # no shell has
    wanted = replace(settings, **values, yes=True)
    marks = wanted.mark_options.any and not wanted.create_albums
    if wanted.source_type == SourceType.LOCAL and wanted.output is not None and marks:
        raise RefusedError("Photos in folders are laid out and marked one after the other: choose one of both now.")
    check_consistency({}, wanted)
    if wanted.options.is_looking:
        raise RefusedError("Choose what is to be done: a folder for the groups, or marks on the photos.")
    return wanted


def result_of(outcome: Outcome, run: int | None) -> JobResult:
    """What a run did, or would do."""
    plan = outcome.plan
    done: Sequence[Receipt | MarkReceipt] = outcome.receipts if outcome.acted else [*_expected(plan.actions)]
    files = [one.action for one in done if isinstance(one, Receipt)]
    marks = [one for one in done if isinstance(one, MarkReceipt)]
    failed = tuple((printable(one.id), printable(one.error)) for one in outcome.failed)
    lines = [*_file_lines(files, plan.options.layout), *done_in_words(marks)]
    return JobResult(
        tuple(lines),
        _counts(files, marks),
        failed,
        run,
        problems=len(failed),
    )


def _expected(actions: Sequence[Action | MarkAction]) -> Iterator[Receipt | MarkReceipt]:
    """What would be done if all that is planned were made on every photo."""
    for number, action in enumerate(actions):
        if isinstance(action, MarkAction):
            yield MarkReceipt(action, MarkEffect(action.keys, f"planned {number}"))
        else:
            yield Receipt(action, FileState())


def _counts(files: Sequence[Action], marks: Sequence[MarkReceipt]) -> dict[str, int]:
    copies = [one for one in files if isinstance(one, CopyFile)]
    return {
        "copies": len(copies),
        "bytes": sum(one.size for one in copies if one.method is LinkMethod.COPY),
        "marks": sum(len(one.effect.changed) for one in marks),
    }


_BROUGHT: Final[Mapping[LinkMethod, tuple[str, str]]] = {
    LinkMethod.COPY: ("copy", "copies"),
    LinkMethod.HARDLINK: ("hard link", "hard links"),
    LinkMethod.SYMLINK: ("link", "links"),
}


def _file_lines(actions: Sequence[Action], output: str | None) -> Iterator[str]:
    place = printable(str(Path(output or "").absolute()))  # the page does not know where the program was started
    for method, (one, several) in _BROUGHT.items():
        copies = [action for action in actions if isinstance(action, CopyFile) and action.method is method]
        if copies:
            size = f", {format_size(sum(action.size for action in copies))}," if method is LinkMethod.COPY else ""
            yield f"{count(len(copies), one, several)}{size} to {place}"
    if others := sum(not isinstance(action, CopyFile) for action in actions):
        yield f"{count(others, 'further file')} there: the best of each group, and what is known of it"
