"""Settings as they are given: flags win over the environment, that over a job of the configuration file.

A job wins over the rest of the file, that over a credential of the service manager, and all over the defaults.
"""

import difflib
import json
import math
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from bestshot.errors import UsageError
from bestshot.ranking.rules import parse_weights
from bestshot.settings.addresses import is_address, with_server
from bestshot.settings.config_file import ConfigFile, expanded, read_config_file
from bestshot.settings.declaration import Setting
from bestshot.settings.settings import SETTINGS, Settings
from bestshot.text import printable

ENVIRONMENT_PREFIX = "PHOTO_ORGANIZER_"


_CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd lets a service read what LoadCredential= gives it."""

_KEY_CREDENTIAL = "immich-api-key"


def load_settings(
    flags: Mapping[str, object],
    environment: Mapping[str, str],
    config_file: Path | None = None,
    *,
    job: str | None = None,
) -> Settings:
    """Gather the settings, those of a job too; raises UsageError that names a key which is unknown or of a wrong type.

    `flags` holds only what was given on the command line. Without `config_file` the default one is read if it exists.
    """
    file = read_config_file(config_file)
    named = {name: _converted(name, value, SETTINGS[name].label) for name, value in flags.items()}
    values: dict[str, Any] = {}
    layers = (_from_credentials(environment), _from_file(file), _from_job(file, job), _from_environment(environment))
    for layer in (*layers, named):
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


def job_names(config_file: Path | None) -> tuple[str, ...]:
    """The jobs of the configuration file, in its order."""
    return tuple(read_config_file(config_file).jobs)


def check_job(name: str, names: Collection[str]) -> None:
    """Raise UsageError for a job that is none of these."""
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    there = f"There are {', '.join(names)}." if names else "It has no [[job]]."
    raise UsageError(f"--job {printable(name)}: the configuration file has no such job.{hint or f' {there}'}")


def _from_credentials(environment: Mapping[str, str]) -> dict[str, Any]:
    folder = environment.get(_CREDENTIALS)
    if not folder:
        return {}
    key = Path(folder) / _KEY_CREDENTIAL
    return {"immich_api_key_file": str(key)} if os.path.lexists(key) else {}


def _from_file(file: ConfigFile) -> dict[str, Any]:
    return _from_table(file.table, file.shown)


def _from_job(file: ConfigFile, job: str | None) -> dict[str, Any]:
    if job is None:
        return {}
    check_job(job, file.jobs)
    return _from_table(file.jobs[job], f"the job {job} in {file.shown}")


def _from_table(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    return {
        name: _converted(name, value, f"{printable(name)} in {where}", strict=True) for name, value in table.items()
    }


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
    return tuple(map(expanded, converted)) if setting.is_list else expanded(converted)


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
