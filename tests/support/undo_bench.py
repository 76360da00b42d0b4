"""An output to lay groups out in and take them back from: real files, no pictures."""

import os
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bestshot.journal.journal import Journal
from bestshot.journal.runs import KeptItem, run_to_undo
from bestshot.layout.actions import Receipt
from bestshot.layout.output import FailedAction, FolderOutput
from bestshot.layout.plan import plan_folders
from bestshot.model.photo import LinkMethod, Photo
from bestshot.storage.files import copy_verified
from bestshot.undo.undo import Result, RunUndo
from tests.support import builders

Tree = dict[str, object]


@dataclass(frozen=True)
class Bench:
    """A folder of photos, an output, and the journal."""

    root: Path

    @property
    def photos(self) -> Path:
        return self.root / "photos"

    @property
    def out(self) -> Path:
        return self.root / "out"

    def write(self, name: str, content: str = "", *, time: int = 1_700_000_000) -> Path:
        """A file among the photos."""
        path = self.photos / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content or f"the photo {name}")
        os.utime(path, ns=(time * 10**9 + 7, time * 10**9 + 7))
        return path

    def photo(self, name: str, *companions: str) -> Photo:
        """A photo of the files that are there."""
        listed = builders.photo(name, *companions, folder=str(self.photos))
        files = []
        for file in listed.files:
            status = Path(file.path).stat()
            files.append(type(file)(file.path, file.role, status.st_size, status.st_mtime_ns))
        return Photo(name, listed.origin, name, files[0].revision, name, files[0].size, tuple(files))

    def lay(
        self, *groups: tuple[int, Sequence[Photo]], link: LinkMethod = LinkMethod.COPY
    ) -> list[Receipt | FailedAction]:
        """One run that lays these numbered groups out, the first of each being the best."""
        planned = [builders.planned(number, *photos) for number, photos in groups]
        seen = [photo for _, photos in groups for photo in photos]
        with closing(self.journal()) as journal:
            output = FolderOutput(
                self.out, journal, lambda file, copy: copy_verified(Path(file.source), copy, file.size_and_time)
            )
            with output.lock():
                output.recover()
                sources = [f"folder:{self.photos}"]
                state = output.catch_up(seen, sources)
                actions = plan_folders(planned, seen, state, link)
                return list(output.carry_out(actions, sources, state)) if actions else []

    def undo(self, number: int = 0) -> list[Result]:
        """One undo, as the command line does it."""
        with closing(self.journal()) as journal:
            job = run_to_undo(journal.runs(), number)
            undoing = RunUndo(journal, job, self.root / "cache", None)
            return list(undoing.carry_out())

    def look(self, number: int = 0) -> list[Result]:
        """A dry one."""
        with closing(self.journal()) as journal:
            job = run_to_undo(journal.runs(), number)
            return list(RunUndo(journal, job, self.root / "cache", None).look())

    def journal(self) -> Journal:
        """The journal, opened."""
        return Journal(self.root / "state" / "journal.sqlite3")

    def tree(self) -> Tree:
        """Everything in the output but the lock."""
        return tree_of(self.out)


def tree_of(folder: Path, without: Collection[str] = (".photo-organizer",)) -> Tree:
    """Everything below a folder: what is a folder, where links lead, content and time of files, which are one."""
    found: Tree = {}
    first: dict[int, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        status = path.lstat()
        if set(path.parts) & set(without):
            continue
        if path.is_symlink():
            found[name] = "link", str(path.readlink()), status.st_mtime_ns
        elif path.is_dir():
            found[name] = "folder"
        else:
            found[name] = path.read_bytes(), status.st_mtime_ns, first.setdefault(status.st_ino, name)
    return found


def left(results: Sequence[Result]) -> dict[str, str]:
    """What was left alone, and why."""
    return {result.what: result.why for result in results if isinstance(result, KeptItem)}
