"""What an output holds, according to the journal and the disk; changes nothing."""

import logging
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bestshot.layout.actions import Condition, CopyFile, FileState, LaidFile, OutputState, Receipt, RetireBest
from bestshot.layout.adoption import adoptable
from bestshot.layout.names import folded, group_number
from bestshot.model.photo import LinkMethod, Photo, PhotoFile
from bestshot.storage.files import UNTAKEN_NAME, checksum, link_target, writing
from bestshot.text import printable

logger = logging.getLogger(__name__)


def survey(
    root: Path,
    receipts: Sequence[Receipt],
    photos: Sequence[Photo] = (),
    *,
    abandoned: frozenset[str] = frozenset(),
    proofs: Sequence[Receipt] = (),
) -> tuple[OutputState, list[Receipt]]:
    """What the output holds, and what of that no receipt says, but the content of these files and photos proves.

    Those are files of ours where no journal lists any, or with another time, and copies whose source has one.
    `abandoned` are the names that only a killed run left there; `proofs` is what an earlier look found, to read nothing
    twice.
    """
    listed, known = _laid(receipts), _laid(proofs)
    with writing(root):
        taken, last_number = _taken_names(root, abandoned)
        if receipts:
            laid = {path: _seen(root, receipt, known.get(path)) for path, receipt in listed.items()}
            laid |= {one.receipt.action.destination: one for one in _renewed(laid, photos, known)}
        else:
            laid = _adopted(root, photos)
    # A number is never given twice, also when its folder has gone.
    last_number = max([last_number, *(one.receipt.action.number for one in laid.values())])
    new = [one.receipt for path, one in laid.items() if one.receipt is not listed.get(path)]
    return OutputState(laid=laid, taken=taken, last_number=last_number), new


def _adopted(root: Path, photos: Sequence[Photo]) -> dict[str, LaidFile]:
    receipts = [Receipt(action, file_state(root / action.destination)) for action in adoptable(root, photos)]
    if receipts:
        logger.warning(
            "The journal knows nothing of %s, which holds %s of these photos: they are taken for laid out.",
            printable(str(root)),
            sum(isinstance(receipt.action, CopyFile) for receipt in receipts),
        )
    return {receipt.action.destination: LaidFile(receipt, Condition.UNCHANGED) for receipt in receipts}


def _seen(root: Path, receipt: Receipt, proof: Receipt | None) -> LaidFile:
    """What became of a file that we made, with the time that it has now: its content is read if that is another one."""
    # A text, as each file of the output is asked for twice a run, and a Path takes longer to make than the look does.
    path, effect = f"{root}/{receipt.action.destination}", receipt.effect
    try:
        status = os.lstat(path)
    except OSError as error:
        # An output that was moved to another disk has none of the names which that does not take.
        if isinstance(error, FileNotFoundError | NotADirectoryError) or error.errno in UNTAKEN_NAME:
            return LaidFile(receipt, Condition.MISSING)
        raise
    if (status.st_size, status.st_mtime_ns) == (effect.size, effect.mtime_ns):
        return LaidFile(receipt, Condition.UNCHANGED)
    now = replace(effect, size=status.st_size, mtime_ns=status.st_mtime_ns)
    try:
        is_ours = (proof is not None and proof.effect == now) or is_as_made(Path(path), receipt)
    except OSError:
        is_ours = False  # nobody can say, so it is left alone
    return (
        LaidFile(replace(receipt, effect=now), Condition.UNCHANGED) if is_ours else LaidFile(receipt, Condition.CHANGED)
    )


def is_as_made(path: Path, receipt: Receipt) -> bool:
    """Whether a file or link holds what was made there, whatever its time; raises OSError."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return link_target(path) == receipt.link
    return status.st_size == receipt.effect.size and checksum(path) == receipt.effect.checksum


def _renewed(
    laid: Mapping[str, LaidFile], photos: Sequence[Photo], proofs: Mapping[str, Receipt]
) -> Iterator[LaidFile]:
    """The copies whose source has another time by now, but holds the same."""
    listed = {file.path: file for photo in photos for file in photo.files}
    copies = {path: action for path, one in laid.items() if isinstance(action := one.receipt.action, CopyFile)}
    known = {(action.number, action.source, action.revision) for action in copies.values()}
    for path, action in copies.items():
        file, one = listed.get(action.source), laid[path]
        is_ours = one.condition is Condition.UNCHANGED and action.method is not LinkMethod.SYMLINK
        if not is_ours or file is None or (action.number, file.path, file.revision) in known:
            continue
        renewed = replace(one.receipt, action=replace(action, revision=file.revision))
        if proofs.get(path) == renewed or _holds(file, one.receipt.effect):
            yield replace(one, receipt=renewed)


def _holds(file: PhotoFile, effect: FileState) -> bool:
    """Whether a source still holds what its copy does; one that cannot be read is laid out when it can be."""
    with suppress(OSError):
        return file.size == effect.size and checksum(Path(file.path)) == effect.checksum
    return False


def _laid(receipts: Iterable[Receipt]) -> dict[str, Receipt]:
    laid: dict[str, Receipt] = {}
    for receipt in receipts:
        laid.pop(receipt.action.destination, None)
        if not isinstance(receipt.action, RetireBest):
            laid[receipt.action.destination] = receipt
    return laid


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
