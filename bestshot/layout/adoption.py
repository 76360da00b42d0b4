"""Recognising our own files where no journal lists them, since it was lost or the output was moved.

Only what a photo of this run proves to be ours is taken over, by name, size and content: times are lost where
folders are copied or synchronised.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bestshot.layout.actions import Action, CopyFile, PlaceBest, WriteMetadata
from bestshot.layout.names import BEST_PREFIX, copy_numbers, fitted, folded, group_number, is_renamed, prefixed
from bestshot.model.photo import LinkMethod, Photo, PhotoFile
from bestshot.storage.files import checksum, link_target
from bestshot.storage.identity import is_hard_link, is_one_file
from bestshot.text import base_name


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file among the originals of a group; `link` is where it leads, if it is a symbolic link."""

    path: str
    number: int
    size: int
    link: str | None = None


IsSame = Callable[[FoundFile, PhotoFile], LinkMethod | None]
"""How a found file was made of a photo's file, None if it does not hold the same."""


def match_copies(found: Iterable[FoundFile], photos: Iterable[Photo], is_same: IsSame) -> list[CopyFile]:
    """The copies and links that these found files are; of equal photos, each is taken for one in a group."""
    sources: dict[object, list[tuple[Photo, PhotoFile]]] = {}
    for photo in photos:
        for file in photo.files:
            sources.setdefault(file.size, []).append((photo, file))
            sources.setdefault(file.path, []).append((photo, file))
    copies: list[CopyFile] = []
    claimed: set[tuple[int, str]] = set()
    for item in sorted(found, key=lambda item: (item.number, copy_numbers(base_name(item.path)), item.path)):
        for photo, file in sources.get(item.link or item.size, ()):
            if (item.number, file.path) in claimed or not _may_be_named(item, file, photo.files[0]):
                continue
            if method := is_same(item, file):
                claimed.add((item.number, file.path))
                copies.append(_copy(item, photo, file, method))
                break
    return copies


def _copy(item: FoundFile, photo: Photo, file: PhotoFile, method: LinkMethod) -> CopyFile:
    return CopyFile(item.path, item.number, photo.origin, photo.key, file.path, file.revision, file.size, method)


def _may_be_named(item: FoundFile, file: PhotoFile, picture: PhotoFile) -> bool:
    """Whether a file has a name that a photo's gets; some disks give names back composed in another way."""
    name, of_picture = base_name(file.path), base_name(picture.path)
    as_before = (name, of_picture)  # earlier versions did not make names fit
    wanted = ((fitted(name, of_picture), fitted(of_picture, of_picture)), as_before)
    return any(is_renamed(folded(base_name(item.path)), *map(folded, names)) for names in wanted)


def adoptable(root: Path, photos: Sequence[Photo]) -> list[Action]:
    """What stands in an output's group folders and was plainly made of these photos; changes nothing."""
    groups = [(path, number) for path in _entries(root) if (number := group_number(path.name)) is not None]
    found = [item for folder, number in groups for item in _originals(root, folder, number)]
    copies = match_copies(found, photos, lambda item, file: _made_by(root / item.path, file))
    actions: list[Action] = list(copies)
    for folder, number in groups:
        if own := [copy for copy in copies if copy.number == number]:
            actions += _bests(root, folder, own)
            actions += _metadata(folder, number)
    return actions


def _entries(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(folder.iterdir())
    return []


def _originals(root: Path, folder: Path, number: int) -> Iterator[FoundFile]:
    for path in _entries(folder / "originals"):
        status = path.lstat()
        link = link_target(path) if path.is_symlink() else None
        if link is not None or path.is_file():
            yield FoundFile(path.relative_to(root).as_posix(), number, status.st_size, link)


def _made_by(path: Path, file: PhotoFile) -> LinkMethod | None:
    if path.is_symlink():
        return LinkMethod.SYMLINK
    source = Path(file.path)
    if not source.is_file():
        return None
    if is_hard_link(path, source):
        return LinkMethod.HARDLINK
    return LinkMethod.COPY if have_same_content(path, source) else None


def have_same_content(one: Path, other: Path) -> bool:
    """Whether two files hold the same; a file that cannot be read is like no other."""
    with suppress(OSError):
        return checksum(one) == checksum(other)
    return False


def _bests(root: Path, folder: Path, copies: Sequence[CopyFile]) -> Iterator[PlaceBest]:
    for path in _entries(folder):
        if path.name.startswith(BEST_PREFIX) and path.is_file():
            # Of equal photos, the one that gave the mark its name.
            likely = sorted(copies, key=lambda copy: prefixed(BEST_PREFIX, base_name(copy.destination)) != path.name)
            for copy in likely:
                if _is_best_of(path, root / copy.destination):
                    destination = path.relative_to(root).as_posix()
                    yield PlaceBest(destination, copy.number, copy.origin, copy.key, copy.destination)
                    break


def _is_best_of(path: Path, original: Path) -> bool:
    if not original.is_file():
        return False
    if is_one_file(path, original):
        return True
    return path.stat().st_size == original.stat().st_size and have_same_content(path, original)


def _metadata(folder: Path, number: int) -> Iterator[WriteMetadata]:
    path = folder / "metadata.txt"
    if path.is_file() and not path.is_symlink():
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        if text.startswith(f"Group {number}: "):
            yield WriteMetadata(f"{folder.name}/{path.name}", number, text)
