"""The review from the command line: where it is, opened in a browser, and how it ended."""

import logging
import os
import sys
import threading
import webbrowser

from bestshot.cli.arguments import Command
from bestshot.cli.console import Console
from bestshot.cli.source import immich_source, source_of
from bestshot.errors import UsageError
from bestshot.immich.client import ImmichClient
from bestshot.model.photo import SourceType
from bestshot.pipeline.outcome import EXIT_DONE, EXIT_INTERRUPTED
from bestshot.review.gate import Listening
from bestshot.review.service import Access
from bestshot.review.serving import Ended, ReviewRequest, Served, serve_review
from bestshot.settings.settings import SETTINGS, Settings
from bestshot.sources.immich.permissions import UNDO_TASKS
from bestshot.storage.files import write_out

logger = logging.getLogger(__name__)


def review(command: Command, settings: Settings, console: Console) -> int:
    """Look, serve the review until Ctrl-C or until nobody comes any more, and say how it ended."""
    _check(settings)
    listening = Listening.parse(command.listen) if command.listen else Listening()
    if not listening.is_loopback:
        logger.warning(
            "Other machines can reach the review, and what they see is not encrypted: only within a network that you"
            " trust, or behind a reverse proxy with TLS. Whoever has the address may decide and act."
        )
    request = ReviewRequest(
        Access(source_of, _server_of),
        settings,
        console.progress(settings),
        listening,
        may_act=not command.review_only,
    )
    ended = serve_review(request, lambda served: _tell(served, settings, command))
    console.print_line([_last_words(ended, keeps=request.may_act)])
    return EXIT_INTERRUPTED if ended.is_cut_short else EXIT_DONE


def _check(settings: Settings) -> None:
    """Raise UsageError for what the review does in its own way."""
    for name in settings.records:
        raise UsageError(f"{SETTINGS[name].flag} is for a run without --review: what is decided there, it follows.")
    if settings.dry_run:
        raise UsageError("--review shows what would be done before it does it: leave out --dry-run, or --review-only.")


def _server_of(settings: Settings) -> ImmichClient | None:
    return immich_source(settings, UNDO_TASKS).client if settings.source_type == SourceType.IMMICH else None


def _tell(served: Served, settings: Settings, command: Command) -> None:
    """Say where the review is, at once, and open it where there is a screen."""
    is_opened = not command.no_open and _has_screen()
    if not (is_opened and settings.quiet):
        kept = "it only shows, and keeps nothing" if command.review_only else "what is decided is kept"
        write_out(f"The review is at {served.address}\nCtrl-C ends it; {kept}.\n")
    if is_opened:
        # Some browsers come back only when they are closed.
        threading.Thread(target=webbrowser.open, args=[served.once], daemon=True).start()


def _has_screen() -> bool:
    """Whether a browser would have a window: without a screen, one for terminals would take ours."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _last_words(ended: Ended, *, keeps: bool) -> str:
    if ended.is_cut_short:
        return "The review has ended in the middle of a job. What is done stays done, and can be undone."
    why = ", since nobody has asked for anything for hours" if ended.is_idle else ""
    return f"The review has ended{why}.{' What was decided is kept.' if keeps else ''}"
