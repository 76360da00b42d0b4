"""The settings with which a plan is carried out: its photos and its options, unless the command line has others."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bestshot.errors import UsageError
from bestshot.model.photo import SourceType
from bestshot.plans.decision_store import remembered
from bestshot.plans.document import PlanDocument
from bestshot.plans.options import OutputOptions
from bestshot.plans.reading import decisions_in
from bestshot.settings.declaration import WithPlan
from bestshot.settings.reading import check_text
from bestshot.settings.settings import SETTINGS, Settings
from bestshot.text import printable


def settings_for(plan: PlanDocument, settings: Settings, flags: Mapping[str, object]) -> Settings:
    """The settings for a plan; raises UsageError where the command line contradicts it, or nothing would be done."""
    given = [SETTINGS[name] for name in flags]
    for setting in given:
        if setting.with_plan.is_refused:
            raise UsageError(f"The plan already says {setting.with_plan.value}: leave out {setting.label}.")
    fitted = _with_source(plan, settings)
    replaces = any(setting.with_plan is WithPlan.REPLACES for setting in given)
    if not replaces:
        fitted = _with_options(plan.wishes, fitted)
    # A decision made earlier may be taken back, even by a plan in which nobody changed anything.
    decides = decisions_in(plan.groups) or remembered(Path(fitted.state_dir))
    if fitted.options.is_looking and not (decides or fitted.records):
        wanted = "say what to do with it, such as --output or --tag-only."
        if not replaces:
            raise UsageError(f"This plan was made only to look: {wanted}")
        raise UsageError(f"The options on the command line replace all those of the plan: {wanted}")
    return fitted


def _with_source(plan: PlanDocument, settings: Settings) -> Settings:
    """The settings for the photos that the plan names, whatever the environment or a file names."""
    own = {name: setting.default for name, setting in SETTINGS.items() if setting.with_plan is WithPlan.NAMED}
    fitted = replace(settings, **own | {"source_type": plan.source.type})
    if plan.source.type == SourceType.LOCAL:
        folders, references = (
            tuple(origin.removeprefix("folder:") for origin in origins)
            for origins in (plan.source.origins, plan.source.references)
        )
        return replace(fitted, source=check_text("source", folders), reference=check_text("reference", references))
    if plan.source.type != SourceType.IMMICH:
        named = tuple(origin.partition(":")[2] for origin in plan.source.origins)
        return replace(fitted, source=check_text("source", named))
    if settings.immich_url is None:
        # A file must not say to whom a key is sent.
        places = ", ".join(map(printable, plan.source.locations))
        raise UsageError(f"This plan is for the Immich server {places}: name it with --immich-url or IMMICH_URL.")
    return fitted


def _with_options(options: OutputOptions, settings: Settings) -> Settings:
    """The settings with the options of a plan; raises UsageError for a text that cannot be one."""
    marks = options.marks
    texts = {
        "output": options.output,
        "tag": marks.tag,
        "album_prefix": marks.album_prefix,
        "rate": None if marks.rate is None else str(marks.rate),
        "label": None if marks.label is None else str(marks.label),
    }
    given = {name: check_text(name, text) for name, text in texts.items() if text is not None}
    return replace(
        settings,
        **{"output": None, "rate": None, "label": None} | given,
        link=options.link,
        tag_only=marks.tag is not None,
        create_albums=marks.album_prefix is not None,
        mark_best_favorite=marks.favorite_best,
        stack=marks.stack,
        archive_rest=marks.archive_rest,
        inherit=marks.inherit,
    )
