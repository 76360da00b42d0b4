"""Settings that make no sense for a kind of source, or together: said before anything is done."""

import os
from collections.abc import Mapping

from bestshot.errors import UsageError
from bestshot.model.photo import SourceType
from bestshot.settings.settings import Settings, flag_of
from bestshot.text import printable

FOLDERS_ONLY = frozenset({"source", "exclude", "link"})
IMMICH_ONLY = frozenset(
    {
        "immich_url",
        "immich_api_key",
        "immich_api_key_file",
        "immich_album",
        "immich_ca",
        "no_verify_ssl",
        "include_archived",
        "use_full_resolution",
        "immich_cache_dir",
        "immich_cache_size",
        "stack",
        "archive_rest",
        "inherit",
    }
)
_SAYS_HOW = {"tag": "tag_only", "album_prefix": "create_albums", "null": "list_rest"}
"""Flags that only say how what another one asks for is to be."""


def check_source_options(flags: Mapping[str, object], source_type: SourceType) -> None:
    """Raise UsageError for a flag that says nothing to this kind of source."""
    foreign = FOLDERS_ONLY if source_type is SourceType.IMMICH else IMMICH_ONLY
    for key in sorted(foreign & flags.keys()):
        name = "SOURCE" if key == "source" else flag_of(key)
        other = "folders" if source_type is SourceType.IMMICH else "--source-type immich"
        raise UsageError(f"{name} goes with {other} only: leave it out.")


def check_consistency(flags: Mapping[str, object], settings: Settings) -> None:
    """Raise UsageError for settings that make no sense together."""
    for key, needed in _SAYS_HOW.items():
        if key in flags and not getattr(settings, needed):
            raise UsageError(f"{flag_of(key)} only says how {flag_of(needed)} is meant: give that as well.")
    if "workers" in flags and settings.dask is not None:
        raise UsageError("--workers counts processes here, and --dask works on a cluster: give one of them.")
    if settings.source_type is SourceType.LOCAL:
        _check_marks_of_folders(settings)
    if [settings.plan, settings.csv, settings.list_rest].count("-") > 1:
        raise UsageError("Only one of --plan, --csv and --list-rest can be written to standard output.")
    _check_places(settings)
    if "" in settings.tag.split("/"):
        raise UsageError(f"--tag {printable(settings.tag)} has an empty part: write it like trips/berlin.")


def _check_places(settings: Settings) -> None:
    """What is written at the end of a long run should not fail for a folder that was missing at its start."""
    if settings.report == "-":
        raise UsageError("--report writes a page with pictures: name a file, such as report.html.")
    for key in ("plan", "csv", "list_rest", "report"):
        name = getattr(settings, key)
        if name not in (None, "-") and not os.path.isdir(os.path.dirname(name) or "."):  # noqa: PTH112, PTH120 - Path.is_dir raises in a folder that is locked
            raise UsageError(
                f"{flag_of(key)} {printable(name)}: there is no such folder to write it in; make it first."
            )


def _check_marks_of_folders(settings: Settings) -> None:
    """Folders have albums under the output, and there is no copying in the same run: new sidecars would be missed."""
    for key in sorted({"stack", "archive_rest", "inherit"}):
        if getattr(settings, key):
            raise UsageError(f"{flag_of(key)} goes with --source-type immich only: leave it out.")
    if settings.create_albums and settings.output is None:
        raise UsageError("--create-albums makes folders of links: say under which folder with --output.")
    if settings.output is not None and settings.mark_options.any and not settings.create_albums:
        raise UsageError(
            "Photos of a folder are marked and laid out in two runs: leave out --output, "
            "or leave out --tag-only and --mark-best-favorite."
        )
