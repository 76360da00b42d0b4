"""One claim over servers of many releases."""

import functools
from collections.abc import Callable
from typing import Any

from tests.fake_immich import VERSIONS, FakeImmich
from tests.support.each import Test, apart, asking_without, for_each

FOUR = ("v1.105.1", "v1.118.2", "v2.7.5", "v3.1.0")
"""One of each era; these have been recorded."""


def on_releases(*versions: str, checked: bool = True) -> Callable[[Test], Test]:
    """Run a test with a `fake` server of each release, or of all; a `tmp_path` is another one for each."""

    def joined(test: Test) -> Test:
        @functools.wraps(test)
        def loop(*args: Any, **fixtures: Any) -> None:
            def attempt(version: str) -> None:
                with FakeImmich(version, checked=checked) as fake:
                    test(*args, fake=fake, **apart(fixtures, version))

            for_each(versions or VERSIONS, attempt)

        return asking_without(loop, "fake")

    return joined
