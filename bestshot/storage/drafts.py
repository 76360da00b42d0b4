"""Files that are written whole before they get their names: under names that nobody can foresee, known after a kill."""

import json
import re
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from bestshot.storage.files import writing
from bestshot.storage.opening import open_new, open_regular

_NAME = re.compile(r"\.photo-organizer-[0-9a-f]{32}\.part")


def draft_name(token: str | None = None) -> str:
    """The name of a file that is not finished; `token` are 32 hexadecimal digits that nobody can foresee."""
    return f".photo-organizer-{token or secrets.token_hex(16)}.part"


def is_draft_name(name: str) -> bool:
    """Whether a name is one that `draft_name` gives."""
    return _NAME.fullmatch(name) is not None


class Drafts:
    """The drafts of one run, each noted in the file `record` before it is made.

    So the next run over the same library takes away what a kill left, and nothing else. The record lies beside the
    lock of the library, which whoever enters this must hold.
    """

    def __init__(self, record: Path) -> None:
        self._record = record
        self._notes: BinaryIO | None = None

    def __enter__(self) -> Self:
        for draft in self._noted():
            with suppress(OSError):  # gone, or its disk is; a hidden file that stays is in nobody's way
                draft.unlink()
        with writing(self._record):
            self._record.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._notes is not None:
            self._notes.close()
            with writing(self._record):
                self._record.unlink(missing_ok=True)

    def beside(self, final: Path) -> Path:
        """Where to write a file first that is to have this name; raises OutputError."""
        draft = final.absolute().with_name(draft_name())
        with writing(self._record):
            if self._notes is None:
                self._notes = open_new(self._record, 0o600)
            # The standard library's json keeps the surrogates of undecodable names.
            self._notes.write(json.dumps(str(draft)).encode("ascii") + b"\n")
            self._notes.flush()
        return draft

    def _noted(self) -> list[Path]:
        """What a killed run noted; a line that it could not finish is about a draft that was never made."""
        noted: list[Path] = []
        with suppress(OSError, ValueError), open_regular(self._record, follow=False) as record:
            for line in record:
                draft = Path(str(json.loads(line)))
                if is_draft_name(draft.name):
                    noted.append(draft)
        return noted
