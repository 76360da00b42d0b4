"""The groups of a library: found once, and recalled as long as all that they follow from is as it was."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from itertools import chain
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, Self, TypeVar

import msgspec

import bestshot.grouping
import bestshot.model
from bestshot.analysis import recipes
from bestshot.analysis.analyser import Analyser, Measurement, Measurements, fingerprint_measurement
from bestshot.analysis.looks.pairs import comparison_measurement
from bestshot.grouping.rules import GroupingRules
from bestshot.model.appraisal import Fingerprint
from bestshot.model.groups import Group, PhotoPair, Similarity
from bestshot.model.photo import Metadata, Photo, Skipped
from bestshot.settings.settings import Settings
from bestshot.storage.database import to_key
from bestshot.storage.index import Failure, Index, IndexEntry

if TYPE_CHECKING:
    from bestshot.grouping.group import Grouping

Kept = TypeVar("Kept")

_RECIPE: Final = "groups/1"
"""How groups are written down. What they follow from is in the revision, so that they replace those of before."""

_RECIPE_OF_LISTED: Final = "groups of what is listed/1"
"""The groups of photos of which nothing has to be read to know that nothing has changed."""

_RECIPE_OF_AGREEMENTS: Final = "agreements of sketches/1"
"""What need not be found again although groups are: where one photo has changed, nearly all pairs are as they were."""

_LISTED: Final = ("id", "origin", "key", "name", "revision", "metadata_revision")
"""What tells of a photo that neither its picture nor what it says has changed; the rest of it changes no group."""

_AT_ONCE: Final = 1000
"""The state of so many photos is put together at once."""

_OF_PHOTO: Final = ("id", "origin", "key", "name", "revision")
_OF_METADATA: Final = ("taken", "camera", "exposure_seconds", "f_number", "iso", "burst")
"""What groups follow from of a photo, and of what it says: it is all in the revision, and grouping is shown no more."""

_of_listed, _of_photo, _of_metadata = attrgetter(*_LISTED), attrgetter(*_OF_PHOTO), attrgetter(*_OF_METADATA)


@dataclass(frozen=True, slots=True)
class FoundGroups:
    """Groups by looks and time, the photos whose pictures cannot be read, and those that cannot be compared closely.

    Unless they are `final`, another run may find others, as it tries again what failed.
    """

    groups: Sequence[Group]
    unread: Sequence[Skipped]
    uncompared: Sequence[Skipped]
    final: bool = True


@dataclass(frozen=True, slots=True)
class GroupedLibrary:
    """The `readable` photos of a library with their groups.

    Of the `unread` nothing is known, and of those in `doubts` something that they say cannot be used.
    """

    readable: Sequence[Photo]
    found: FoundGroups
    unread: Sequence[Skipped]
    doubts: Sequence[Skipped]


@dataclass(frozen=True, slots=True)
class GroupingTask:
    """All that the groups of some photos, in order of id, follow from; what is in pictures follows from revisions.

    `metadata` is the time, the camera, the exposure and the burst of what photos say: stars change no group.
    `thumbhashes` are those of the photos that have one. `is_part`: the run was asked to look at a part of the library.
    """

    photos: Sequence[Photo]
    metadata: Mapping[str, Metadata]
    thumbhashes: Mapping[str, bytes]
    rules: GroupingRules
    rotations: bool
    is_part: bool = False

    @classmethod
    def of(
        cls,
        photos: Iterable[Photo],
        metadata: Mapping[str, Metadata],
        thumbhashes: Mapping[str, bytes],
        settings: Settings,
    ) -> Self:
        """The task for these photos, in whatever order they are listed."""
        ordered = sorted(photos, key=attrgetter("id"))
        said = {
            photo.id: Metadata(**dict(zip(_OF_METADATA, _of_metadata(metadata[photo.id]), strict=True)))
            for photo in ordered
        }
        used = {} if settings.rotations else thumbhashes  # which turned pictures do not share
        return cls(ordered, said, used, settings.grouping_rules, settings.rotations, settings.is_for_a_part)

    def revision(self, recipes: Sequence[str]) -> str:
        """Changes with anything that groups follow from; `recipes` name the ways in which pictures are looked at."""
        state = blake2b(_rules_in_code(), digest_size=16)
        state.update(msgspec.msgpack.encode((recipes, self.rules, self.rotations)))
        for photos in _some_at_once(self.photos):
            state.update(to_key("\0".join(chain.from_iterable(map(_of_photo, photos)))))
            stated = [_of_metadata(self.metadata[one.id]) for one in photos]
            thumbhashes = [self.thumbhashes.get(one.id) for one in photos] if self.thumbhashes else []
            state.update(msgspec.msgpack.encode((stated, thumbhashes)))
        return state.hexdigest()

    def shown(self) -> tuple[list[Photo], Mapping[str, Metadata]]:
        """The photos and what they say, without anything that the revision does not depend on."""
        photos = [Photo(one.id, one.origin, one.key, one.revision, one.name, size=0) for one in self.photos]
        return photos, self.metadata


def _some_at_once(photos: Sequence[Photo]) -> Iterator[Sequence[Photo]]:
    """Photos in parts: the state of all would be as large as what is kept of them."""
    return (photos[start : start + _AT_ONCE] for start in range(0, len(photos), _AT_ONCE))


@cache
def _rules_in_code() -> bytes:
    """A digest of the code by which photos are grouped, so that nobody can forget to rename it when rules change."""
    return digest_of_code((bestshot.grouping, bestshot.model), Path(__file__))


def digest_of_code(packages: Iterable[ModuleType], *more: Path) -> bytes:
    """A digest of the modules of these packages, without those below them, and of further files."""
    folders = [Path(folder) for package in packages for folder in package.__path__]
    files = sorted(file for folder in folders for file in folder.iterdir() if file.is_file())
    state = blake2b()
    for file in (*files, *more):
        state.update(file.read_bytes())
    return state.digest()


@dataclass(frozen=True, slots=True)
class _Library:
    """Photos as a whole, grouped by some rules: the index keeps their groups as it keeps what is measured in each.

    The groups of a part of a library do not replace those of the whole.
    """

    origin: str
    key: str
    size: int = 0

    @classmethod
    def of(cls, photos: Iterable[Photo], rules: GroupingRules, *, rotations: bool, is_part: bool) -> Self:
        first, *others = sorted({photo.origin for photo in photos})
        part = ("in part",) if is_part else ()
        return cls(first, "\0".join((*others, f"{rules} {rotations}", *part)))

    @property
    def id(self) -> str:
        return self.key


@dataclass(frozen=True, slots=True)
class _Remembered:
    """Found groups, with each photo as its place among all in order of id."""

    groups: list[list[int]]
    unread: list[tuple[int, str]]
    uncompared: list[tuple[int, str]]

    @classmethod
    def of(cls, found: FoundGroups, photos: Sequence[Photo]) -> Self:
        place = {photo.id: number for number, photo in enumerate(photos)}
        groups = [[place[photo.id] for photo in group.photos] for group in found.groups]
        unread, uncompared = (
            [(place[one.id], one.error) for one in skipped] for skipped in (found.unread, found.uncompared)
        )
        return cls(groups, unread, uncompared)

    def found(self, photos: Sequence[Photo]) -> FoundGroups:
        unread, uncompared = (
            [Skipped(photos[place].id, error) for place, error in skipped] for skipped in (self.unread, self.uncompared)
        )
        groups = [Group(tuple(photos[place] for place in members)) for members in self.groups]
        return FoundGroups(groups, unread, uncompared)


@dataclass(frozen=True, slots=True)
class _RememberedLibrary:
    """The groups of listed photos, and what is wrong with these, with each photo as its place in the listing."""

    found: _Remembered
    unread: list[tuple[int, str]]
    doubts: list[tuple[int, str]]

    @classmethod
    def of(cls, library: GroupedLibrary, photos: Sequence[Photo]) -> Self:
        place = {photo.id: number for number, photo in enumerate(photos)}
        unread, doubts = (
            [(place[one.id], one.error) for one in skipped] for skipped in (library.unread, library.doubts)
        )
        return cls(_Remembered.of(library.found, photos), unread, doubts)

    def library(self, photos: Sequence[Photo]) -> GroupedLibrary:
        unread, doubts = (
            [Skipped(photos[place].id, error) for place, error in skipped] for skipped in (self.unread, self.doubts)
        )
        lost = {one.id for one in unread}
        readable = [photo for photo in photos if photo.id not in lost] if lost else photos
        return GroupedLibrary(readable, self.found.found(photos), unread, doubts)


@dataclass(frozen=True, slots=True)
class ListedPhotos:
    """Photos as they are listed, before any of them is read: all that their groups follow from, beside the settings.

    `metadata` and `thumbhashes` are what the listing says of some of them.
    """

    photos: Sequence[Photo]
    metadata: Mapping[str, Metadata]
    thumbhashes: Mapping[str, bytes]
    settings: Settings

    def groups(
        self, analyser: Analyser, index: Index, describe: Callable[[], Measurements[Metadata]]
    ) -> GroupedLibrary:
        """Recall the groups if nothing has changed that they follow from; else read what the photos say and find them.

        What cannot be read for now may be read by the next run, so nothing is remembered without it.
        """
        if not self.photos:
            return self._grouped(analyser, index, Measurements())
        settings, revision = self.settings, self.revision(analyser)
        library = _Library.of(
            self.photos, settings.grouping_rules, rotations=settings.rotations, is_part=settings.is_for_a_part
        )
        remembered = _recalled(index, library, revision, _RECIPE_OF_LISTED, _RememberedLibrary)
        if remembered is not None:
            return remembered.library(self.photos)
        described = describe()
        grouped = self._grouped(analyser, index, described)
        if grouped.found.final and not described.passing:
            entries = [IndexEntry(library, revision, _RememberedLibrary.of(grouped, self.photos))]
            index.store(entries, _RECIPE_OF_LISTED)
        return grouped

    def _grouped(self, analyser: Analyser, index: Index, described: Measurements[Metadata]) -> GroupedLibrary:
        said = described.values
        readable = [photo for photo in self.photos if photo.id in said]
        doubts = [Skipped(photo.id, "; ".join(wrong)) for photo in readable if (wrong := said[photo.id].problems)]
        task = GroupingTask.of(readable, said, self.thumbhashes, self.settings)
        said.clear()  # of the few that are judged, it is read again: that of all takes as much memory as the photos
        return GroupedLibrary(readable, find_groups(analyser, index, task), described.skipped, doubts)

    def revision(self, analyser: Analyser) -> str:
        """Changes with anything that the groups follow from, and with whatever else the photos may say."""
        hashing, comparing = _ways(rotations=self.settings.rotations)
        ways = recipes.METADATA + analyser.detail, analyser.recipe(hashing), analyser.recipe(comparing)
        state = blake2b(_rules_in_code(), digest_size=16)
        state.update(msgspec.msgpack.encode((ways, self.settings.grouping_rules, self.settings.rotations)))
        for photos in _some_at_once(self.photos):
            state.update(to_key("\0".join(chain.from_iterable(map(_of_listed, photos)))))
            if self.metadata or self.thumbhashes:
                said = [(self.metadata.get(one.id), self.thumbhashes.get(one.id)) for one in photos]
                state.update(msgspec.msgpack.encode(said))
        return state.hexdigest()


def find_groups(analyser: Analyser, index: Index, task: GroupingTask) -> FoundGroups:
    """Recall the groups of these photos, or find them anew if anything that they follow from has changed."""
    if not task.photos:
        return FoundGroups((), (), ())
    hashing, comparing = _ways(rotations=task.rotations)
    library = _Library.of(task.photos, task.rules, rotations=task.rotations, is_part=task.is_part)
    revision = task.revision([analyser.recipe(hashing), analyser.recipe(comparing)])
    remembered = _recalled(index, library, revision, _RECIPE, _Remembered)
    if remembered is not None:
        return remembered.found(task.photos)
    found = _find(analyser, index, task, library)
    if found.final:
        index.store([IndexEntry(library, revision, _Remembered.of(found, task.photos))], _RECIPE)
    return found


def _recalled(index: Index, library: _Library, revision: str, recipe: str, kind: type[Kept]) -> Kept | None:
    """What is kept of a library, if it is of this revision."""
    for entry in index.recall([(library, revision)], recipe, kind):
        if not isinstance(entry.value, Failure):
            return entry.value
    return None


def _ways(*, rotations: bool) -> tuple[Measurement[Photo, Fingerprint], Measurement[PhotoPair, Similarity]]:
    """How pictures are hashed and compared."""
    return fingerprint_measurement(rotations=rotations), comparison_measurement(rotations=rotations)


def _find(analyser: Analyser, index: Index, task: GroupingTask, library: _Library) -> FoundGroups:
    """Hash what may have a lookalike near in time, look closely at doubtful pairs, and join."""
    from bestshot.grouping.group import with_lookalikes_in_time

    shown, metadata = task.shown()
    whole = {photo.id: photo for photo in task.photos}
    hashing, comparing = _ways(rotations=task.rotations)
    likely, others = (
        [whole[photo.id] for photo in photos]
        for photos in with_lookalikes_in_time(shown, metadata, task.thumbhashes, task.rules)
    )
    if not any(index.has(library, recipe) for recipe in (_RECIPE, _RECIPE_OF_AGREEMENTS)):
        photos = len(likely) + len(others)
        analyser.foresee(replace(analyser.forecast, photos=photos, likely=len(likely)))
    ways = fingerprint_measurement(rotations=task.rotations, in_group=True), hashing
    prints = analyser.measure_in_parts([*zip((likely, others), ways, strict=True)])
    seen = [photo for photo in shown if photo.id in prints.values]
    grouping = _grouping(index, library, (seen, metadata, prints.values), task.rules)
    pairs = [
        PhotoPair(whole[pair.left.id], whole[pair.right.id], pair.are_apart) for pair in grouping.candidate_pairs()
    ]
    looks = analyser.measure(pairs, comparing) if pairs else Measurements()
    groups = [Group(tuple(whole[photo.id] for photo in group.photos)) for group in grouping.groups(looks.values)]
    is_final = not prints.passing and not looks.passing
    return FoundGroups(groups, prints.skipped, _uncompared(pairs, looks.skipped), is_final)


def _grouping(
    index: Index,
    library: _Library,
    seen: tuple[Sequence[Photo], Mapping[str, Metadata], Mapping[str, Fingerprint]],
    rules: GroupingRules,
) -> "Grouping":
    """Begin to group what is seen of photos, with what earlier runs found of their sketches, and keep what is found."""
    from bestshot.grouping.agreements import NONE_KNOWN, Agreements
    from bestshot.grouping.group import Grouping

    revision = _rules_in_code().hex()
    known = _recalled(index, library, revision, _RECIPE_OF_AGREEMENTS, Agreements) or NONE_KNOWN
    grouping = Grouping(*seen, rules, known)
    if grouping.agreements != known:
        index.store([IndexEntry(library, revision, grouping.agreements)], _RECIPE_OF_AGREEMENTS)
    return grouping


def _uncompared(pairs: Sequence[PhotoPair], skipped: Sequence[Skipped]) -> list[Skipped]:
    """Those who cannot be compared, each reported for the first photo of its pairs."""
    first = {pair.id: pair.left.id for pair in pairs} if skipped else {}
    problems = {first[item.id]: f"cannot be compared closely with others: {item.error}" for item in skipped}
    return [Skipped(photo_id, error) for photo_id, error in problems.items()]
