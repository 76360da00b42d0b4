"""What the user asked for: flags > environment > TOML file > defaults, gathered in one value."""

import dataclasses
import difflib
import json
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import platformdirs
from msgspec import inspect

from bestshot.errors import UsageError
from bestshot.grouping.rules import GroupingRules
from bestshot.marks.actions import MarkOptions
from bestshot.model.faces import FaceModel
from bestshot.model.photo import LinkMethod, SourceType
from bestshot.plans.plan import OutputOptions
from bestshot.ranking.rules import JudgingRules, Preference, Weights, parse_weights
from bestshot.settings.kinds import kind_in_words
from bestshot.text import printable

APPLICATION = "photo-organizer"
ENVIRONMENT_PREFIX = "PHOTO_ORGANIZER_"


_AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
# An empty path would mean the folder one happens to be in.
_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Rule = Annotated[str, msgspec.Meta(pattern="^(raw|largest|folder:.+)$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a run can be told; the names are those of the flags."""

    source: tuple[_Text, ...] = ()
    output: _Text | None = None
    threshold: Annotated[int, msgspec.Meta(ge=0, le=64)] = 5
    time_window: Annotated[float, msgspec.Meta(ge=0)] = 300.0
    no_time_window: bool = False
    rotations: bool = False
    min_group_size: Annotated[int, msgspec.Meta(ge=2)] = 2
    source_type: SourceType = SourceType.LOCAL
    immich_url: _Text | None = None
    immich_api_key: _Text | None = dataclasses.field(default=None, repr=False)
    immich_api_key_file: _Text | None = None
    immich_album: _Text | None = None
    immich_ca: _Text | None = None
    no_verify_ssl: bool = False
    include_archived: bool = False
    use_full_resolution: bool = False
    immich_cache_dir: _Text | None = None
    immich_cache_size: Annotated[float, msgspec.Meta(gt=0)] = 5000.0
    tag_only: bool = False
    tag: _Text = "photo-organizer-duplicate"
    create_albums: bool = False
    album_prefix: _Text = "Organized-"
    mark_best_favorite: bool = False
    stack: bool = False
    archive_rest: bool = False
    inherit: bool = False
    exclude: tuple[_Text, ...] = ()
    limit: _AtLeastOne | None = None
    workers: _AtLeastOne | None = None
    dask: _Text | None = None
    link: LinkMethod = LinkMethod.COPY
    no_faces: bool = False
    face_model: FaceModel = FaceModel.HOG
    prefer: tuple[_Rule, ...] = ()
    weights: Weights = dataclasses.field(default_factory=Weights)
    cache_dir: _Text = dataclasses.field(default_factory=lambda: platformdirs.user_cache_dir(APPLICATION))
    cache_size: Annotated[float, msgspec.Meta(gt=0)] = 5000.0
    state_dir: _Text = dataclasses.field(default_factory=lambda: platformdirs.user_state_dir(APPLICATION))
    plan: _Text | None = None
    csv: _Text | None = None
    list_rest: _Text | None = None
    null: bool = False
    yes: bool = False
    report: _Text | None = None
    dry_run: bool = False
    verbose: bool = False
    quiet: bool = False
    log_file: _Text | None = None

    @property
    def grouping_rules(self) -> GroupingRules:
        """When photos belong together."""
        window = None if self.no_time_window else self.time_window
        return GroupingRules(self.threshold, window, self.min_group_size)

    @property
    def judging_rules(self) -> JudgingRules:
        """Which photo of a group is best."""
        return JudgingRules(self.weights, tuple(map(Preference.parse, self.prefer)))

    @property
    def options(self) -> OutputOptions:
        """What is to be done with the groups; the output of a folder whose photos are marked has only its albums."""
        albums_only = self.source_type is SourceType.LOCAL and self.mark_options.any
        return OutputOptions(self.output, self.link, self.mark_options, albums_only)

    @property
    def writes_records(self) -> bool:
        """Whether what was decided is written to a file of its own."""
        return any(name is not None for name in (self.plan, self.csv, self.list_rest, self.report))

    def with_options(self, options: OutputOptions) -> "Settings":
        """The same settings with the wishes of a plan; raises UsageError for a text that cannot be."""
        marks = options.marks
        return dataclasses.replace(
            self,
            output=None if options.output is None else check_text("output", options.output),
            link=options.link,
            tag_only=marks.tag is not None,
            tag=self.tag if marks.tag is None else check_text("tag", marks.tag),
            create_albums=marks.album_prefix is not None,
            album_prefix=self.album_prefix
            if marks.album_prefix is None
            else check_text("album_prefix", marks.album_prefix),
            mark_best_favorite=marks.favorite_best,
            stack=marks.stack,
            archive_rest=marks.archive_rest,
            inherit=marks.inherit,
        )

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
        )


def _without_none(kind: Any) -> Any:
    """The type of a setting that is given; None only ever stands for one that is not."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    return next(member for member in get_args(kind) if member is not NoneType)


_TYPES = {key: _without_none(kind) for key, kind in get_type_hints(Settings, include_extras=True).items()}
_PATHS = frozenset(
    {
        "source",
        "output",
        "cache_dir",
        "state_dir",
        "plan",
        "csv",
        "list_rest",
        "report",
        "log_file",
        "immich_api_key_file",
        "immich_ca",
        "immich_cache_dir",
    }
)
# What stands between the entries of a list in an environment variable; a rule may hold a colon.
_SEPARATORS = {"source": os.pathsep, "exclude": os.pathsep, "prefer": ","}
_FILE_ONLY = frozenset({"weights"})
# Two ways to say the same: the one in a stronger layer overrules the other.
_KEY, _KEY_FILE = "immich_api_key", "immich_api_key_file"
# What Immich's own tools call them.
_KNOWN_VARIABLES = {"IMMICH_URL": "immich_url", "IMMICH_API_KEY": "immich_api_key"}


def default_config_file() -> Path:
    """The configuration file that is read when none is named."""
    return Path(platformdirs.user_config_dir(APPLICATION)) / "config.toml"


def load_settings(
    flags: Mapping[str, object], environment: Mapping[str, str], config_file: Path | None = None
) -> Settings:
    """Gather the settings; raises UsageError that names the key which is unknown or of a wrong type.

    `flags` holds only what was given on the command line. Without `config_file` the default one is read if it exists.
    """
    named = {key: _converted(key, value, flag_of(key)) for key, value in flags.items()}
    values: dict[str, Any] = {}
    for layer in (_from_file(config_file), _from_environment(environment), named):
        if "time_window" in layer:
            values["no_time_window"] = False  # what a weaker layer says of no window is overruled as well
        if _KEY in layer or _KEY_FILE in layer:
            values = {key: value for key, value in values.items() if key not in (_KEY, _KEY_FILE)}
        values |= layer
    return Settings(**values)


def check_text(key: str, value: Any) -> Any:
    """A text of a plan, or several, as the setting of this name; raises UsageError if it cannot be one."""
    return _converted(key, value, f"The {key.replace('_', ' ')} in the plan")


def flag_of(key: str) -> str:
    """The flag of a setting."""
    return "--" + key.replace("_", "-")


def _from_file(config_file: Path | None) -> dict[str, Any]:
    path = Path(_expanded(str(config_file))) if config_file else default_config_file()
    if config_file is None and not os.path.exists(path):  # noqa: PTH110 - Path.exists raises in a home that is locked
        return {}
    shown = printable(str(path))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"The configuration file {shown} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The configuration file {shown} is not text in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The configuration file {shown} is not valid TOML: {error}.") from error
    return {key: _converted(key, value, f"{printable(key)} in {shown}", strict=True) for key, value in table.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, key in _KNOWN_VARIABLES.items():
        if environment.get(name):
            values[key] = _converted(key, environment[name], f"The environment variable {name}")
    for name, text in environment.items():
        if name.startswith(ENVIRONMENT_PREFIX):
            key = name.removeprefix(ENVIRONMENT_PREFIX).lower()
            if key in _FILE_ONLY:
                raise UsageError(f"The environment variable {name}: {key} can only be set in the configuration file.")
            value = text.split(_SEPARATORS[key]) if key in _SEPARATORS else text
            values[key] = _converted(key, value, f"The environment variable {name}")
    return values


def _converted(key: str, value: object, where: str, *, strict: bool = False) -> Any:
    if key not in _TYPES:
        near = difflib.get_close_matches(key, _TYPES, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f"{where}: there is no setting called {printable(key)}.{hint}")
    if key == "weights":
        return parse_weights(value, where)
    try:
        converted = msgspec.convert(value, _TYPES[key], strict=strict)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the latter for a name that is no UTF-8
        raise UsageError(_complaint(key, value, where)) from error
    if isinstance(converted, float) and math.isinf(converted):
        raise UsageError(_complaint(key, value, where))
    if key not in _PATHS:
        return converted
    if "\0" in "".join(converted):
        raise UsageError(_complaint(key, value, where))
    return tuple(map(_expanded, converted)) if isinstance(converted, tuple) else _expanded(converted)


def _complaint(key: str, value: object, where: str) -> str:
    given = "something else" if key == _KEY else printable(json.dumps(value, ensure_ascii=False, default=str))
    return f"{where} must be {kind_in_words(inspect.type_info(_TYPES[key]))}, but it is {given}."


def _expanded(path: str) -> str:
    return os.path.expanduser(path)  # noqa: PTH111 - keeps './x' as given
