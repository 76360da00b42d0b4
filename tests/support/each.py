"""One claim over many cases: all of them are tried, and whatever fails is told with the name of its case."""

import functools
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.fake_immich import VERSIONS, FakeImmich

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


def on_releases(*versions: str, checked: bool = True) -> Callable[[Test], Test]:
    """Run a test with a `fake` server of each release, of all if none is named.

    A `tmp_path`, too, is another one for each.
    """

    def joined(test: Test) -> Test:
        @functools.wraps(test)
        def loop(*args: Any, **fixtures: Any) -> None:
            def attempt(version: str) -> None:
                with FakeImmich(version, checked=checked) as fake:
                    test(*args, fake=fake, **_apart(fixtures, version))

            for_each(versions or VERSIONS, attempt)

        return asking_without(loop, "fake")

    return joined


def asking_without(test: Test, *names: str) -> Test:
    """The test, which asks pytest for its fixtures but for these, as its loop makes them."""
    signature = inspect.signature(test)
    asked = [parameter for name, parameter in signature.parameters.items() if name not in names]
    test.__signature__ = signature.replace(parameters=asked)  # type: ignore[attr-defined] # pytest and inspect look here
    return test


def _apart(fixtures: dict[str, Any], version: str) -> dict[str, Any]:
    if "tmp_path" not in fixtures:
        return fixtures
    folder: Path = fixtures["tmp_path"] / version
    folder.mkdir()
    return fixtures | {"tmp_path": folder}
