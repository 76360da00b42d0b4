"""What came of the last run of each job: a small file for each in the state folder, written whole."""

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Self

import msgspec

from bestshot.errors import StateError
from bestshot.storage.drafts import draft_name, is_draft_name
from bestshot.storage.files import make_private_folders, writing
from bestshot.storage.opening import open_new, open_regular
from bestshot.storage.own_files import PRIVATE, clearing
from bestshot.text import printable

DEFAULT: Final = "default"
"""The job of a command line that names none."""

TRY_AGAIN: Final = frozenset({3, 4})
"""Exit codes of a run that could not begin: the photos are not reachable, or another run holds them."""

INTERRUPTED: Final = 130

_FOLDER: Final = "last-runs"
_RESIDENT, _SINGLE = "resident", "single"
_SUFFIX: Final = ".json"
_MOST_BYTES: Final = 1 << 16

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run of a job with these settings (`about` is a digest of them); times are UTC.

    `due` and `begun` are of the run that began last; `ended`, `exit_code` and `facts` of the one that ended last.
    `in_vain` is how many in a row ended before they could do anything. `late_after` is when the next one should have
    ended, and `metrics` the file in which all this is told.
    """

    job: str
    about: str
    due: _Moment | None = None
    begun: _Moment | None = None
    ended: _Moment | None = None
    exit_code: int | None = None
    in_vain: int = 0
    is_running: bool = False
    succeeded: _Moment | None = None
    late_after: _Moment | None = None
    metrics: str | None = None
    facts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_cut_off(self) -> bool:
        """Whether the run did not come to its end: it was stopped, or its machine was."""
        return self.is_running or self.exit_code == INTERRUPTED

    def beginning(self, due: datetime, now: datetime) -> Self:
        """This after a run has begun, which is in vain until it is known to be more."""
        return replace(self, due=due, begun=now, is_running=True, in_vain=self.in_vain + 1)

    def ending(self, exit_code: int, facts: Mapping[str, int], now: datetime) -> Self:
        """This after the run has ended."""
        return replace(
            self,
            ended=now,
            exit_code=exit_code,
            is_running=False,
            facts=facts,
            in_vain=self.in_vain if exit_code in TRY_AGAIN else 0,
            succeeded=self.succeeded if exit_code else now,
        )


def resident_folder(state_dir: Path) -> Path:
    """Where the last runs are kept that are repeated; health is told from them."""
    return state_dir / _FOLDER / _RESIDENT


def single_folder(state_dir: Path) -> Path:
    """Where the last ones of single runs are kept, for metrics."""
    return state_dir / _FOLDER / _SINGLE


def last_runs(folder: Path) -> list[LastRun]:
    """All that are kept, by the names of their jobs; raises StateError where they cannot be read."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(_SUFFIX))  # noqa: PTH208 - names are wanted
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StateError(f"{printable(str(folder))} cannot be read: {error.strerror or error}.") from error
    read = (_read(folder / name) for name in names)
    return [one for one in read if one is not None]


def last_run(folder: Path, job: str, about: str) -> LastRun:
    """The last run of a job with these settings; one of other settings tells nothing."""
    known = _read(_path(folder, job))
    return known if known is not None and known.about == about else LastRun(job, about)


def keep(folder: Path, run: LastRun) -> None:
    """Write one down in the place of the job's run before; raises OutputError."""
    path = _path(folder, run.job)
    draft = path.with_name(draft_name())
    with writing(path), clearing(draft):
        make_private_folders(folder)
        with open_new(draft, PRIVATE) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(run)))
        draft.replace(path)


def forget_others(folder: Path, jobs: Collection[str]) -> None:
    """Forget all jobs but these, and what a kill left half-written; raises OutputError."""
    with writing(folder):
        for path in folder.iterdir():
            if is_draft_name(path.name) or (path.suffix == _SUFFIX and path.stem not in jobs and _read(path)):
                path.unlink(missing_ok=True)


def _path(folder: Path, job: str) -> Path:
    return folder / f"{job}{_SUFFIX}"


def _read(path: Path) -> LastRun | None:
    """One that was written down; None for a file that is not whole, of another version, or nobody's."""
    with suppress(FileNotFoundError, msgspec.DecodeError):
        try:
            with open_regular(path, follow=False) as stream:
                return msgspec.json.decode(stream.read(_MOST_BYTES), type=LastRun)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise StateError(f"{printable(str(path))} cannot be read: {error.strerror or error}.") from error
    return None
