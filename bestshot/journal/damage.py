"""A journal that is not as it was written: found when it is opened, told run by run, and saved as far as it is."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bestshot.errors import DamagedError
from bestshot.journal.schema import APPLICATION_ID, MIGRATIONS, SEALED
from bestshot.storage.database import open_database, storage_errors
from bestshot.storage.salvage import Salvage
from bestshot.storage.seals import whole
from bestshot.text import count, printable

_UNREADABLE = (
    "{path} is damaged or not a database. Nothing in it can be read, so nothing can be taken back with it: what was"
    " made stays and counts as yours. Put an earlier copy in its place, or move it away to start afresh."
)
_EMPTY = (
    "{path} is empty: it was damaged, or the very first run was killed while it made it. What was made before, if"
    " anything was, cannot be taken back and counts as yours, unless you put an earlier copy in its place."
)
_LOOKED = "Nothing was changed; the next run, or --undo, saves what can be read and keeps the damaged file beside it."
_STAYS = "What cannot be undone stays as it is and counts as yours."
_SAVED = "What can be read was saved, so that you can go on; the damaged file is kept as {aside}."

_MISSED: Final = """
    SELECT EXISTS (
        SELECT id FROM runs
        LEFT JOIN (SELECT run, COUNT(*) AS found FROM changes INDEXED BY changes_by_run GROUP BY run) ON run = id
        WHERE begun <> COALESCE(found, 0)
    )
    OR (SELECT TOTAL(begun) FROM runs) <> (SELECT COUNT(*) FROM changes NOT INDEXED)
    OR (SELECT TOTAL(id) FROM changes NOT INDEXED WHERE state = 'begun')
        <> (SELECT TOTAL(id) FROM changes INDEXED BY unfinished_changes WHERE state = 'begun')
    OR NOT EXISTS (SELECT 1 FROM drafts)
"""
"""Whether a change is missing, in the table or in an index by which it is found."""


def emptied(path: Path) -> str | None:
    """What is to be said of a journal that is there and holds nothing, as no run that came to its end leaves it."""
    with storage_errors(path):
        # On some Macs SQLite writes a single byte into an empty file to lock it.
        is_empty = path.is_file() and path.stat().st_size <= 1
    return _EMPTY.format(path=printable(str(path))) if is_empty else None


def open_file(path: Path) -> sqlite3.Connection:
    """The journal's file, brought up to date; raises DamagedError as far as SQLite sees damage by itself."""
    return open_database(path, application_id=APPLICATION_ID, migrations=MIGRATIONS, sealed=SEALED, is_kept=True)


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise DamagedError unless every row is there and as it was written.

    That is one reading of all rows. `PRAGMA quick_check` takes half as long, but sees no change within a row.
    """
    query = "SELECT EXISTS (SELECT 1 FROM {table} {by} WHERE NOT ({whole}))"
    ways = {table: "INDEXED BY changes_by_run" if table == "changes" else "NOT INDEXED" for table in SEALED}
    with storage_errors(path):
        broken = [query.format(table=table, by=by, whole=whole(connection, table)) for table, by in ways.items()]
        if any(connection.execute(one).fetchone()[0] for one in (*broken, _MISSED)):
            raise DamagedError(f"{printable(str(path))} is damaged.")


def damage(path: Path, *, mends: bool) -> DamagedError:
    """What is to be said of a damaged journal; if it `mends`, what can be read is saved first."""
    name = printable(str(path))
    try:
        with Salvage(path, open_file, SEALED) as salvage:
            sentences = _settle(salvage.saved)
            if not sentences:
                return DamagedError(_UNREADABLE.format(path=name))
            how = _SAVED.format(aside=printable(str(salvage.put_in_place()))) if mends else _LOOKED
    except DamagedError:
        return DamagedError(_UNREADABLE.format(path=name))
    return DamagedError(" ".join([f"{name} is damaged.", *sentences, how]))


def _settle(saved: sqlite3.Connection) -> list[str]:
    """Write down what each run lost, and say it; nothing if no run can be read."""
    orphans = "changes WHERE run NOT IN (SELECT id FROM runs)"
    gone = [row[0] for row in saved.execute(f"SELECT DISTINCT run FROM {orphans} ORDER BY run")]  # noqa: S608 - as above
    saved.execute(f"DELETE FROM {orphans}")  # noqa: S608 - as above
    saved.execute("DELETE FROM sidecars WHERE change NOT IN (SELECT id FROM changes)")
    found = "(SELECT COUNT(*) FROM changes WHERE run = runs.id)"
    texts = "(SELECT COUNT(*) FROM sidecars JOIN changes ON changes.id = change WHERE run = runs.id)"
    rows = saved.execute(
        f"SELECT COALESCE(job, id), SUM(max(begun - {found}, 0)), SUM({found}), SUM(max(kept - {texts}, 0))"  # noqa: S608 - as above
        " FROM runs GROUP BY 1 ORDER BY 1"
    ).fetchall()
    saved.execute(f"UPDATE runs SET lost = lost + max(begun - {found}, 0), begun = {found}, kept = {texts}")  # noqa: S608 - as above
    hurt = {number: _of_run(number, *lost) for number, *lost in rows if lost[0] or lost[2]}
    hurt |= {number: f"Run {number} cannot be undone at all." for number in gone if number not in hurt}
    others = [number for number, *_ in rows if number not in hurt]
    whole_ones = f"What was done by {_in_ranges(others)} is all known and can be undone as before."
    return [*(hurt[number] for number in sorted(hurt)), *([whole_ones] if others else []), *([_STAYS] if hurt else [])]


def _of_run(number: int, lost: int, known: int, texts: int) -> str:
    said = [f"{count(lost, 'change')} cannot be undone and {known} can"] if lost else []
    said += [f"{count(texts, 'sidecar')} cannot be put back byte by byte"] if texts else []
    return f"Of run {number}, {', and '.join(said)}."


def _in_ranges(numbers: Sequence[int]) -> str:
    """Numbers in words, those that follow each other as one: "run 3", "runs 1 to 4, 7"."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    texts = [" to ".join(map(str, one)) for one in ranges]
    return f"run{'s' if len(numbers) > 1 else ''} {', '.join(texts)}"
