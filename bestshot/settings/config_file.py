"""The configuration file as it stands on the disk: settings for every run, and jobs, each with settings of its own."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import platformdirs

from bestshot.errors import UsageError
from bestshot.settings.settings import own_folder
from bestshot.text import printable

_JOB_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""It names a file, a label of metrics and a word of the command line."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What stands in the file, unchecked but for the names of the jobs; empty where there is none."""

    shown: str = ""
    table: Mapping[str, Any] = field(default_factory=dict)
    jobs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def default_config_file() -> Path:
    """The configuration file that is read when none is named; raises UsageError where the user has no home."""
    return Path(own_folder(platformdirs.user_config_dir, "--config")) / "config.toml"


def read_config_file(named: Path | None) -> ConfigFile:
    """Read the named file, or the default one if it exists; raises UsageError."""
    if named is None and not _has_default_file():
        return ConfigFile()
    path = Path(expanded(str(named))) if named else default_config_file()
    shown = printable(str(path))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"The configuration file {shown} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The configuration file {shown} is not text in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The configuration file {shown} is not valid TOML: {error}.") from error
    except RecursionError as error:
        raise UsageError(
            f"The configuration file {shown} is not one of this program: it is nested too deeply."
        ) from error
    return ConfigFile(shown, table, _jobs(table.pop("job", []), shown))


def _jobs(given: object, shown: str) -> dict[str, Mapping[str, Any]]:
    if not isinstance(given, Sequence) or not all(isinstance(one, Mapping) for one in given):
        raise UsageError(f"job in {shown} must be tables: begin each with a line [[job]].")
    jobs: dict[str, Mapping[str, Any]] = {}
    for one in given:
        name = one.get("name")
        if not isinstance(name, str) or not _JOB_NAME.fullmatch(name):
            raise UsageError(
                f"A [[job]] in {shown} needs a name of up to 64 letters, digits, dots, dashes or underscores,"
                ' such as name = "nas".'
            )
        if name.lower() in map(str.lower, jobs):  # as files, they may have to differ in more than that
            raise UsageError(f"Two jobs in {shown} have the name {name}: give each a name of its own.")
        jobs[name] = {key: value for key, value in one.items() if key != "name"}
    return jobs


def expanded(path: str) -> str:
    """A path whose `~` stands for a home; raises UsageError where there is none."""
    whole = os.path.expanduser(path)  # noqa: PTH111 - keeps './x' as given
    if whole == path and path.partition(os.sep)[0] == "~":
        raise UsageError(f"You have no home folder here, which {printable(path)} begins with: name the whole path.")
    return whole


def _has_default_file() -> bool:
    try:
        return os.path.exists(default_config_file())  # noqa: PTH110 - Path.exists raises in a home that is locked
    except UsageError:
        return False  # without a home there is none
