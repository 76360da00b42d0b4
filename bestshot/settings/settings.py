"""The settings of a run, each declared once: its type, bounds, default, flag, explanation and what it goes with.

The command line, the configuration file, the environment, the checks, `--apply` and docs/settings.md follow from it.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Annotated

import platformdirs
from msgspec import Meta

from bestshot.errors import UsageError
from bestshot.grouping.rules import GroupingRules
from bestshot.marks.actions import MarkOptions
from bestshot.marks.roles import PerRole
from bestshot.model.faces import FaceModel
from bestshot.model.photo import LinkMethod, SourceType
from bestshot.model.selection import Selection
from bestshot.plans.options import OutputOptions
from bestshot.ranking.rules import JudgingRules, Preference, SetHandling, Weights
from bestshot.settings.declaration import (
    GROUPING,
    IMMICH,
    JUDGING,
    MARKS,
    PHOTOS,
    RESULT,
    RUNNING,
    About,
    Setting,
    WithPlan,
    settings_of,
)
from bestshot.settings.kinds import (
    Count,
    Date,
    Hours,
    Labels,
    Megabytes,
    Ratings,
    Rule,
    Size,
    Source,
    Span,
    Text,
)
from bestshot.settings.selecting import parse_size, parse_span, parse_suffixes
from bestshot.xmp.labels import proper_label

APPLICATION = "photo-organizer"

MANY_CHANGES = 500
"""So many copies and marks are made without asking."""

_LOCAL, _SERVER = SourceType.LOCAL, SourceType.IMMICH

_PERSON = "person:"


class LogFormat(Enum):
    """How the log is written."""

    TEXT = "text"
    JSON = "json"


def own_folder(place: Callable[[str], str], flag: str) -> str:
    """A folder of this application in the user's home; raises UsageError, which names the flag, if there is no home.

    A user id of a container or a service need not be that of any account.
    """
    try:
        folder = place(APPLICATION)
    except RuntimeError:
        folder = "~"
    if folder.startswith("~"):
        raise UsageError(f"You have no home folder here: use {flag} to name a place.")
    return folder


def called_as() -> str:
    """The program by the name that it was called by."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py" and called.parent.name == "bestshot":
        return "python -m bestshot"
    if sys.orig_argv[1:3] == ["-m", "photo_organizer"]:
        return "python -m photo_organizer"
    return called.stem if called.stem == APPLICATION else "photo_organizer.py"


