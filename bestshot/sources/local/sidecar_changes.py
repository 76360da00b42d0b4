"""Changes of tags, ratings and labels in the sidecars of photos: planned on what they hold, kept, then written.

A favourite is a photo with five stars. Stars and labels are given only where there were none, or over those of ours
that a change names; so what the user gave is never overwritten, and taking ours back leaves what was there.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bestshot.errors import PhotoError
from bestshot.journal.changes import Keep, ReplacedSidecar
from bestshot.marks.actions import MarkRefusal
from bestshot.marks.kinds.roles import FAVORITE_STARS, LabelByRole, RateByRole
from bestshot.marks.kinds.tags import AddTags, RemoveTag, RemoveTags
from bestshot.marks.kinds.values import SetFavorite, SetRating
from bestshot.marks.state import PhotoMarks
from bestshot.sources.local.sidecar_files import content_checksum, current_content, replace_content
from bestshot.sources.local.sidecar_names import PhotoFolder, SidecarPaths
from bestshot.storage.opening import open_regular
from bestshot.xmp.packet import XmpMarks, read, stars
from bestshot.xmp.sidecar import XmpChange, is_ours, merge, new_sidecar

if TYPE_CHECKING:
    from bestshot.metadata.header import Header

_BATCH = 50
"""Sidecars that are kept and then replaced together: few enough for the memory, many enough for a slow disk."""

_ATTEMPTS = 3
"""How often a sidecar that somebody else wrote in between is read anew."""

_GONE = "It is not there any more."
_RATED = "It has been rated, and that stays as it is."
_LABELLED = "It has been labelled, and that stays as it is."
_BUSY = "Another program keeps writing its sidecar."

SidecarAction = AddTags | RemoveTag | RemoveTags | SetFavorite | SetRating | RateByRole | LabelByRole
"""What changes sidecars."""


def photo_marks(path: str, sidecars: SidecarPaths, *, with_pictures: bool) -> PhotoMarks:
    """What stands on a photo; a sidecar that cannot be read is passed over.

    `with_pictures`: also the rating and the label that the picture itself holds, where no sidecar does.
    """
    found: list[XmpMarks] = []
    for sidecar in sidecars.existing:
        try:
            content = current_content(sidecar)
            found += [] if content is None else [read(content)]
        except PhotoError:
            continue
    marks = _joined(found)
    if with_pictures and (marks.rating is None or marks.label is None):
        marks = _over_picture(marks, _of_picture(path))
    is_favorite = marks.rating == FAVORITE_STARS
    return PhotoMarks(path, is_favorite=is_favorite, rating=marks.rating, label=marks.label, tags=marks.tags)


def _joined(found: Iterable[XmpMarks]) -> XmpMarks:
    """What several sidecars of one photo say together; of two ratings, the better one."""
    marks = list(found)
    rating = max((one.rating for one in marks if one.rating is not None), default=None)
    labels = dict.fromkeys(one.label for one in marks if one.label is not None)
    return XmpMarks(frozenset().union(*(one.tags for one in marks)), rating, ", ".join(labels) or None)


def _over_picture(sidecars: XmpMarks, picture: XmpMarks) -> XmpMarks:
    """What the sidecars of a photo say, and its picture where they say nothing; tags are those of sidecars alone."""
    rating = picture.rating if sidecars.rating is None else sidecars.rating
    return XmpMarks(sidecars.tags, rating, sidecars.label or picture.label)


def _header(path: str) -> "Header | None":
    """The header of a picture; None where it cannot be read, as of most raw files."""
    from bestshot.metadata.header import read_header

    try:
        with open_regular(path) as picture:
            return read_header(picture, os.path.basename(path))  # noqa: PTH119 - the same
    except (OSError, PhotoError):
        return None


def _packet(header: "Header | None") -> bytes | None:
    """The XMP in a picture; None where it has none that can be read."""
    if header is None or header.xmp is None:
        return None
    try:
        read(header.xmp)
    except PhotoError:
        return None
    return header.xmp


def _of_picture(path: str) -> XmpMarks:
    """What a picture says of itself: in XMP, or else with the stars of EXIF, as Windows and cameras give them."""
    from PIL.ExifTags import Base

    header = _header(path)
    packet = _packet(header)
    marks = XmpMarks() if packet is None else read(packet)
    given = None if header is None else header.exif.tags.number(Base.Rating)
    return marks if marks.rating is not None or given is None else replace(marks, rating=stars(given))


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
        said = {path: read(content) for path, content in contents.items() if content is not None}
        marks = _joined(said.values())
        change = _wanted(self.action, marks, partial(_of_picture, key))
        if isinstance(self.action, SetRating) and change is not None:
            self.before = None if marks.rating is None else str(marks.rating)
        if change is None:
            return []
        edits: list[_Edit] = []
        for path in dict.fromkeys((sidecars.written, *contents)):
            # What is taken back or changed is so wherever it stands; what is new is written once.
            here = change if path == sidecars.written else _where_it_stands(change, said.get(path, XmpMarks()))
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
        return _Edit(key, path, None, merge(_new_sidecar(key), change) if change != XmpChange() else None)
    after = merge(before, change)
    is_over = is_ours(before) and after in (new_sidecar(), _new_sidecar(key))
    return _Edit(key, path, before, None if is_over and after != before else after)


def _new_sidecar(key: str) -> bytes:
    return new_sidecar(_packet(_header(key)))


def _where_it_stands(change: XmpChange, said: XmpMarks) -> XmpChange:
    """The part of a change that is about what a sidecar says."""
    rating = None if said.rating is None else change.rating
    return XmpChange(remove=change.remove, rating=rating, label=None if said.label is None else change.label)


def _wanted(action: SidecarAction, marks: XmpMarks, of_picture: Callable[[], XmpMarks]) -> XmpChange | None:
    """What an action changes on a photo with these marks; None if it is so already. Raises PhotoError if it may not."""
    match action:
        case AddTags():
            missing = tuple(tag for tag in action.tags if tag not in marks.tags)
            return XmpChange(add=missing) if missing else None
        case RemoveTag() | RemoveTags():
            standing = tuple(tag for tag in action.tags if tag in marks.tags)
            return XmpChange(remove=standing) if standing else None
        case SetFavorite():
            given = FAVORITE_STARS if action.value else None
            return _rated(given, marks, of_picture) if action.value or marks.rating == FAVORITE_STARS else None
        case SetRating():
            return _rated(action.value, marks, of_picture)
        case RateByRole():
            rating = marks.rating if action.value is None else _over_picture(marks, of_picture()).rating
            change = XmpChange(rating=action.value or 0)
            return _given(change, action.value, rating, action.over, _RATED)
        case LabelByRole():
            label = marks.label if action.value is None else _over_picture(marks, of_picture()).label
            return _given(XmpChange(label=action.value or ""), action.value, label, action.over, _LABELLED)


def _rated(given: int | None, marks: XmpMarks, of_picture: Callable[[], XmpMarks]) -> XmpChange | None:
    if given is None:
        return None if marks.rating is None else XmpChange(rating=0)
    rating = of_picture().rating if marks.rating is None else marks.rating
    if rating not in (None, given):
        raise PhotoError(_RATED)
    return XmpChange(rating=given) if rating is None else None


def _given(change: XmpChange, wanted: object, standing: object, over: object, refusal: str) -> XmpChange | None:
    """A change of what may be given only over a value of ours."""
    if standing == wanted:
        return None
    if standing != over:
        raise PhotoError(refusal)
    return change


def _sentence(error: PhotoError) -> str:
    """What is wrong with a sidecar as a sentence; the others are sentences already."""
    text = str(error)
    return text if text.endswith(".") else f"Its sidecar {text}, and is left alone."
