"""The settings with which a plan is carried out: its photos, and its wishes unless the command line has others."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bestshot.errors import UsageError
from bestshot.model.photo import SourceType
from bestshot.plans.decision_store import remembered
from bestshot.plans.document import PlanDocument
from bestshot.plans.reading import decisions_in
from bestshot.settings.settings import Settings, check_text
from bestshot.text import printable

_SAID_BY_THE_PLAN = (
    "source",
    "source_type",
    "immich_album",
    "exclude",
    "limit",
    "threshold",
    "time_window",
    "no_time_window",
    "min_group_size",
    "no_faces",
)

_OPTIONS = frozenset(
    {
        "output",
        "link",
        "tag_only",
        "tag",
        "create_albums",
        "album_prefix",
        "mark_best_favorite",
        "stack",
        "archive_rest",
        "inherit",
    }
)


def settings_for(plan: PlanDocument, settings: Settings, flags: Mapping[str, object]) -> Settings:
    """The settings for a plan; raises UsageError where the command line contradicts it, or nothing would be done."""
    for name in _SAID_BY_THE_PLAN:
        if name in flags:
            flag = "SOURCE" if name == "source" else f"--{name.replace('_', '-')}"
            raise UsageError(f"A plan says itself which photos belong together: leave out {flag}.")
    fitted = _with_source(plan, settings)
    if not _OPTIONS & flags.keys():
        fitted = fitted.with_options(plan.wishes)
    # What was decided before may be taken back, also by a plan in which nobody changed anything.
    decides = decisions_in(plan.groups) or remembered(Path(fitted.state_dir))
    if fitted.options.is_looking and not (decides or fitted.writes_records):
        wanted = "say what to do with it, such as --output or --tag-only."
        if not _OPTIONS & flags.keys():
            raise UsageError(f"This plan was made only to look: {wanted}")
        raise UsageError(f"What the command line asks for replaces all that the plan does: {wanted}")
    return fitted


def _with_source(plan: PlanDocument, settings: Settings) -> Settings:
    fitted = replace(settings, source_type=plan.source.type, immich_album=None, exclude=(), limit=None)
    if plan.source.type is SourceType.IMMICH:
        if settings.immich_url is None:
            # A file must not say to whom a key is sent.
            places = ", ".join(map(printable, plan.source.locations))
            raise UsageError(f"This plan is for the Immich server {places}: name it with --immich-url or IMMICH_URL.")
        return fitted
    folders = tuple(origin.removeprefix("folder:") for origin in plan.source.origins)
    return replace(fitted, source=check_text("source", folders))
