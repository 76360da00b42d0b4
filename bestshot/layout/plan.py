"""Groups to actions on an output as data: pure.

The output is a state to reach. What an earlier run made and is still there is not made again, so a second run plans
nothing; what is merely absent from this run is never a reason to take anything back.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import attrgetter

from bestshot.layout.actions import (
    Action,
    Condition,
    CopyFile,
    LaidFile,
    OutputState,
    PlaceBest,
    RetireBest,
    WriteMetadata,
)
from bestshot.layout.names import (
    fitted,
    folded,
    group_folder,
    is_renamed,
    name_and_revision,
    name_of_best,
    renamed,
    text_checksum,
)
from bestshot.model.groups import PlannedGroup
from bestshot.model.photo import FileRole, LinkMethod, Photo, PhotoFile, Place
from bestshot.text import base_name, printable


def plan_folders(
    groups: Iterable[PlannedGroup], seen: Collection[Photo], state: OutputState, link: LinkMethod
) -> list[Action]:
    """What is missing in the output for these groups; `seen` are all photos this run could read, grouped or not."""
    present = _Present(seen)
    by_number: dict[int, dict[str, LaidFile]] = {}
    for path, laid in state.laid.items():
        by_number.setdefault(laid.receipt.action.number, {})[path] = laid
    actions: list[Action] = []
    for group in groups:
        actions += _GroupFolder(group, by_number.get(group.number, {}), state.taken, link).plan(present)
    return actions


class _Present:
    """The photos of this run, by place and by the name and revision of their pictures, as far as it is asked for."""

    def __init__(self, photos: Collection[Photo]) -> None:
        self._photos = photos

    @cached_property
    def _places(self) -> frozenset[Place]:
        return frozenset(photo.place for photo in self._photos)

    @cached_property
    def _pictures(self) -> frozenset[tuple[str, str]]:
        return frozenset(name_and_revision(photo.files[0].path, photo.files[0].revision) for photo in self._photos)

    def holds(self, action: CopyFile) -> bool:
        """Whether the photo of a copy is seen in this run, here or at a new place."""
        is_at_place = (action.origin, action.key) in self._places
        return is_at_place or name_and_revision(action.source, action.revision) in self._pictures


_ANY_REVISION = ""
_EDITED_IN_PLACE = frozenset({FileRole.SIDECAR, FileRole.TAKEOUT})
"""What people and programs rewrite; a picture that changed is laid beside its older copy instead."""


class _GroupFolder:
    """What is missing in the folder of one group."""

    def __init__(
        self, group: PlannedGroup, laid: Mapping[str, LaidFile], taken: frozenset[str], link: LinkMethod
    ) -> None:
        self._group = group
        self._photos = sorted(group.verdict.own, key=attrgetter("id"))
        self._link = link
        self._path = group_folder(group.number)
        self._laid = laid
        self._taken = taken
        self._claimed: set[str] = set()
        self._copy_of = self._recognised()
        # A mark of the best may show what stood there, so no other photo takes the place.
        missing = {
            path: name_and_revision(laid.receipt.action.source, laid.receipt.action.revision)
            for path, laid in laid.items()
            if isinstance(laid.receipt.action, CopyFile) and laid.condition is Condition.MISSING
        }
        self._kept_for = {folded(path): identity for path, identity in missing.items()}
        targets = {_target_of(mark) for mark in self._standing().values()}
        self._shown = {identity: path for path, identity in missing.items() if path in targets}

    def plan(self, present: _Present) -> list[Action]:
        copies = [action for photo in self._photos for action in self._copies(photo)]
        standing = self._standing()
        # What is not seen cannot be judged: its mark is no worse for that.
        is_best_seen = all(self._is_seen(laid, present) for laid in standing.values())
        if standing and (not is_best_seen or (not copies and self._is_partial(present))):
            return [*copies]
        return [*copies, *self._best(copies, standing), *self._metadata(copies)]

    def _is_partial(self, present: _Present) -> bool:
        """Whether a photo of the group is not seen in this run."""
        actions = (self._laid[path].receipt.action for path in self._left_behind())
        return any(isinstance(action, CopyFile) and not present.holds(action) for action in actions)

    def _recognised(self) -> dict[tuple[str, str], str]:
        """Where each file of the group, by path and revision, stands already: also if it was moved since."""
        standing = {
            path: laid.receipt.action
            for path, laid in self._laid.items()
            if isinstance(laid.receipt.action, CopyFile) and laid.condition is not Condition.MISSING
        }
        found = {_shown_by(action): path for path, action in standing.items()}
        files = [file for photo in self._photos for file in photo.files]
        sources = {file.path for file in files}
        left: dict[tuple[str, str], list[str]] = {}
        for path, action in standing.items():
            if action.source not in sources:
                left.setdefault(name_and_revision(action.source, action.revision), []).append(path)
        for file in files:
            moved = left.get(name_and_revision(file.path, file.revision))
            if moved and (file.path, file.revision) not in found:
                found[file.path, file.revision] = moved.pop(0)
        return found

    def _standing(self) -> dict[str, LaidFile]:
        """The marks of the best that are there."""
        return {
            path: laid
            for path, laid in self._laid.items()
            if isinstance(laid.receipt.action, PlaceBest) and laid.condition is not Condition.MISSING
        }

    def _is_seen(self, mark: LaidFile, present: _Present) -> bool:
        original = self._laid.get(_target_of(mark))
        if original is None or not isinstance(original.receipt.action, CopyFile):
            return True
        return present.holds(original.receipt.action)

    def _copies(self, photo: Photo) -> list[CopyFile]:
        replaced = [(file, path) for file in photo.files if (path := self._outdated(file)) is not None]
        outdated = {file.path for file, _ in replaced}
        missing = [file for file in photo.files if file.path not in outdated and self._laid_copy(file) is None]
        picture = photo.files[0]
        copy = self._copy_number(picture, missing) if missing else 1
        return [
            *(self._copy(photo, file, path, replaces=True) for file, path in replaced),
            *(self._copy(photo, file, self._claimed_original(file, picture, copy)) for file in missing),
        ]

    def _copy(self, photo: Photo, file: PhotoFile, destination: str, *, replaces: bool = False) -> CopyFile:
        return CopyFile(
            destination=destination,
            number=self._group.number,
            origin=photo.origin,
            key=photo.key,
            source=file.path,
            revision=file.revision,
            size=file.size,
            method=self._link,
            replaces=replaces,
        )

    def _outdated(self, file: PhotoFile) -> str | None:
        """Our own copy of this file that is to give way: of an edited sidecar, or a link where a copy is wanted."""
        for path, laid in self._laid.items():
            action = laid.receipt.action
            if not isinstance(action, CopyFile) or action.source != file.path:
                continue
            if laid.condition is not Condition.UNCHANGED:
                continue
            is_edited = file.role in _EDITED_IN_PLACE and action.revision != file.revision
            is_link = action.method is LinkMethod.SYMLINK
            if (is_link and self._link is LinkMethod.COPY) or (is_edited and not is_link):
                return path
        return None

    def _laid_copy(self, file: PhotoFile) -> str | None:
        return self._copy_of.get((file.path, file.revision)) or self._copy_of.get((file.path, _ANY_REVISION))

    def _copy_number(self, picture: PhotoFile, missing: Sequence[PhotoFile]) -> int:
        """The number under which these files of a photo find room, beside their own picture and no other."""
        files, copy = dict.fromkeys((picture, *missing)), 1
        while not all(self._is_for(file, self._original(file, picture, copy)) for file in files):
            copy += 1
        return copy

    def _claimed_original(self, file: PhotoFile, picture: PhotoFile, copy: int) -> str:
        # The files of one photo may have names that differ in case alone.
        while not self._is_for(file, path := self._original(file, picture, copy)):
            copy += 1
        self._claimed.add(folded(path))
        return path

    def _original(self, file: PhotoFile, picture: PhotoFile, copy: int) -> str:
        name, of_picture = base_name(file.path), base_name(picture.path)
        if not self._has_unfitted_name(picture):
            name, of_picture = fitted(name, of_picture), fitted(of_picture, of_picture)
        return f"{self._path}/originals/{renamed(name, of_picture, copy)}"

    def _has_unfitted_name(self, picture: PhotoFile) -> bool:
        """Whether a photo lies here as an earlier version named it: this disk takes that, and its files stay together.

        So it is if the photo is only shown as the best any more, since its original comes back under that name.
        """
        path = self._laid_copy(picture) or self._shown.get(name_and_revision(picture.path, picture.revision))
        name = base_name(picture.path)
        return path is not None and fitted(name, name) != name and is_renamed(base_name(path), name, name)

    def _is_for(self, file: PhotoFile, path: str) -> bool:
        """Whether a file is laid at a path, or may be."""
        identity = name_and_revision(file.path, file.revision)
        is_kept = self._kept_for.get(folded(path), identity) != identity
        return self._laid_copy(file) == path or (self._is_free(path) and not is_kept)

    def _is_free(self, path: str) -> bool:
        return folded(path) not in self._taken and folded(path) not in self._claimed

    def _best(self, copies: Sequence[CopyFile], standing: Mapping[str, LaidFile]) -> list[Action]:
        best = self._group.verdict.best
        # A photo for reference stays where it is, and none of the others stands for it.
        target = None if best.is_reference else self._target(best.files[0], copies)
        actions: list[Action] = []
        if target is not None and target not in {_target_of(laid) for laid in standing.values()}:
            destination = self._free_best_name(name_of_best(base_name(target)))
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

    def _metadata(self, copies: Sequence[CopyFile]) -> list[Action]:
        path, text = f"{self._path}/metadata.txt", self._text(copies)
        laid = self._laid.get(path)
        if laid is None or laid.condition is Condition.MISSING:
            wanted = self._is_free(path)
        else:
            is_ours = laid.condition is Condition.UNCHANGED
            wanted = is_ours and laid.receipt.effect.checksum != text_checksum(text)
        return [WriteMetadata(path, self._group.number, text)] if wanted else []

    def _text(self, copies: Sequence[CopyFile]) -> str:
        """What is said of the group, which names were made to fit, and what else earlier runs left in its originals."""
        fitted_names = ", ".join(self._fitted_names(copies))
        left = ", ".join(printable(base_name(path)) for path in sorted(self._left_behind()))
        lines = [
            f"\nRenamed, since not every disk takes their names: {fitted_names}\n" if fitted_names else "",
            f"\nAlso among the originals, from earlier runs: {left}\n" if left else "",
        ]
        return self._group.text + "".join(lines)

    def _fitted_names(self, copies: Sequence[CopyFile]) -> Iterator[str]:
        """What the files are called here whose own names were made to fit, with these."""
        for photo in self._photos:
            for file in photo.files:
                name, here = base_name(file.path), base_name(self._target(file, copies))
                picture = base_name(photo.files[0].path)
                if fitted(name, picture) != name and not is_renamed(here, name, picture):
                    yield f"{printable(here)} is {printable(name)}"

    def _left_behind(self) -> set[str]:
        """The copies of earlier runs that belong to no photo of the group as it is now."""
        files = {file.path for photo in self._photos for file in photo.files}
        recognised = {self._laid_copy(file) for photo in self._photos for file in photo.files}
        return {
            path
            for path, laid in self._laid.items()
            if isinstance(laid.receipt.action, CopyFile)
            and laid.condition is not Condition.MISSING
            and laid.receipt.action.source not in files
            and path not in recognised
        }


def _shown_by(action: CopyFile) -> tuple[str, str]:
    """The file and the revision of it that a copy holds; a symbolic link shows whatever the file has become."""
    return action.source, _ANY_REVISION if action.method is LinkMethod.SYMLINK else action.revision


def _target_of(laid: LaidFile) -> str:
    action = laid.receipt.action
    assert isinstance(action, PlaceBest)  # asked of marks of the best alone
    return action.target
