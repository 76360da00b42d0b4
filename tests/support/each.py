"""One claim over many cases: all of them are tried, and whatever fails is told with the name of its case."""

import functools
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

Test = Callable[..., None]


def for_each(cases: Iterable[str], attempt: Callable[[str], object]) -> None:
    """Make the attempt with every case; fails in the end with all that went wrong."""
    names, failures = list(cases), []
    assert names, "a claim over no cases claims nothing"
    for name in names:
        try:
            attempt(name)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - it is raised below, with the others
            error.add_note(f"The case was {name}.")
            failures.append((name, error))
    if failures:
        failed = ", ".join(name for name, _ in failures)
        message = f"{len(failures)} of {len(names)} cases failed: {failed}"
        raise BaseExceptionGroup(message, [error for _, error in failures])


def every(names: str, values: Iterable[object]) -> Callable[[Test], Test]:
    """Run a test with each of these values, which have names as in pytest's `parametrize`, in one test.

    A `tmp_path` is another one for each. For what is quick: a test that takes seconds for each is better parametrized.
    """
    given = [name.strip() for name in names.split(",")]
    cases = dict(_named(number, given, value) for number, value in enumerate(values))

    def joined(test: Test) -> Test:
        @functools.wraps(test)
        def loop(*args: Any, **fixtures: Any) -> None:
            for_each(cases, lambda case: test(*args, **cases[case], **apart(fixtures, case)))

        return asking_without(loop, *given)

    return joined


def asking_without(test: Test, *names: str) -> Test:
    """The test, which asks pytest for its fixtures but for these, as its loop makes them."""
    signature = inspect.signature(test)
    asked = [parameter for name, parameter in signature.parameters.items() if name not in names]
    test.__signature__ = signature.replace(parameters=asked)  # type: ignore[attr-defined] # pytest and inspect look here
    return test


def apart(fixtures: dict[str, Any], case: str) -> dict[str, Any]:
    """The fixtures, with a `tmp_path` that is the case's own."""
    if "tmp_path" not in fixtures:
        return fixtures
    folder: Path = fixtures["tmp_path"] / case.partition(" ")[0]
    folder.mkdir()
    return fixtures | {"tmp_path": folder}


def _named(number: int, names: list[str], value: Any) -> tuple[str, dict[str, Any]]:
    row = dict(zip(names, [value] if len(names) == 1 else value, strict=True))
    shown = ", ".join(f"{name}={one!r:.80}" for name, one in row.items())
    return f"{number} ({shown})", row
