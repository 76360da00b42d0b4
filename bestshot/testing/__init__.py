"""For tests of a source of your own, with pytest: what every source of photos promises, and pictures to try it with."""

import pytest

pytest.register_assert_rewrite("bestshot.testing.contract")

from bestshot.testing.contract import Make, MarkedSourceContract, PhotoSourceContract  # noqa: E402 - rewritten by then
from bestshot.testing.pictures import add, scene  # noqa: E402

__all__ = ["Make", "MarkedSourceContract", "PhotoSourceContract", "add", "scene"]
