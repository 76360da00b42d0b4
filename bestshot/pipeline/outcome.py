"""What a run is asked for, and what came of it, as data."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from bestshot.workers.progress import no_progress as no_progress

if TYPE_CHECKING:
    from bestshot.analysis.analyser import Progress
    from bestshot.layout.actions import Receipt
    from bestshot.marks.actions import MarkAction, MarkReceipt
    from bestshot.marks.apply import VerifyPolicy
    from bestshot.model.groups import Group
    from bestshot.model.photo import Skipped
    from bestshot.pipeline.look import LibraryAnalysis
    from bestshot.plans.plan import Plan
    from bestshot.settings.settings import Settings
    from bestshot.sources.interface import PhotoSource

EXIT_DONE, EXIT_SOMETHING_FAILED, EXIT_INTERRUPTED = 0, 1, 130


@runtime_checkable
class HearsOfGroups(Protocol):
    """Wants to know the groups as soon as they are found, before any photo of them is judged."""

    def groups_found(self, groups: "Sequence[Group]") -> None:
        """Hear them."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a run works on and with; see `PhotoOrganizer`. What a given plan decides may be remembered already."""

    source: "PhotoSource"
    settings: "Settings"
    executor: Executor | None
    progress: "Progress"
    policy: "VerifyPolicy | None"
    confirm: "Callable[[Plan], bool]"
    is_remembered: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What a run found that left it open what people decided."""

    plan: "Plan"
    library: "LibraryAnalysis"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found and did. `failed` are the changes that could not be made, by destination or by photo.

    It is `declined` if somebody was asked and said no. `remembered` is the number of decisions that the given plan
    held. `calls` are those that a dry run's plan takes. `report` are the files of the report. `learned` says what was
    learned from the user's choices.
    """

    plan: "Plan"
    receipts: tuple["Receipt | MarkReceipt", ...] = ()
    failed: tuple["Skipped", ...] = ()
    acted: bool = False
    declined: bool = False
    remembered: int = 0
    calls: "Mapping[MarkAction, tuple[str, ...]]" = field(default_factory=dict)
    report: tuple[Path, ...] = ()
    learned: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 if all went well or nothing new went wrong, else 1."""
        is_new = any(item.is_new for item in (*self.failed, *self.plan.skipped))
        return EXIT_SOMETHING_FAILED if is_new else EXIT_DONE
