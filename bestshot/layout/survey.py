"""What an output holds, according to the journal and the disk; changes nothing."""

import logging
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bestshot.layout.actions import Condition, CopyFile, FileState, LaidFile, OutputState, Receipt, RetireBest
from bestshot.layout.adoption import adoptable
from bestshot.layout.names import folded, group_number
from bestshot.model.photo import LinkMethod, Photo, PhotoFile
from bestshot.storage.files import UNTAKEN_NAME, checksum, writing
from bestshot.storage.identity import is_one_file
from bestshot.text import printable

logger = logging.getLogger(__name__)


def learned(root: Path, receipts: Sequence[Receipt], photos: Sequence[Photo]) -> list[Receipt]:
    """What is not in the receipts, but proved by these photos: adopted files, and copies whose source was touched."""
    if not photos:
        return []
    if receipts:
        return list(_renewed(root, receipts, photos))
    with writing(root):
        adopted = [Receipt(action, file_state(root / action.destination)) for action in adoptable(root, photos)]
    if adopted:
        logger.warning(
            "The journal knows nothing of %s, which holds %s of these photos: they are taken for laid out.",
            printable(str(root)),
            sum(isinstance(receipt.action, CopyFile) for receipt in adopted),
        )
    return adopted


def _renewed(root: Path, receipts: Sequence[Receipt], photos: Sequence[Photo]) -> Iterator[Receipt]:
    """The receipts of copies whose source has another time by now, but holds the same."""
    listed = {file.path: file for photo in photos for file in photo.files}
    laid = _laid(receipts)
    known = {
        (action.number, action.source, action.revision)
        for receipt in laid.values()
        if isinstance(action := receipt.action, CopyFile)
    }
    for receipt in laid.values():
        action = receipt.action
        if not isinstance(action, CopyFile) or action.method is LinkMethod.SYMLINK:
            continue
        file = listed.get(action.source)
        if file is None or (action.number, file.path, file.revision) in known:
            continue
        if (trace := _state_if_same(root, receipt, file)) is not None:
            yield Receipt(replace(action, revision=file.revision), trace)


def _state_if_same(root: Path, receipt: Receipt, file: PhotoFile) -> FileState | None:
    """What to remember of a copy if its source still holds the same; None if it does not, or cannot be read."""
    path, source = root / receipt.action.destination, Path(file.path)
    try:
        # The time of a hard link's source is its own.
        is_ours = condition_of(root, receipt) is Condition.UNCHANGED or is_one_file(path, source)
        if not is_ours or file.size != receipt.effect.size or checksum(source) != receipt.effect.checksum:
            return None
        return replace(receipt.effect, mtime_ns=path.lstat().st_mtime_ns)
    except OSError:
        return None


def _laid(receipts: Iterable[Receipt]) -> dict[str, Receipt]:
    laid: dict[str, Receipt] = {}
    for receipt in receipts:
        laid.pop(receipt.action.destination, None)
        if not isinstance(receipt.action, RetireBest):
            laid[receipt.action.destination] = receipt
    return laid


def survey(root: Path, receipts: Iterable[Receipt], abandoned: frozenset[str] = frozenset()) -> OutputState:
    """What the output holds; `abandoned` are the names that only a killed run left there."""
    laid = _laid(receipts)
    with writing(root):
        taken, last_number = _taken_names(root, abandoned)
        # A number is never given twice, also when its folder has gone.
        last_number = max([last_number, *(receipt.action.number for receipt in laid.values())])
        conditions = {path: LaidFile(receipt, condition_of(root, receipt)) for path, receipt in laid.items()}
    return OutputState(laid=conditions, taken=taken, last_number=last_number)


def condition_of(root: Path, receipt: Receipt) -> Condition:
    """What became of a file that we made."""
    try:
        status = os.lstat(root / receipt.action.destination)
    except OSError as error:
        # An output that was moved to another disk has none of the names which that does not take.
        if isinstance(error, FileNotFoundError | NotADirectoryError) or error.errno in UNTAKEN_NAME:
            return Condition.MISSING
        raise
    same = (status.st_size, status.st_mtime_ns) == (receipt.effect.size, receipt.effect.mtime_ns)
    return Condition.UNCHANGED if same else Condition.CHANGED


def _taken_names(root: Path, abandoned: frozenset[str]) -> tuple[frozenset[str], int]:
    """The names in the groups' folders, folded, and the highest group number.

    Folders that a killed run made and that hold nothing but its half-written files do not count.
    """
    taken: set[str] = set()
    numbers = [0]
    with suppress(FileNotFoundError), os.scandir(root) as entries:
        for entry in entries:
            number = group_number(entry.name)
            if number is not None and entry.is_dir():
                names = set(_names_below(Path(entry.path), entry.name))
                if not abandoned.issuperset({entry.name, *names}):
                    numbers.append(number)
                    taken.update(names)
    return frozenset(taken), max(numbers)


def _names_below(folder: Path, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{prefix}/{entry.name}"
            yield folded(path)
            if entry.name == "originals" and entry.is_dir():
                yield from _names_below(Path(entry.path), path)


def file_state(path: Path, folders: tuple[str, ...] = (), known_checksum: str | None = None) -> FileState:
    """What stands at a path now."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return FileState(status.st_size, status.st_mtime_ns, None, folders)
    return FileState(status.st_size, status.st_mtime_ns, known_checksum or checksum(path), folders)