def command() -> str:
    """How a command line of this program begins, in any folder: as the one that runs did, if it was one."""
    import shlex  # --help needs none

    name, script = called_as(), sys.argv[0]
    if name == APPLICATION:
        return name
    if Path(script).name != f"{APPLICATION.replace('-', '_')}.py":
        return name if name.startswith("python") else f"python {name}"
    begun = sys.orig_argv[: sys.orig_argv.index(script) if script in sys.orig_argv else 1]
    parts = [*begun, str(Path(script).absolute())]
    return shlex.join(str(Path(part).absolute()) if os.sep in part else part for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a run can be asked for; the names are those of the flags."""

    # Which photos
    source: Annotated[
        tuple[Text, ...], About(PHOTOS, "folder of photos; may be given several times", "DIR", "-s", only=_LOCAL)
    ] = ()
    source_type: Annotated[
        Source,
        About(PHOTOS, "where the photos are: `local`, `immich` or a source that another package brings", "TYPE"),
    ] = SourceType.LOCAL
    exclude: Annotated[
        tuple[Text, ...],
        About(
            PHOTOS,
            "skip photos whose name matches, such as `'*.png'`, or path, such as `'Scans/*'`; case is ignored",
            "GLOB",
            only=_LOCAL,
        ),
    ] = ()
    include: Annotated[
        tuple[Text, ...],
        About(
            PHOTOS,
            "look only at photos whose name, path or folder matches; case is ignored",
            "GLOB",
            default_text="all",
            only=_LOCAL,
        ),
    ] = ()
    extensions: Annotated[
        tuple[Text, ...],
        About(
            PHOTOS,
            "look only at photos with such files, as in `jpg,heic`; a RAW file and its picture stay together",
            "LIST",
            default_text="all",
            separator=",",
        ),
    ] = ()
    min_size: Annotated[
        Size | None,
        About(PHOTOS, "look only at photos with a file of at least this size, such as `500KB`", "SIZE"),
    ] = None
    since: Annotated[
        Date | None,
        About(PHOTOS, "look only at photos taken then or later: a date, or a date with a time", "DATE"),
    ] = None
    until: Annotated[
        Date | None,
        About(PHOTOS, "look only at photos taken then or earlier, that day included", "DATE"),
    ] = None
    reference: Annotated[
        tuple[Text, ...],
        About(
            PHOTOS,
            "folder of photos to compare with; they may be best, and nothing is done with them; may be given several"
            " times",
            "DIR",
            only=_LOCAL,
        ),
    ] = ()
    limit: Annotated[
        Count | None, About(PHOTOS, "look at no more than the first N photos", "N", default_text="all")
    ] = None

    # An Immich server
    immich_url: Annotated[
        Text | None, About(IMMICH, "the server's address, or `IMMICH_URL`", "URL", variable="IMMICH_URL")
    ] = None
    immich_api_key_file: Annotated[
        Text | None,
        About(
            IMMICH,
            "a file that holds only the API key, or `IMMICH_API_KEY_FILE`",
            "FILE",
            overrules=("immich_api_key",),
            variable="IMMICH_API_KEY_FILE",
        ),
    ] = None
    immich_api_key: Annotated[
        Text | None,
        About(
            IMMICH,
            "the key itself; `IMMICH_API_KEY` is safer, because other users cannot see it",
            "KEY",
            overrules=("immich_api_key_file",),
            variable="IMMICH_API_KEY",
            is_secret=True,
        ),
    ] = field(default=None, repr=False)
    immich_album: Annotated[
        Text | None,
        About(IMMICH, "look at one album only", "NAME|ID", default_text="all photos", with_plan=WithPlan.NAMED),
    ] = None
    include_archived: Annotated[bool, About(IMMICH, "look at archived photos too", with_plan=WithPlan.NAMED)] = False
    use_full_resolution: Annotated[bool, About(IMMICH, "fetch originals instead of previews: slow")] = False
    immich_cache_dir: Annotated[
        Text | None,
        About(IMMICH, "where the server's pictures are kept", "DIR", default_text="`immich` in the cache folder"),
    ] = None
    immich_cache_size: Annotated[Megabytes, About(IMMICH, "how much room they may take", "MB")] = 5000.0
    immich_ca: Annotated[Text | None, About(IMMICH, "certificate authorities to trust", "FILE")] = None
    no_verify_ssl: Annotated[bool, About(IMMICH, "trust any certificate")] = False

    # What belongs together
    threshold: Annotated[
        int,
        Meta(ge=0, le=64),
        About(GROUPING, "bits of 64 in which the hashes of two photos may differ: 3 is strict, 10 generous", "N", "-t"),
    ] = 5
    time_window: Annotated[
        float,
        Meta(ge=0),
        About(GROUPING, "longest pause between neighbours of a group", "SECONDS", overrules=("no_time_window",)),
    ] = 300.0
    no_time_window: Annotated[
        bool,
        About(GROUPING, "compare by picture alone, for wrong clocks and old copies"),
    ] = False
    rotations: Annotated[bool, About(GROUPING, "join turned and mirrored copies too")] = False
    min_group_size: Annotated[int, Meta(ge=2), About(GROUPING, "how many photos make a group", "N")] = 2

    # Which one is best
    no_faces: Annotated[bool, About(JUDGING, "judge without looking for faces: faster")] = False
    face_model: Annotated[
        FaceModel, About(JUDGING, "how faces are found: `cnn` finds turned ones too, and takes many times as long")
    ] = FaceModel.HOG
    prefer: Annotated[
        tuple[Rule, ...],
        About(
            JUDGING,
            "what goes before the score: `raw`, `largest` or `folder:PATH`; of several, the first one that decides; or"
            " who should look best: `person:NAME`, as in Immich",
            "RULE",
            separator=",",
        ),
    ] = ()
    learn: Annotated[
        bool,
        About(
            JUDGING, "judge by weights learned from your decisions and favourites, if they clearly meet more of them"
        ),
    ] = False
    keep: Annotated[
        Count,
        About(JUDGING, "how many photos of a group stay in sight at most, if they are good and really different", "N"),
    ] = 1
    sets: Annotated[
        SetHandling,
        About(
            JUDGING,
            "what becomes of brackets, focus stacks, panoramas and time-lapses, whose photos are parts of one picture",
        ),
    ] = SetHandling.KEEP_WHOLE
    weights: Annotated[
        Weights,
        About(JUDGING, "how much each criterion counts in the score", is_file_only=True),
    ] = field(default_factory=Weights)

    # What to do with the groups
    output: Annotated[
        Text | None, About(RESULT, "lay the groups out here", "DIR", "-o", "only look", with_plan=WithPlan.REPLACES)
    ] = None
    link: Annotated[
        LinkMethod,
        About(
            RESULT,
            "how photos get into the output; with `hardlink`, editing the copy edits the original",
            only=_LOCAL,
            with_plan=WithPlan.REPLACES,
        ),
    ] = LinkMethod.COPY
    plan: Annotated[Text | None, About(RESULT, "write the decisions as JSON; `-` is standard output", "FILE")] = None
    csv: Annotated[Text | None, About(RESULT, "write the groups as a table; `-` is standard output", "FILE")] = None
    list_rest: Annotated[
        Text | None, About(RESULT, "write the files, or ids, of all photos but the best, one per line", "FILE")
    ] = None
    null: Annotated[bool, About(RESULT, "end each of them with a NUL, not a line break", refines="list_rest")] = False
    yes: Annotated[
        bool,
        About(RESULT, f"do not ask before more than {MANY_CHANGES} copies and marks, nor before an undo", short="-y"),
    ] = False
    report: Annotated[
        Text | None, About(RESULT, "write a page on which to look at the groups and change the choices", "FILE")
    ] = None
    dry_run: Annotated[
        bool, About(RESULT, "show what would be done, on a server with its calls, but change nothing")
    ] = False

    # Marks on the photos
    tag_only: Annotated[bool, About(MARKS, "tag every photo of a group, and the best once more")] = False
    tag: Annotated[
        Text,
        About(MARKS, "the tag; the best also gets NAME-best", "NAME", refines="tag_only"),
    ] = "photo-organizer-duplicate"
    create_albums: Annotated[bool, About(MARKS, "make an album for each group")] = False
    album_prefix: Annotated[
        Text,
        About(MARKS, "how their names begin", "TEXT", refines="create_albums"),
    ] = "Organized-"
    mark_best_favorite: Annotated[bool, About(MARKS, "make the best a favourite")] = False
    rate: Annotated[
        Ratings | None,
        About(
            MARKS,
            "rate the best, those kept beside it and the rest: `best=5,keep=4,rest=1`; `rest=-1` is rejected",
            "ROLE=STARS",
        ),
    ] = None
    label: Annotated[
        Labels | None,
        About(MARKS, "label them, in sidecars: `best=Green,keep=Yellow,rest=Red`", "ROLE=LABEL", only=_LOCAL),
    ] = None
    stack: Annotated[bool, About(MARKS, "stack each group, the best on top", only=_SERVER)] = False
    archive_rest: Annotated[bool, About(MARKS, "take all but the best out of the timeline", only=_SERVER)] = False
    inherit: Annotated[
        bool,
        About(MARKS, "give the best the albums, favourite, rating and description of its group", only=_SERVER),
    ] = False

    # How to run
    workers: Annotated[
        Count | None,
        About(RUNNING, "how many processes read pictures", "N", default_text="one per core that there is memory for"),
    ] = None
    nice: Annotated[bool, About(RUNNING, "let every other program on this machine go first: for cron")] = False
    dask: Annotated[
        Text | None, About(RUNNING, "a Dask cluster to read them on, such as `tcp://host:8786`", "SCHEDULER")
    ] = None
    cache_dir: Annotated[
        Text, About(RUNNING, "where measurements and previews are kept", "DIR", default_text="your cache folder")
    ] = field(default_factory=lambda: own_folder(platformdirs.user_cache_dir, "--cache-dir"))
    cache_size: Annotated[Megabytes, About(RUNNING, "how much room previews may take", "MB")] = 5000.0
    state_dir: Annotated[
        Text, About(RUNNING, "where the journal and your decisions are kept", "DIR", default_text="your state folder")
    ] = field(default_factory=lambda: own_folder(platformdirs.user_state_dir, "--state-dir"))
    keep_history: Annotated[
        Count | None,
        About(
            RUNNING, "for how long runs can be undone; what is unfinished always can", "DAYS", default_text="for ever"
        ),
    ] = None
    every: Annotated[
        Span | None,
        About(
            RUNNING,
            "stay, and run again and again, so long after each other: `24h`, `90m`, `1d12h`",
            "SPAN",
            default_text="once",
            overrules=("at",),
        ),
    ] = None
    at: Annotated[
        Hours | None,
        About(
            RUNNING,
            "stay, and run every day at this time, or at several: `03:00,15:00`",
            "HH:MM",
            default_text="once",
            overrules=("every",),
        ),
    ] = None
    metrics: Annotated[
        Text | None, About(RUNNING, "write what came of each run to this file, for Prometheus", "FILE")
    ] = None
    log_file: Annotated[Text | None, About(RUNNING, "write what happens to this file as well", "FILE")] = None
    log_format: Annotated[
        LogFormat,
        About(
            RUNNING, "how it is written; `json` is one object per line, on standard error too unless that is a terminal"
        ),
    ] = LogFormat.TEXT
    verbose: Annotated[bool, About(RUNNING, "show every group with its reasons", short="-v")] = False
    quiet: Annotated[bool, About(RUNNING, "print nothing unless the exit code is not 0", short="-q")] = False

    @property
    def selection(self) -> Selection:
        """Which photos are looked at, as far as these themselves say; raises UsageError for what cannot be meant."""
        size = 0 if self.min_size is None else parse_size(self.min_size)
        return Selection(parse_span(self.since, self.until), size, parse_suffixes(self.extensions))

    @property
    def is_for_a_part(self) -> bool:
        """Whether not all photos of the library are looked at; what is excluded for good is no part of it."""
        return not self.selection.is_all or bool(self.include) or self.limit is not None

    @property
    def grouping_rules(self) -> GroupingRules:
        """When photos belong together."""
        window = None if self.no_time_window else self.time_window
        return GroupingRules(self.threshold, window, self.min_group_size)

    @property
    def judging_rules(self) -> JudgingRules:
        """Which photo of a group is best."""
        people = tuple(rule.removeprefix(_PERSON) for rule in self.prefer if rule.startswith(_PERSON))
        preferences = tuple(Preference.parse(rule) for rule in self.prefer if not rule.startswith(_PERSON))
        return JudgingRules(self.weights, preferences, self.sets is SetHandling.KEEP_WHOLE, self.keep, people)

    @property
    def mark_options(self) -> MarkOptions:
        """Which marks are wanted."""
        return MarkOptions(
            tag=self.tag if self.tag_only else None,
            album_prefix=self.album_prefix if self.create_albums else None,
            favorite_best=self.mark_best_favorite,
            stack=self.stack,
            archive_rest=self.archive_rest,
            inherit=self.inherit,
            rate=None if self.rate is None else PerRole.parse(self.rate),
            label=None if self.label is None else PerRole.parse(self.label).each(proper_label),
        )

    @property
    def options(self) -> OutputOptions:
        """What to do with the groups; the output of a folder whose photos are marked holds only albums."""
        albums_only = self.source_type == SourceType.LOCAL and self.mark_options.any
        return OutputOptions(self.output, self.link, self.mark_options, albums_only)

    @property
    def records(self) -> Mapping[str, str]:
        """The files that the decisions are written to, by the name of the setting; "-" is standard output."""
        named = {"plan": self.plan, "csv": self.csv, "list_rest": self.list_rest, "report": self.report}
        return {name: file for name, file in named.items() if file is not None}


SETTINGS: Mapping[str, Setting] = {setting.name: setting for setting in settings_of(Settings)}
"""All settings as they are declared, by name."""
