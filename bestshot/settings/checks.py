"""Settings that do not go with a kind of source, or with each other: refused before anything is done."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from bestshot.errors import UsageError
from bestshot.marks.roles import PerRole
from bestshot.model.photo import SourceType
from bestshot.ranking.rules import Preference, PreferenceKind
from bestshot.settings.declaration import MARKS
from bestshot.settings.settings import SETTINGS, Settings
from bestshot.sources.local.foreign import foreign_place
from bestshot.text import printable


def check_source_options(flags: Mapping[str, object], source_type: str) -> None:
    """Raise UsageError for a flag that is only for another kind of source."""
    for name in flags:
        _check_fits(name, source_type)


def _check_fits(name: str, source_type: str) -> None:
    setting = SETTINGS[name]
    if not setting.is_for(source_type):
        fitting = "folders" if setting.only == SourceType.LOCAL else "--source-type immich"
        raise UsageError(f"{setting.label} goes with {fitting} only: leave it out.")


def check_consistency(flags: Mapping[str, object], settings: Settings) -> None:
    """Raise UsageError for settings that do not go together."""
    settings.selection  # noqa: B018 - raises where nothing can be meant by it
    for name in flags:
        needed = SETTINGS[name].about.refines
        if needed and not getattr(settings, needed):
            raise UsageError(f"{SETTINGS[name].label} only refines {SETTINGS[needed].label}: give that as well.")
    if "workers" in flags and settings.dask is not None:
        raise UsageError("--workers is for processes on this machine, --dask for a cluster: give only one of them.")
    if settings.every is not None and settings.at is not None:
        raise UsageError("--every and --at both say when to run: give only one of them.")
    _check_marks(settings)
    if settings.source_type == SourceType.LOCAL:
        _check_marks_of_folders(settings)
    _check_records(settings.records)
    if settings.metrics is not None:
        _check_folder("metrics", settings.metrics)


def check_preferences(settings: Settings, origins: Sequence[str]) -> None:
    """Raise UsageError for a preference that would have no effect on the photos of these libraries."""
    _check_preferred_people(settings, origins)
    _check_preferred_folders(settings.judging_rules.preferences, origins)


def _check_preferred_people(settings: Settings, origins: Sequence[str]) -> None:
    for name in settings.judging_rules.people:
        rule = f"{SETTINGS['prefer'].label} person:{printable(name)}"
        if SourceType.of(origins) != SourceType.IMMICH:
            raise UsageError(f"{rule} goes with --source-type immich only, where faces have names: leave it out.")
        if settings.no_faces:
            raise UsageError(f"{rule} needs to look at faces: leave out --no-faces.")


def _check_preferred_folders(preferences: Iterable[Preference], origins: Iterable[str]) -> None:
    """Refuse a folder in which no photo can be."""
    roots = [PurePath(origin.removeprefix("folder:")) for origin in origins if origin.startswith("folder:")]
    for folder in (one.folder for one in preferences if one.kind is PreferenceKind.FOLDER):
        rule = f"{SETTINGS['prefer'].label} folder:{printable(folder)}"
        if not roots:
            raise UsageError(f"{rule} goes with folders only: leave it out.")
        if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises in a folder that is locked
            raise UsageError(f"{rule}: there is no such folder; check the path, or mount its disk.")
        if not any(root.is_relative_to(folder) or PurePath(folder).is_relative_to(root) for root in roots):
            raise UsageError(f"{rule}: no photo of this run is in that folder; name one that is looked through.")


def check_output_place(output: str | None) -> None:
    """Raise UsageError for an output in a folder of another program, such as its library."""
    program = None if output is None else foreign_place(os.path.realpath(output))
    if program is not None:
        raise UsageError(f"The output {printable(str(output))} is in a folder of {program}: name another place.")


def _check_records(records: Mapping[str, str]) -> None:
    """What is written at the end of a long run should not fail for a folder that was missing at its start."""
    if records.get("report") == "-":
        raise UsageError("--report writes a page with pictures: name a file, such as report.html.")
    if list(records.values()).count("-") > 1:
        raise UsageError("Only one of --plan, --csv and --list-rest can be written to standard output.")
    for name, file in records.items():
        if file != "-":
            _check_folder(name, file)


def _check_folder(name: str, file: str) -> None:
    if not os.path.isdir(os.path.dirname(file) or "."):  # noqa: PTH112, PTH120 - Path.is_dir raises in a folder that is locked
        flag = SETTINGS[name].label
        raise UsageError(f"{flag} {printable(file)}: there is no such folder to write it in; make it first.")


def _check_marks(settings: Settings) -> None:
    for name, setting in SETTINGS.items():
        if setting.about.group is MARKS and getattr(settings, name) != setting.default:
            _check_fits(name, settings.source_type)
    for given in filter(None, (settings.rate, settings.label)):
        PerRole.parse(given)
    if "" in settings.tag.split("/"):
        raise UsageError(f"--tag {printable(settings.tag)} has an empty part: write it like trips/berlin.")


def _check_marks_of_folders(settings: Settings) -> None:
    """Folders have albums under the output, and there is no copying in the same run: new sidecars would be missed."""
    if settings.mark_best_favorite and settings.rate is not None:
        raise UsageError(
            "In folders, --mark-best-favorite gives the best five stars: leave it out, and give --rate best=5."
        )
    if settings.create_albums and settings.output is None:
        raise UsageError("--create-albums makes folders of links: name the folder for them with --output.")
    if settings.output is not None and settings.mark_options.any and not settings.create_albums:
        raise UsageError(
            "Photos of a folder are marked and laid out in two runs: leave out --output, "
            "or leave out --tag-only, --mark-best-favorite, --rate and --label."
        )
