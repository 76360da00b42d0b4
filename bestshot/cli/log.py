"""The log of a run: sentences for people, or one JSON object a line for programs that collect logs."""

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from bestshot.errors import UsageError
from bestshot.settings.settings import LogFormat
from bestshot.storage.own_files import OwnKind, open_to_append
from bestshot.text import printable, printable_lines

EVERYTHING: Final = logging.getLogger("bestshot")
"""The logger above those of all modules."""

_LOG_LINE = re.compile(
    rb'(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (INFO|WARNING|ERROR) |\{"time": "\d{4}-\d\d-\d\dT[^"]+", "level": ")'
)
_LOG = OwnKind("log", lambda head: _LOG_LINE.match(head) is not None)


def event(name: str, **facts: object) -> dict[str, object]:
    """What a record is about, for programs: to be given as `extra` beside its message.

    Facts are numbers, texts, truth values and lists of texts.
    """
    return {"facts": {"event": name, **facts}}


class LineFormatter(logging.Formatter):
    """Lets nothing through that a terminal would act on, and no key, whoever worded the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record, of one line or several."""
        return printable_lines(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line in plain ASCII: when, how grave, in words, and what the record says as facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        facts: Mapping[str, object] = getattr(record, "facts", {"event": "message"})
        made = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        whole = {"time": made, "level": record.levelname, **facts, "message": super().format(record)}
        return json.dumps({name: _harmless(value) for name, value in whole.items()})


def _harmless(value: object) -> object:
    match value:
        case str():
            return printable_lines(value)
        case list() | tuple():
            return [_harmless(one) for one in value]
        case _:
            return value


class LogFile(logging.FileHandler):
    """A log that is written on, and not into anything else; `failure` is why it lacks something, as on a full disk."""

    failure: OSError | None = None

    def _open(self) -> TextIOWrapper:
        stream = open_to_append(Path(self.baseFilename), _LOG)
        # What cannot be written must not come back when the file is closed.
        return TextIOWrapper(stream, encoding=self.encoding, errors=self.errors, write_through=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - as logging calls it
        """Remember why a record is not in the file."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self.failure = error
        else:
            super().handleError(record)


def log_file(path: str, form: LogFormat) -> LogFile:
    """The log in a file; raises UsageError where it cannot be written."""
    try:
        handler = LogFile(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"The log file {printable(path)} cannot be written: {error.strerror or error}.") from error
    is_text = form is LogFormat.TEXT
    handler.setFormatter(LineFormatter("%(asctime)s %(levelname)s %(message)s") if is_text else JsonFormatter())
    return handler
