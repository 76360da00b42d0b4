"""What the user asked for: flags > environment > TOML file > defaults, gathered in one value."""

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
import platformdirs

from bestshot.errors import UsageError
from bestshot.grouping_rules import GroupingRules
from bestshot.model import LinkMethod

APPLICATION = "photo-organizer"
ENVIRONMENT_PREFIX = "PHOTO_ORGANIZER_"


class SourceType(Enum):
    """Where the photos are."""

    LOCAL = "local"
    IMMICH = "immich"


_AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a run can be told; the names are those of the flags."""

    source: tuple[str, ...] = ()
    output: str | None = None
    threshold: Annotated[int, msgspec.Meta(ge=0, le=64)] = 5
    time_window: Annotated[float, msgspec.Meta(ge=0)] = 300.0
    no_time_window: bool = False
    min_group_size: Annotated[int, msgspec.Meta(ge=2)] = 2
    source_type: SourceType = SourceType.LOCAL
    exclude: tuple[str, ...] = ()
    limit: _AtLeastOne | None = None
    workers: _AtLeastOne | None = None
    link: LinkMethod = LinkMethod.COPY
    no_faces: bool = False
    cache_dir: str = dataclasses.field(default_factory=lambda: platformdirs.user_cache_dir(APPLICATION))
    cache_size: Annotated[float, msgspec.Meta(gt=0)] = 5000.0
    state_dir: str = dataclasses.field(default_factory=lambda: platformdirs.user_state_dir(APPLICATION))
    plan: str | None = None
    dry_run: bool = False
    verbose: bool = False
    quiet: bool = False
    log_file: str | None = None

    @property
    def grouping_rules(self) -> GroupingRules:
        """When photos belong together."""
        window = None if self.no_time_window else self.time_window
        return GroupingRules(self.threshold, window, self.min_group_size)


_TYPES: dict[str, Any] = get_type_hints(Settings, include_extras=True)
_PATHS = frozenset({"source", "output", "cache_dir", "state_dir", "plan", "log_file"})
_LISTS = frozenset({"source", "exclude"})


def default_config_file() -> Path:
    """The configuration file that is read when none is named."""
    return Path(platformdirs.user_config_dir(APPLICATION)) / "config.toml"


def load_settings(
    flags: Mapping[str, object], environment: Mapping[str, str], config_file: Path | None = None
) -> Settings:
    """Gather the settings; raises UsageError that names the key which is unknown or of a wrong type.

    `flags` holds only what was given on the command line. Without `config_file` the default one is read if it exists.
    """
    values = {
        **_from_file(config_file),
        **_from_environment(environment),
        **{key: _converted(key, value, _flag(key)) for key, value in flags.items()},
    }
    return Settings(**values)


def _flag(key: str) -> str:
    return "--" + key.replace("_", "-")


def _from_file(config_file: Path | None) -> dict[str, Any]:
    path = config_file or default_config_file()
    if config_file is None and not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The configuration file {path} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The configuration file {path} is not valid TOML: {error}.") from error
    return {key: _converted(key, value, f"{key} in {path}", strict=True) for key, value in table.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if name.startswith(ENVIRONMENT_PREFIX):
            key = name.removeprefix(ENVIRONMENT_PREFIX).lower()
            value = text.split(os.pathsep) if key in _LISTS else text
            values[key] = _converted(key, value, f"The environment variable {name}")
    return values


def _converted(key: str, value: object, where: str, *, strict: bool = False) -> Any:
    if key not in _TYPES:
        near = difflib.get_close_matches(key, _TYPES, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f"{where}: there is no setting called {key}.{hint}")
    try:
        converted = msgspec.convert(value, _TYPES[key], strict=strict)
    except msgspec.ValidationError as error:
        raise UsageError(f"{where}: {error}, but it is {value!r}.") from error
    return _expanded(converted) if key in _PATHS else converted


def _expanded(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(_expanded(item) for item in value)
    return os.path.expanduser(value) if isinstance(value, str) else value  # noqa: PTH111 - keeps './x' as given
