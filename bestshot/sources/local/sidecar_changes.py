"""Changes of tags and ratings in the sidecars of photos: planned on what they hold, kept, then written.

A favourite is a photo with five stars, given only where there was no rating; so a rating that the user gave is never
overwritten, and taking a favourite back leaves what was there.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bestshot.errors import PhotoError
from bestshot.journal.changes import Keep, ReplacedSidecar
from bestshot.marks.actions import MarkRefusal
from bestshot.marks.kinds.tags import AddTags, RemoveTag, RemoveTags
from bestshot.marks.kinds.values import SetFavorite, SetRating
from bestshot.marks.state import PhotoMarks
from bestshot.sources.local.sidecar_files import content_checksum, current_content, replace_content
from bestshot.sources.local.sidecar_names import PhotoFolder, SidecarPaths
from bestshot.storage.opening import open_regular
from bestshot.xmp.packet import XmpMarks, read
from bestshot.xmp.sidecar import XmpChange, is_ours, merge, new_sidecar

FAVORITE_STARS: Final = 5

_BATCH = 50
"""Sidecars that are kept and then replaced together: few enough for the memory, many enough for a slow disk."""

_ATTEMPTS = 3
"""How often a sidecar that somebody else wrote in between is read anew."""

_GONE = "It is not there any more."
_RATED = "It has been rated, and that stays as it is."
_BUSY = "Another program keeps writing its sidecar."

SidecarAction = AddTags | RemoveTag | RemoveTags | SetFavorite | SetRating
"""What changes sidecars."""


def photo_marks(path: str, sidecars: SidecarPaths, *, with_ratings: bool) -> PhotoMarks:
    """What stands on a photo; a sidecar that cannot be read is passed over.

    `with_ratings`: also the rating that the picture itself holds, where no sidecar does.
    """
    found: list[XmpMarks] = []
    for sidecar in sidecars.existing:
        try:
            content = current_content(sidecar)
            found += [] if content is None else [read(content)]
        except PhotoError:
            continue
    marks = _joined(found)
    rating = marks.rating
    if rating is None and with_ratings:
        rating = _packet_rating(path)
    return PhotoMarks(path, is_favorite=rating == FAVORITE_STARS, rating=rating, tags=marks.tags)


def _joined(found: Iterable[XmpMarks]) -> XmpMarks:
    """What several sidecars of one photo say together; of two ratings, the better one."""
    marks = list(found)
    rating = max((one.rating for one in marks if one.rating is not None), default=None)
    return XmpMarks(frozenset().union(*(one.tags for one in marks)), rating)


def _packet(path: str) -> bytes | None:
    """The XMP in a picture; None where it has none that can be read, as in most raw files."""
    from bestshot.imaging.load import open_image
    from bestshot.metadata.exif import read_exif

    try:
        with open_regular(path) as picture:
            image = open_image(picture, os.path.basename(path))  # noqa: PTH119 - the same
            read_exif(image, picture)  # finds the packet behind the pixels of a PNG
            packet = image.info.get("xmp")
        if isinstance(packet, bytes):
            read(packet)
            return packet
    except (OSError, PhotoError):
        return None
    return None


def _packet_rating(path: str) -> int | None:
    packet = _packet(path)
    return None if packet is None else read(packet).rating


@dataclass(frozen=True, slots=True)
class _Edit:
    """A sidecar that is to be replaced."""

    key: str
    path: str
    before: bytes | None
    after: bytes | None
    mtime_ns: int | None = None

    @property
    def replaced(self) -> ReplacedSidecar:
        time = None if self.before is None else Path(self.path).lstat().st_mtime_ns
        return ReplacedSidecar(self.key, self.path, self.before, content_checksum(self.after), time)


@dataclass(slots=True)
class SidecarChange:
    """A change of some photos of one folder on its way."""

    folder: str
    action: SidecarAction
    keep: Keep
    older: Mapping[tuple[str, str | None], ReplacedSidecar] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    refused: list[MarkRefusal] = field(default_factory=list)
    before: str | None = None

    def make(self, names: Sequence[str]) -> None:
        """Make it on the pictures of these names, where it can be; what somebody writes meanwhile is read anew."""
        for _ in range(_ATTEMPTS):
            names = self._attempt(names)
            if not names:
                return
        self.refused += [MarkRefusal(self._key(name), _BUSY) for name in names]

    def _attempt(self, names: Sequence[str]) -> list[str]:
        """List the folder and change what can be; returns the pictures whose sidecars were written meanwhile."""
        try:
            listed = PhotoFolder(self.folder, names)
        except PhotoError as error:
            self.refused += [MarkRefusal(self._key(name), _sentence(error)) for name in names]
            return []
        again: list[str] = []
        for start in range(0, len(names), _BATCH):
            edits = self._plan(names[start : start + _BATCH], listed)
            drafts = self.keep([edit.replaced for edit in edits]) if edits else ()
            again += self._write(edits, drafts)
        return [os.path.basename(key) for key in again]  # noqa: PTH119 - a path may hold bytes that are no text

    def _plan(self, names: Sequence[str], listed: PhotoFolder) -> list[_Edit]:
        edits: list[_Edit] = []
        for name in names:
            key = self._key(name)
            if name not in listed or not os.path.lexists(key):
                self.refused.append(MarkRefusal(key, _GONE))
                continue
            try:
                edits += self._edits(key, listed.sidecars(name))
            except PhotoError as error:
                self.refused.append(MarkRefusal(key, _sentence(error)))
        return edits

    def _edits(self, key: str, sidecars: SidecarPaths) -> list[_Edit]:
        contents = {path: current_content(path) for path in sidecars.existing}
        marks = _joined(read(content) for content in contents.values() if content is not None)
        change = _wanted(self.action, marks, lambda: _packet_rating(key))
        if isinstance(self.action, SetRating) and change is not None:
            self.before = None if marks.rating is None else str(marks.rating)
        if change is None:
            return []
        edits: list[_Edit] = []
        for path in dict.fromkeys((sidecars.written, *contents)):
            # What is taken back is taken back wherever it stands; what is new is written once.
            here = change if path == sidecars.written else XmpChange(remove=change.remove, rating=_only_off(change))
            edit = self._older(key, path, contents.get(path), change) or _edit(key, path, contents.get(path), here)
            if edit.after != edit.before:
                edits.append(edit)
        return edits

    def _older(self, key: str, path: str, content: bytes | None, change: XmpChange) -> _Edit | None:
        """The return to what a sidecar was before we wrote it, if that says what this change would come to."""
        older = self.older.get((path, content_checksum(content)))
        if older is None or older.key != key:
            return None
        said = XmpMarks() if older.before is None else read(older.before)
        wanted = read(merge(new_sidecar() if content is None else content, change))
        return _Edit(key, path, content, older.before, older.mtime_ns) if said == wanted else None

    def _write(self, edits: Sequence[_Edit], drafts: Sequence[str]) -> list[str]:
        """Replace sidecars; returns the photos of those that somebody else has written since."""
        again: list[str] = []
        for edit, draft in zip(edits, drafts, strict=True):
            try:
                is_done = replace_content(edit.path, edit.before, edit.after, edit.mtime_ns, draft=draft)
            except PhotoError as error:
                self.refused.append(MarkRefusal(edit.key, _sentence(error)))
                continue
            if not is_done:
                again.append(edit.key)
            elif edit.key not in self.changed:
                self.changed.append(edit.key)
        return list(dict.fromkeys(again))

    def _key(self, name: str) -> str:
        return os.path.join(self.folder, name)  # noqa: PTH118 - a path may hold bytes that are no text


def _edit(key: str, path: str, before: bytes | None, change: XmpChange) -> _Edit:
    """The sidecar as it will be; one of ours that would hold no mark any more is taken away."""
    if before is None:
        return _Edit(key, path, None, merge(new_sidecar(_packet(key)), change) if change != XmpChange() else None)
    after = merge(before, change)
    is_over = is_ours(before) and after in (new_sidecar(), new_sidecar(_packet(key)))
    return _Edit(key, path, before, None if is_over and after != before else after)


def _only_off(change: XmpChange) -> int | None:
    return 0 if change.rating == 0 else None


def _wanted(action: SidecarAction, marks: XmpMarks, packet_rating: Callable[[], int | None]) -> XmpChange | None:
    """What an action changes on a photo with these marks; None if it is so already. Raises PhotoError if it may not."""
    match action:
        case AddTags():
            missing = tuple(tag for tag in action.tags if tag not in marks.tags)
            return XmpChange(add=missing) if missing else None
        case RemoveTag() | RemoveTags():
            standing = tuple(tag for tag in action.tags if tag in marks.tags)
            return XmpChange(remove=standing) if standing else None
        case SetFavorite():
            stars = FAVORITE_STARS if action.value else None
            return _rated(stars, marks, packet_rating) if action.value or marks.rating == FAVORITE_STARS else None
        case SetRating():
            return _rated(action.value, marks, packet_rating)


def _rated(stars: int | None, marks: XmpMarks, packet_rating: Callable[[], int | None]) -> XmpChange | None:
    if stars is None:
        return None if marks.rating is None else XmpChange(rating=0)
    rating = packet_rating() if marks.rating is None else marks.rating
    if rating not in (None, stars):
        raise PhotoError(_RATED)
    return XmpChange(rating=stars) if rating is None else None


def _sentence(error: PhotoError) -> str:
    """What is wrong with a sidecar as a sentence; the others are sentences already."""
    text = str(error)
    return text if text.endswith(".") else f"Its sidecar {text}, and is left alone."
