"""Settings as they are given: flags win over the environment, that over the configuration file, that over defaults."""

import difflib
import json
import math
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import platformdirs
from msgspec import inspect

from bestshot.errors import UsageError
from bestshot.ranking.rules import parse_weights
from bestshot.settings.addresses import is_address, with_server
from bestshot.settings.declaration import Setting
from bestshot.settings.settings import SETTINGS, Settings, own_folder
from bestshot.text import printable

ENVIRONMENT_PREFIX = "PHOTO_ORGANIZER_"


def default_config_file() -> Path:
    """The configuration file that is read when none is named; raises UsageError where the user has no home."""
    return Path(own_folder(platformdirs.user_config_dir, "--config")) / "config.toml"


def load_settings(
    flags: Mapping[str, object], environment: Mapping[str, str], config_file: Path | None = None
) -> Settings:
    """Gather the settings; raises UsageError that names the key which is unknown or of a wrong type.

    `flags` holds only what was given on the command line. Without `config_file` the default one is read if it exists.
    """
    named = {name: _converted(name, value, SETTINGS[name].label) for name, value in flags.items()}
    values: dict[str, Any] = {}
    for layer in (_from_file(config_file), _from_environment(environment), named):
        given = with_server(layer)
        for name in given:
            for overruled in SETTINGS[name].about.overrules:
                values.pop(overruled, None)
        values |= given
    return Settings(**values)


def secret_variables() -> list[str]:
    """The environment variables that may hold a secret."""
    secret = {name: setting.about.variable for name, setting in SETTINGS.items() if setting.about.is_secret}
    return [*filter(None, secret.values()), *(ENVIRONMENT_PREFIX + name.upper() for name in secret)]


def check_text(name: str, value: Any) -> Any:
    """A text of a plan, or several, as the setting of this name; raises UsageError if it cannot be one."""
    return _converted(name, value, f"The {name.replace('_', ' ')} in the plan")


def check_given(name: str, value: Any) -> Any:
    """Something that was chosen for the setting of this name; raises UsageError if it cannot be that."""
    return _converted(name, value, f"The {name.replace('_', ' ')}")


def _from_file(config_file: Path | None) -> dict[str, Any]:
    if config_file is None and not _has_default_file():
        return {}
    path = Path(_expanded(str(config_file))) if config_file else default_config_file()
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
    return {
        name: _converted(name, value, f"{printable(name)} in {shown}", strict=True) for name, value in table.items()
    }


def _has_default_file() -> bool:
    try:
        return os.path.exists(default_config_file())  # noqa: PTH110 - Path.exists raises in a home that is locked
    except UsageError:
        return False  # without a home there is none


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    known = {setting.about.variable: name for name, setting in SETTINGS.items() if setting.about.variable}
    given = {name: variable for variable, name in known.items() if environment.get(variable)}
    for variable in environment:
        if variable.startswith(ENVIRONMENT_PREFIX):
            given[variable.removeprefix(ENVIRONMENT_PREFIX).lower()] = variable
    return {name: _from_variable(name, variable, environment[variable]) for name, variable in given.items()}


def _from_variable(name: str, variable: str, text: str) -> Any:
    where = f"The environment variable {variable}"
    setting = _known(name, where)
    if setting.about.is_file_only:
        raise UsageError(f"{where}: {name} can only be set in the configuration file.")
    is_split = setting.is_list and not is_address(text)  # in which there are colons
    entries = text.split(setting.about.separator) if is_split else [text]
    return _converted(name, entries if setting.is_list else text, where)


def _known(name: str, where: str) -> Setting:
    if name not in SETTINGS:
        near = difflib.get_close_matches(name, SETTINGS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f"{where}: there is no setting called {printable(name)}.{hint}")
    return SETTINGS[name]


def _converted(name: str, value: object, where: str, *, strict: bool = False) -> Any:
    setting = _known(name, where)
    if setting.about.is_file_only:
        return parse_weights(value, where)
    try:
        converted = msgspec.convert(value, setting.kind, strict=strict)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the latter for a name that is not UTF-8
        raise UsageError(_complaint(setting, value, where)) from error
    if isinstance(converted, float) and math.isinf(converted):
        raise UsageError(_complaint(setting, value, where))
    if not setting.is_path:
        return converted
    if "\0" in "".join(converted):
        raise UsageError(_complaint(setting, value, where))
    return tuple(map(_expanded, converted)) if setting.is_list else _expanded(converted)


def _expanded(path: str) -> str:
    expanded = os.path.expanduser(path)  # noqa: PTH111 - keeps './x' as given
    if expanded == path and path.partition(os.sep)[0] == "~":
        raise UsageError(f"You have no home folder here, which {printable(path)} begins with: name the whole path.")
    return expanded


def _complaint(setting: Setting, value: object, where: str) -> str:
    given = (
        "something else" if setting.about.is_secret else printable(json.dumps(value, ensure_ascii=False, default=str))
    )
    return f"{where} must be {_kind_in_words(inspect.type_info(setting.kind))}, but it is {given}."


def _kind_in_words(kind: inspect.Type) -> str:
    """What a value of this kind looks like."""
    match kind:
        case inspect.Metadata(extra_json_schema={"description": str(words)}):
            return words
        case inspect.BoolType():
            return "true or false"
        case inspect.EnumType():
            *others, last = (member.value for member in kind.cls)
            return f"{', '.join(others)} or {last}"
        case inspect.IntType():
            return f"a whole number {_bounds(kind)}"
        case inspect.FloatType():
            return f"a number {_bounds(kind)}"
        case inspect.VarTupleType(item_type=inspect.StrType(pattern=str())):
            return "a list of rules, each of them raw, largest, folder:PATH or person:NAME"
        case inspect.VarTupleType():
            return 'a list of names that are not empty, such as ["a", "b"]'
        case _:
            return "a text that is not empty"


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.gt is not None:
        return f"above {kind.gt:g}"
    return f"of at least {kind.ge:g}" if kind.le is None else f"from {kind.ge:g} to {kind.le:g}"
