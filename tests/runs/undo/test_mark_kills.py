"""A run of marks, or its undo, that is killed at any request that writes is taken back as if it had not been."""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from bestshot.errors import UsageError
from bestshot.journal.journal import Journal
from bestshot.marks.actions import MarkAction, receipts_of
from bestshot.marks.apply import recover_marks
from bestshot.marks.registry import KINDS
from tests.fake_immich import FakeImmich, Where
from tests.fake_immich.versions import release
from tests.runs.undo.test_marks import RATED, mark, plan_for, target, undo, world
from tests.support.marks.on_immich import FOUR, marks_on
from tests.support.undo_bench import left

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

_WRITES = "^(?!.*(search|download))"
KINDS_OF_MARKS = 8
"""As many as `plan_for` makes."""


def killed(fake: FakeImmich, spared: int, work: Callable[[], object], *, is_done: bool) -> bool:
    """Whether a copy of this process was killed at the write after those that are spared, which is done or not."""
    begun, seen, pid = threading.Event(), 0, 0

    def strike() -> None:
        nonlocal seen
        begun.wait()
        seen += 1
        if seen == spared + 1:
            os.kill(pid, signal.SIGKILL)
            if not is_done:
                raise ConnectionResetError

    for method in ("PUT", "POST", "DELETE", "PATCH"):
        fake.faults.then("killed", strike, Where(_WRITES, method, times=None))
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(99)
    begun.set()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    fake.faults.stop()
    assert code in (0, -signal.SIGKILL)
    return code != 0


def moments() -> Iterator[tuple[int, bool]]:
    return ((spared, is_done) for spared in range(100) for is_done in (False, True))


def mark_after_a_kill(fake: FakeImmich, folder: Path, actions: list[MarkAction]) -> None:
    """What the next run does: it mends, and makes what is missing."""
    with closing(Journal(folder / "journal.sqlite3")) as journal:
        recover_marks(marks_on(fake), journal, target(fake))
    mark(fake, folder, actions)


def undo_everything(fake: FakeImmich, folder: Path) -> dict[str, str]:
    """What undo after undo had to leave, until there is nothing to undo."""
    kept: dict[str, str] = {}
    for _ in range(5):
        try:
            kept |= left(undo(fake, folder))
        except UsageError:
            return kept
    raise AssertionError("there is always something to undo")


@pytest.mark.parametrize("kind", range(KINDS_OF_MARKS))
@pytest.mark.parametrize("version", [FOUR[0], FOUR[-1]])
def test_a_kill_at_any_write_leaves_nothing_that_is_not_taken_back(version: str, kind: int, tmp_path: Path) -> None:
    """Whether the run, the run after it, or the undo was killed."""
    if kind == KINDS_OF_MARKS - 1 and release(version) < RATED:
        pytest.skip("this release has no ratings")
    kills = 0
    for spared, is_done in moments():
        with FakeImmich(version, checked=False) as fake:
            photos = fake.seeds.burst(4)
            fake.seeds.tag("mine", photos[:2])
            fake.seeds.album("Trip", photos[1:])
            before = world(fake)
            actions = plan_for(photos, rated=release(version) >= RATED)[kind : kind + 1]
            run, back = partial(mark, fake, tmp_path, actions), partial(undo, fake, tmp_path)
            was_killed = killed(fake, spared, run, is_done=is_done)
            assert (undo_everything(fake, tmp_path), world(fake)) == ({}, before), (spared, is_done, "undone at once")
            shutil.rmtree(tmp_path)
            tmp_path.mkdir()
            was_killed |= killed(fake, spared, run, is_done=is_done)
            mark_after_a_kill(fake, tmp_path, actions)
            was_killed |= killed(fake, spared, back, is_done=is_done)
            assert (undo_everything(fake, tmp_path), world(fake)) == ({}, before), (spared, is_done, "run again")
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        if not was_killed:
            break
        kills += 1
    assert kills > 0


def test_a_tag_that_was_made_before_the_server_failed_is_taken_back_too(tmp_path: Path) -> None:
    """It is on no photo then, and nothing is said to have been tagged."""
    with FakeImmich() as fake:
        photos = fake.seeds.burst(2)
        before = world(fake)
        fake.faults.status(500, Where("/tags/.*assets", "PUT", times=None))
        (tagging, *_) = plan_for(photos, rated=True)
        mark(fake, tmp_path, [tagging])
        fake.faults.stop()
        assert world(fake) != before
        with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
            (made,) = receipts_of(journal.done(target(fake), KINDS))
        assert made.effect.changed == ()
        assert (undo_everything(fake, tmp_path), world(fake)) == ({}, before)
