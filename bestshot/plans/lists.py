"""Groups as lists for other programs: a table, and the names of all photos that are not the best."""

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence

from bestshot.errors import UsageError
from bestshot.model.photo import FileRole, Metadata, Photo
from bestshot.plans.plan import Plan
from bestshot.text import printable

_FIRST_COLUMNS = ("group", "place", "best", "id", "name", "taken_at", "size", "score", "reasons")
"""Those that earlier versions wrote as well."""

_COLUMNS = (*_FIRST_COLUMNS, "kind", "kept", "reference")

_HEADER = re.compile(rb"(\xef\xbb\xbf)?%s(,[a-z,]+)?\r?\n" % ",".join(_FIRST_COLUMNS).encode())
_ASSET_ID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_ASKS_TO_COUNT = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula; https://owasp.org/www-community/attacks/CSV_Injection."""


def to_csv(plan: Plan, metadata: Mapping[str, Metadata]) -> str:
    """One line for each photo of a group, the best first; RFC 4180, with a quote before what looks like a formula."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(_COLUMNS)
    for group in plan.groups:
        rest = {photo.id for photo in group.verdict.rest}
        for place, ranked in enumerate(group.verdict.ranking, start=1):
            photo = ranked.photo
            taken = metadata[photo.id].taken.isoformat()
            reasons = _harmless("; ".join(reason.text for reason in ranked.reasons))
            names = (_harmless(photo.id), _harmless(photo.name))
            row = (group.number, place, int(place == 1), *names, taken, photo.size, f"{ranked.score:.3f}", reasons)
            is_kept = photo.id not in rest
            table.writerow((*row, group.verdict.kind.value, int(is_kept), int(photo.is_reference)))
    return text.getvalue()


def is_table(head: bytes) -> bool:
    """Whether a file that begins like this is such a table."""
    return _HEADER.match(head) is not None


def is_rest(head: bytes, folders: Sequence[str]) -> bool:
    """Whether a file that begins like this is such a list of names: only of photos below these folders, or of ids."""
    names = head.split(b"\0" if b"\0" in head else b"\n")[:-1]
    below = tuple(os.fsencode(folder.rstrip("/") + "/") for folder in folders)
    return bool(names) and all(name.startswith(below) or _ASSET_ID.fullmatch(name) for name in names)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_ASKS_TO_COUNT) else text


def rest_of(plan: Plan, *, null: bool) -> bytes:
    """All files of the photos that are not the best, one a line or each with a NUL after it.

    Raises UsageError for a path that would be taken for two lines.
    """
    names = [name for photo in plan.rest for name in _names(photo)]
    broken = next((name for name in names if "\n" in name), None)
    if broken is not None and not null:
        raise UsageError(f"The path {printable(broken)} contains a line break: use --null with --list-rest.")
    return b"".join(os.fsencode(name) + (b"\0" if null else b"\n") for name in names)


def _names(photo: Photo) -> Iterator[str]:
    """The paths of all files of a photo, so that none stays behind when they are moved; on Immich, its assets.

    There, the film of a live photo belongs to the asset, and goes where that goes.
    """
    if not photo.origin.startswith("immich:"):
        yield from (file.path for file in photo.files)
        return
    yield photo.key
    raws = (file.path for file in photo.files if file.role is FileRole.RAW)
    yield from (path.partition(":")[2].partition("/")[0] for path in raws)  # as immich:ID/NAME
