"""Checks a body or a query against the fields that a route knows."""

from collections.abc import Iterable

from tests.fake_immich.kinds import KINDS, MISSING, STRICT, Field, Given, Problem, WrongError, wrong_type
from tests.fake_immich.requests import Json, RefusalError
from tests.fake_immich.versions import Release

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
