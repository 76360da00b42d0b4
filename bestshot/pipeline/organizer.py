"""The organizer as users' own code and the command line call it; what a run needs is loaded when it starts."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING

from bestshot.pipeline.outcome import Looked, Outcome, Request, no_progress
from bestshot.settings.settings import Settings

if TYPE_CHECKING:
    from bestshot.analysis.analyser import Progress
    from bestshot.marks.apply import VerifyPolicy
    from bestshot.plans.document import PlanDocument
    from bestshot.plans.plan import Plan
    from bestshot.sources.interface import PhotoSource


class PhotoOrganizer:
    """One run over a source: look, group, judge, plan, and lay out if the settings name an output.

    Photos are measured on `executor`, by default on the cluster that the settings name or one spawned process per
    core; each of these imports the script that calls this, which needs the usual `if __name__ == "__main__":` around
    it. `policy` says how long to look whether marks stay, by default as long as a busy server may take to lose them.
    `confirm` is asked before anything is changed.
    """

    def __init__(
        self,
        source: "PhotoSource",
        settings: Settings | None = None,
        *,
        executor: Executor | None = None,
        progress: "Progress | None" = None,
        policy: "VerifyPolicy | None" = None,
        confirm: "Callable[[Plan], bool] | None" = None,
    ) -> None:
        self._request = Request(
            source,
            settings or Settings(),
            executor,
            progress or no_progress,
            policy,
            confirm or (lambda _plan: True),
        )

    def run(self, plan: "PlanDocument | None" = None, *, is_remembered: bool = False) -> Outcome:
        """Do it all and return what was found and done; raises OrganizerError when the run cannot go on.

        A given plan is carried out instead of looking for groups; what it decides is kept unless that was done before.
        """
        from bestshot.pipeline.run import run

        return run(replace(self._request, is_remembered=is_remembered), plan)

    def look(self) -> Looked:
        """Look, and return what is found with the groups as they are proposed, whatever people decided about them."""
        from bestshot.pipeline.run import look

        return look(self._request)
