"""When a review that is served ends by itself."""

from bestshot.review.server import Idleness


def test_as_long_as_something_is_done_nobody_is_missed() -> None:
    busy = [True, True, False]
    idleness = Idleness(lambda: busy.pop(0))
    idleness._last -= 1000
    assert idleness.seconds() < 1
    idleness._last -= 1000
    assert idleness.seconds() < 1
    idleness._last -= 1000
    assert idleness.seconds() >= 1000


def test_whoever_asks_for_something_is_there() -> None:
    idleness = Idleness(lambda: False)
    idleness._last -= 1000
    idleness.touch()
    assert idleness.seconds() < 1
