"""The fields of bodies and queries: what each release accepts, converts and drops, and how it words a refusal."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tests.fake_immich.requests import Json, RefusalError
from tests.fake_immich.state import parse_iso
from tests.fake_immich.versions import FIRST, LAST, Release

STRICT = (3, 0, 0)  # from here on text is no number
MISSING = object()
UUID = re.compile(r"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12})$")
_COLOUR = re.compile(r"^#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$")
_FULL_DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$")


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a route knows, in the releases that know it; `kind` is one of KINDS."""

    name: str
    kind: str
    since: Release = FIRST
    until: Release = LAST
    required: bool = False
    null_since: Release = LAST
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """A value for a field, and where it was given: queries are text in every release."""

    field: Field
    value: Json
    release: Release
    query: bool

    @property
    def is_text_fine(self) -> bool:
        """Whether `"2"` may stand for 2."""
        return self.query or self.release < STRICT


class Problem(NamedTuple):
    """What is wrong with one field: the sentences of old, and the record of 3.x; `item` counts in a list."""

    sentences: list[str]
    record: Json
    item: int | None = None


class WrongError(Exception):
    """A value is refused."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems)
        self.problems = problems


def type_name(value: Json) -> str:
    """As JavaScript calls it."""
    if value is MISSING:
        return "undefined"
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def wrong_type(expected: str, value: Json) -> Json:
    """The record of a value of another type."""
    message = f"Invalid input: expected {expected}, received {type_name(value)}"
    return {"expected": expected, "code": "invalid_type", "message": message}


def _bad_format(name: str, pattern: str, message: str) -> Json:
    return {"origin": "string", "code": "invalid_format", "format": name, "pattern": pattern, "message": message}


def _bad_uuid() -> Json:
    return _bad_format("uuid", f"/{UUID.pattern}/", "Invalid UUID")


def _uuid(given: Given) -> str:
    if isinstance(given.value, str) and UUID.match(given.value):
        return given.value
    record = _bad_uuid() if isinstance(given.value, str) else wrong_type("string", given.value)
    raise WrongError(Problem([f"{given.field.name} must be a UUID"], record))


def _uuids(given: Given) -> list[str]:
    name, value = given.field.name, given.value
    each = f"each value in {name} must be a UUID"
    if not isinstance(value, list):
        sentences = [each, f"{name} should not be empty", f"{name} must be an array"]
        raise WrongError(Problem(sentences, wrong_type("array", value)))
    bad = [n for n, item in enumerate(value) if not (isinstance(item, str) and UUID.match(item))]
    if bad:
        raise WrongError(*(Problem([each] if n == bad[0] else [], _bad_uuid(), n) for n in bad))
    low = given.field.low
    if low is not None and len(value) < low:
        message = f"Too small: expected array to have >={low} items"
        record = {"origin": "array", "code": "too_small", "minimum": low, "inclusive": True, "message": message}
        raise WrongError(Problem([f"{name} must contain at least {low} elements"], record))
    return value


def _flag(given: Given) -> bool:
    if isinstance(given.value, bool):
        return given.value
    if given.is_text_fine and given.value in ("true", "false"):
        return bool(given.value == "true")
    sentence = f"{given.field.name} must be a boolean value"
    raise WrongError(Problem([sentence], wrong_type("boolean", given.value)))


def _number(given: Given) -> int:
    value = given.value
    if given.is_text_fine and isinstance(value, str) and value.isdigit():
        value = int(value)
    if type(value) is not int:
        raise WrongError(Problem([f"{given.field.name} must be an integer number"], wrong_type("number", value)))
    return _bounded(value, given.field.name, given.field.low, given.field.high)


def _bounded(value: int, name: str, low: int | None, high: int | None) -> int:
    if low is not None and value < low:
        message = f"Too small: expected number to be >={low}"
        record = {"origin": "number", "code": "too_small", "minimum": low, "inclusive": True, "message": message}
        raise WrongError(Problem([f"{name} must not be less than {low}"], record))
    if high is not None and value > high:
        message = f"Too big: expected number to be <={high}"
        record = {"origin": "number", "code": "too_big", "maximum": high, "inclusive": True, "message": message}
        raise WrongError(Problem([f"{name} must not be greater than {high}"], record))
    return value


def _rating(given: Given) -> int | None:
    name, value = given.field.name, given.value
    low, high = -1 if given.release >= (1, 125, 7) else 0, 5
    if type(value) is not int:
        bounds = [f"{name} must not be less than {low}", f"{name} must not be greater than {high}"]
        raise WrongError(Problem([*bounds, f"{name} must be an integer number"], wrong_type("number", value)))
    _bounded(value, name, low, high)
    if value == 0 and given.release >= STRICT:
        message = "Rating must be -1 (rejected), 1\u20135 (starred), or null (unrated); 0 is not valid"
        raise WrongError(Problem([], {"code": "custom", "message": message}))
    return None if value == 0 and given.release >= (2, 6, 0) else value


def _text(given: Given) -> str:
    if isinstance(given.value, str):
        return given.value
    raise WrongError(Problem([f"{given.field.name} must be a string"], wrong_type("string", given.value)))


def _texts(given: Given) -> list[str]:
    name, value = given.field.name, given.value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        sentences = [f"each value in {name} must be a string", f"{name} must be an array"]
        raise WrongError(Problem(sentences, wrong_type("array", value)))
    if given.release < STRICT and "" in value:
        raise WrongError(Problem([f"each value in {name} should not be empty"], {}))
    return value


def _choice(given: Given) -> str:
    name, choices = given.field.name, given.field.choices
    if given.value in choices:
        return str(given.value)
    sentences = [f"{name} must be one of the following values: {', '.join(choices)}"]
    if given.value is MISSING:
        sentences.insert(1 if given.query else 0, f"{name} should not be empty")
    message = "Invalid option: expected one of " + "|".join(f'"{choice}"' for choice in choices)
    raise WrongError(Problem(sentences, {"code": "invalid_value", "values": list(choices), "message": message}))


def _date(given: Given) -> int:
    try:
        if not isinstance(given.value, str) or (given.release >= STRICT and not _FULL_DATE.match(given.value)):
            raise ValueError(given.value)
        return parse_iso(given.value)
    except ValueError as error:
        message = f"Invalid input: expected ISO 8601 datetime string, received {type_name(given.value)}"
        raise WrongError(Problem([], _bad_format("datetime", _FULL_DATE.pattern, message))) from error


def _colour(given: Given) -> str:
    if isinstance(given.value, str) and _COLOUR.match(given.value):
        return f"#{given.value.removeprefix('#')}"
    pattern = f"/{_COLOUR.pattern}/"
    record = _bad_format("regex", pattern, f"Invalid string: must match pattern {pattern}")
    raise WrongError(Problem([f"{given.field.name} must be a hexadecimal color"], record))


KINDS: dict[str, Callable[[Given], Json]] = {
    "uuid": _uuid,
    "uuids": _uuids,
    "flag": _flag,
    "number": _number,
    "rating": _rating,
    "text": _text,
    "texts": _texts,
    "choice": _choice,
    "date": _date,
    "colour": _colour,
}

_Found = list[tuple[Field, Problem]]


def checked(fields: Iterable[Field], given: Json, release: Release, *, query: bool = False) -> dict[str, Json]:
    """The known fields of a body or query, converted; unknown ones are dropped without a word.

    Raises RefusalError (400) that lists every problem.
    """
    values: dict[str, Json] = {}
    problems: _Found = []
    source = _as_object(given, release)
    for field in fields:
        if not field.since <= release <= field.until or (field.name not in source and not field.required):
            continue
        value = source.get(field.name, MISSING)
        try:
            is_null = value is None and release >= field.null_since
            values[field.name] = None if is_null else KINDS[field.kind](Given(field, value, release, query))
        except WrongError as error:
            problems += [(field, problem) for problem in error.problems]
    if problems:
        raise _refusal(problems, release)
    return values


def _as_object(given: Json, release: Release) -> dict[str, Json]:
    """Something else than an object was an empty one, once."""
    if isinstance(given, dict):
        return given
    if release >= STRICT:
        raise _listed([wrong_type("object", given) | {"path": []}])
    return {}


def _refusal(problems: _Found, release: Release) -> RefusalError:
    if release >= STRICT:
        return _listed([problem.record | {"path": _path(field, problem)} for field, problem in problems])
    dates = [field.name for field, _ in problems if field.kind == "date"]
    if dates:
        return RefusalError(400, f"{dates[0]} must be a date string")
    return RefusalError(400, [sentence for _, problem in problems for sentence in problem.sentences])


def _path(field: Field, problem: Problem) -> list[str | int]:
    return [field.name] if problem.item is None else [field.name, problem.item]


def _listed(errors: list[Json]) -> RefusalError:
    return RefusalError(400, "Validation failed", errors)
