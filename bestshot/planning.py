"""Verdicts and wishes to actions as data: pure.

The output is a state to reach. What an earlier run made and is still there is not made again, so a second run plans
nothing; what is merely absent from this run is never a reason to take anything back.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from bestshot.actions import (
    Action,
    Condition,
    CopyFile,
    LaidFile,
    OutputState,
    PlaceBest,
    RetireBest,
    WriteMetadata,
)
from bestshot.file_names import BEST_PREFIX, base_name, folded, group_folder, prefixed, renamed
from bestshot.model import Group, LinkMethod, Photo, PhotoFile, Skipped, Verdict

Place = tuple[str, str]
"""A photo's origin and key."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants done with the groups; nothing but looking, if there is no output."""

    output: str | None = None
    link: LinkMethod = LinkMethod.COPY


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """A verdict, the number its group keeps from run to run, and what its metadata.txt says."""

    number: int
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided: the groups, what is to be done, and what was passed over."""

    wishes: Wishes
    groups: tuple[PlannedGroup, ...]
    actions: tuple[Action, ...]
    skipped: tuple[Skipped, ...]
    photo_count: int

    @property
    def grouped_count(self) -> int:
        """How many photos are in a group."""
        return sum(len(group.verdict.ranking) for group in self.groups)


def remembered_numbers(state: OutputState) -> dict[Place, int]:
    """The group number under which each photo was last laid out."""
    return {
        (laid.receipt.action.origin, laid.receipt.action.key): laid.receipt.action.number
        for laid in state.laid.values()
        if isinstance(laid.receipt.action, CopyFile)
    }


def number_groups(groups: Sequence[Group], remembered: Mapping[Place, int], last_number: int) -> list[int]:
    """Give each group the number most of its members had before; new groups get numbers never used.

    Of several groups that hold members of an old one, the one with most of them keeps the number.
    """
    claims = sorted(
        (-count, number, position)
        for position, group in enumerate(groups)
        for number, count in Counter(
            remembered[photo.origin, photo.key] for photo in group.photos if (photo.origin, photo.key) in remembered
        ).items()
    )
    numbers: dict[int, int] = {}
    for _, number, position in claims:
        if position not in numbers and number not in numbers.values():
            numbers[position] = number
    fresh = max([last_number, *remembered.values()], default=0)
    for position in range(len(groups)):
        if position not in numbers:
            fresh += 1
            numbers[position] = fresh
    return [numbers[position] for position in range(len(groups))]


def plan_folders(
    groups: Iterable[PlannedGroup], seen: Iterable[Photo], state: OutputState, link: LinkMethod
) -> list[Action]:
    """What is missing in the output for these groups; `seen` are all photos this run could read, grouped or not."""
    present = {(photo.origin, photo.key) for photo in seen}
    absent_from = {number for place, number in remembered_numbers(state).items() if place not in present}
    by_number: dict[int, dict[str, LaidFile]] = {}
    for path, laid in state.laid.items():
        by_number.setdefault(laid.receipt.action.number, {})[path] = laid
    actions: list[Action] = []
    for group in groups:
        folder = _GroupFolder(group, by_number.get(group.number, {}), state.taken, link)
        actions += folder.plan(is_partial=group.number in absent_from)
    return actions


_ANY_REVISION = ""


class _GroupFolder:
    """What is missing in the folder of one group."""

    def __init__(
        self, group: PlannedGroup, laid: Mapping[str, LaidFile], taken: frozenset[str], link: LinkMethod
    ) -> None:
        self._group = group
        self._link = link
        self._path = group_folder(group.number)
        self._laid = laid
        self._taken = taken
        self._claimed: set[str] = set()
        self._copy_of = {
            _shown_by(laid.receipt.action): path
            for path, laid in laid.items()
            if isinstance(laid.receipt.action, CopyFile) and laid.condition is not Condition.MISSING
        }
        # A mark of the best may show what stood there, so no other photo takes the place.
        self._kept_for = {
            folded(path): (laid.receipt.action.source, laid.receipt.action.revision)
            for path, laid in laid.items()
            if isinstance(laid.receipt.action, CopyFile) and laid.condition is Condition.MISSING
        }

    def plan(self, *, is_partial: bool) -> list[Action]:
        copies = [action for photo in self._group.verdict.group.photos for action in self._copies(photo)]
        return [*copies, *self._best(copies, is_partial=is_partial), *self._metadata(is_partial=is_partial)]

    def _copies(self, photo: Photo) -> list[CopyFile]:
        missing = [file for file in photo.files if self._laid_copy(file) is None]
        if not missing:
            return []
        picture = photo.files[0]
        copy = self._copy_number(picture, missing)
        return [
            CopyFile(
                destination=self._claimed_original(file, picture, copy),
                number=self._group.number,
                origin=photo.origin,
                key=photo.key,
                source=file.path,
                revision=file.revision,
                size=file.size,
                method=self._link,
            )
            for file in missing
        ]

    def _laid_copy(self, file: PhotoFile) -> str | None:
        return self._copy_of.get((file.path, file.revision)) or self._copy_of.get((file.path, _ANY_REVISION))

    def _copy_number(self, picture: PhotoFile, missing: Sequence[PhotoFile]) -> int:
        """The number under which these files of a photo find room, beside their own picture and no other."""
        copy = 1
        while not all(self._is_for(file, self._original(file, picture, copy)) for file in (picture, *missing)):
            copy += 1
        return copy

    def _claimed_original(self, file: PhotoFile, picture: PhotoFile, copy: int) -> str:
        # The files of one photo may have names that differ in case alone.
        while not self._is_for(file, path := self._original(file, picture, copy)):
            copy += 1
        self._claimed.add(folded(path))
        return path

    def _original(self, file: PhotoFile, picture: PhotoFile, copy: int) -> str:
        return f"{self._path}/originals/{renamed(base_name(file.path), base_name(picture.path), copy)}"

    def _is_for(self, file: PhotoFile, path: str) -> bool:
        """Whether a file is laid at a path, or may be."""
        identity = file.path, file.revision
        is_kept = self._kept_for.get(folded(path), identity) != identity
        return self._laid_copy(file) == path or (self._is_free(path) and not is_kept)

    def _is_free(self, path: str) -> bool:
        return folded(path) not in self._taken and folded(path) not in self._claimed

    def _best(self, copies: Sequence[CopyFile], *, is_partial: bool) -> list[Action]:
        standing = {
            path: laid
            for path, laid in self._laid.items()
            if isinstance(laid.receipt.action, PlaceBest) and laid.condition is not Condition.MISSING
        }
        if is_partial and standing:
            return []
        best = self._group.verdict.best
        target = self._target(best.files[0], copies)
        actions: list[Action] = []
        if target not in {_target_of(laid) for laid in standing.values()}:
            destination = self._free_best_name(prefixed(BEST_PREFIX, base_name(target)))
            actions.append(PlaceBest(destination, self._group.number, best.origin, best.key, target))
        for path, laid in standing.items():
            if _target_of(laid) != target and self._may_retire(laid, copies):
                actions.append(RetireBest(path, self._group.number, _target_of(laid)))
        return actions

    def _target(self, file: PhotoFile, copies: Sequence[CopyFile]) -> str:
        planned = {copy.source: copy.destination for copy in copies}
        return self._laid_copy(file) or planned[file.path]

    def _may_retire(self, laid: LaidFile, copies: Sequence[CopyFile]) -> bool:
        """Only what is still ours, and only if the photo itself stands among the originals, or is brought back."""
        original = self._laid.get(_target_of(laid))
        stands = original is not None and original.condition is Condition.UNCHANGED
        is_brought_back = _target_of(laid) in {copy.destination for copy in copies}
        return laid.condition is Condition.UNCHANGED and (stands or is_brought_back)

    def _free_best_name(self, name: str) -> str:
        copy = 1
        while not self._is_free(path := f"{self._path}/{renamed(name, name, copy)}"):
            copy += 1
        return path

    def _metadata(self, *, is_partial: bool) -> list[Action]:
        path = f"{self._path}/metadata.txt"
        laid = self._laid.get(path)
        if laid is None or laid.condition is Condition.MISSING:
            wanted = self._is_free(path)
        else:
            is_ours = laid.condition is Condition.UNCHANGED
            wanted = is_ours and not is_partial and laid.receipt.trace.checksum != text_checksum(self._group.text)
        return [WriteMetadata(path, self._group.number, self._group.text)] if wanted else []


def _shown_by(action: CopyFile) -> tuple[str, str]:
    """The file and the revision of it that a copy holds; a symbolic link shows whatever the file has become."""
    return action.source, _ANY_REVISION if action.method is LinkMethod.SYMLINK else action.revision


def _target_of(laid: LaidFile) -> str:
    action = laid.receipt.action
    assert isinstance(action, PlaceBest)  # asked of marks of the best alone
    return action.target


def text_bytes(text: str) -> bytes:
    """A text as it is written to a file; undecodable bytes of file names come out as they were."""
    return text.encode("utf-8", "surrogateescape")


def text_checksum(text: str) -> str:
    """SHA-256 of a text as it is written to a file, in hexadecimal."""
    return sha256(text_bytes(text)).hexdigest()
