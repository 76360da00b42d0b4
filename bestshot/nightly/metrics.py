"""The last runs as metrics: text that Prometheus reads, by the textfile collector of node_exporter or a web server."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from bestshot.nightly.last_run import LastRun
from bestshot.storage.drafts import draft_name
from bestshot.storage.files import keep_owner_and_permissions, replace, writing
from bestshot.storage.opening import open_new
from bestshot.storage.own_files import OwnKind, check_replaceable, clearing

_PREFIX: Final = "photo_organizer_last_run_"
_KIND: Final = OwnKind("file of metrics", lambda head: head.startswith(f"# HELP {_PREFIX}".encode()))

_FOR_ALL: Final = 0o644
"""Its permissions: whoever collects metrics is another user, and they say nothing of any photo."""


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else round(moment.timestamp(), 3)


def _duration(run: LastRun) -> float | None:
    if run.begun is None or run.ended is None or run.is_running:
        return None
    return max(0.0, round((run.ended - run.begun).total_seconds(), 3))


def _fact(name: str) -> Callable[[LastRun], float | None]:
    return lambda run: run.facts.get(name)


_METRICS: Final[Sequence[tuple[str, str, Callable[[LastRun], float | None]]]] = (
    ("start_time_seconds", "When the last run began.", lambda run: _seconds(run.begun)),
    ("end_time_seconds", "When the last run ended.", lambda run: _seconds(run.ended)),
    ("success_time_seconds", "When the last run ended that ended well.", lambda run: _seconds(run.succeeded)),
    ("duration_seconds", "How long the last run took.", _duration),
    ("exit_code", "How it ended: 0 is well, 3 an unreachable source.", lambda run: run.exit_code),
    ("photos", "Photos that it looked at.", _fact("photos")),
    ("groups", "Groups that it found.", _fact("groups")),
    ("marks_written", "Changes of marks that it made, counted photo by photo.", _fact("marks")),
    ("copies", "Copies that it made in the output.", _fact("copies")),
    ("skipped", "Photos that it skipped or was in doubt about.", _fact("skipped")),
    ("failed", "Changes that it could not make.", _fact("failed")),
    ("fetched_bytes", "Bytes that it fetched from a server.", _fact("fetched_bytes")),
)


def metrics(runs: Iterable[LastRun]) -> str:
    """The text; what is not known of a run, as of one that failed, has no line."""
    known = list(runs)
    return "".join(line for name, about, value in _METRICS for line in _lines(f"{_PREFIX}{name}", about, known, value))


def check_metrics(path: Path) -> None:
    """Raise OutputError where something stands that is not an earlier file of metrics."""
    check_replaceable(path, _KIND)


def write_metrics(path: Path, runs: Iterable[LastRun]) -> None:
    """Write the text in one step, for everybody to read, or replace an earlier one; raises OutputError."""
    check_metrics(path)
    draft = path.with_name(draft_name())  # which no collector takes for metrics, as they end in .prom
    with writing(path), clearing(draft):
        with open_new(draft, _FOR_ALL) as stream:
            stream.write(metrics(runs).encode())
        draft.chmod(_FOR_ALL)  # whatever umask a service has
        if path.exists():
            keep_owner_and_permissions(path, draft)
        replace(draft, path)


def _lines(name: str, about: str, runs: Sequence[LastRun], value: Callable[[LastRun], float | None]) -> Iterator[str]:
    yield f"# HELP {name} {about}\n# TYPE {name} gauge\n"
    for run in runs:
        # Not "job": Prometheus has that label for what it collects from. A job's name has nothing to be escaped.
        if (number := value(run)) is not None:
            yield f'{name}{{job_name="{run.job}"}} {number}\n'
