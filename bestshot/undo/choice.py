"""Which run is to be taken back: the one that is numbered, or the latest about what was named."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bestshot.errors import UsageError
from bestshot.journal.journal import Journal
from bestshot.journal.runs import LATEST, Run, RunPart, run_to_undo
from bestshot.layout.changes import FOLDER
from bestshot.model.photo import SourceType
from bestshot.sources.installed import installed_source
from bestshot.sources.local.marks import albums_made_in
from bestshot.text import printable

_IMMICH = "immich:"
_WHERE: Final[Mapping[str, str]] = {
    SourceType.LOCAL: "about photos in folders",
    SourceType.IMMICH: "about photos on Immich",
}


@dataclass(frozen=True, slots=True)
class RunChoice:
    """The run that the user means: its number, and what it has to be about, as far as that was named.

    `sources` are folders of photos, and `output` is where groups or albums were laid out, as they are spelled. On a
    server, they have to be those of the user whom `whose` names; it is asked only if there are several.
    """

    number: int = LATEST
    sources: Collection[str] = ()
    output: str | None = None
    source_type: str | None = None
    whose: Callable[[], str] | None = None

    def find(self, journal: Journal) -> Run:
        """The run; raises UsageError if there is none, or if it cannot be taken back."""
        if self.number == LATEST:
            return run_to_undo(self.among(journal), LATEST, self.in_words)
        run = run_to_undo(journal.runs(), self.number)
        if not self._is_about(run, journal):
            raise UsageError(f"Run {run.number} was not {self.in_words}. --history lists what was done.")
        return run

    def among(self, journal: Journal) -> list[Run]:
        """The runs about all that was named, and the undos of such."""
        runs = {run.number: run for run in journal.runs()}
        users = {user for run in runs.values() for part in run.parts for user in _users_of(part)}
        mine = {self.whose()} if self.whose is not None and len(users) > 1 else users
        named = (run for run in runs.values() if all(_users_of(part) <= mine for part in run.parts))
        return [run for run in named if self._is_about(runs.get(run.undoes or run.number, run), journal)]

    def _is_about(self, run: Run, journal: Journal) -> bool:
        origins = self._origins()
        return any(
            origins <= set(part.sources)
            and self.source_type in (None, SourceType.of(part.sources))
            and (self.output is None or Path(self.output).resolve() in _outputs_of(part, journal))
            for part in run.parts
        )

    def _origins(self) -> set[str]:
        if self.source_type in (None, *SourceType):
            return {f"folder:{Path(folder).resolve()}" for folder in self.sources}
        return set(installed_source(str(self.source_type), [*self.sources]).origins()) if self.sources else set()

    @property
    def in_words(self) -> str:
        """What it has to be about, as the end of a sentence; empty if nothing was named."""
        return " and ".join(self._named())

    def _named(self) -> Iterator[str]:
        if self.sources:
            yield f"about {', '.join(map(printable, self.sources))}"
        elif self.source_type is not None:
            yield _WHERE.get(self.source_type, f"about photos of the source {self.source_type}")
        if self.output is not None:
            yield f"laid out in {printable(self.output)}"


def _users_of(part: RunPart) -> set[str]:
    return {source for source in part.sources if source.startswith(_IMMICH)}


def _outputs_of(part: RunPart, journal: Journal) -> set[Path]:
    """The output of a part, or the folders in which it made albums."""
    if part.target.startswith(FOLDER):
        return {Path(part.target.removeprefix(FOLDER))}
    return {album.parent for album in albums_made_in(journal, part)}
