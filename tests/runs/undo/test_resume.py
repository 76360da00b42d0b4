"""An undo or a run that is killed at any moment is finished, mended or undone by the next one."""

import os
import shutil
import signal
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from bestshot.errors import UsageError
from bestshot.layout.changes import OutputChanges
from bestshot.model.photo import LinkMethod
from bestshot.pipeline.outcome import no_progress
from bestshot.settings.settings import Settings
from bestshot.undo.choice import RunChoice
from bestshot.undo.commands import undo as undo_run
from bestshot.undo.commands import undone_already, user_knows
from bestshot.undo.history import history_lines
from bestshot.undo.undo import Result
from tests.runs.test_resume import contents
from tests.runs.undo.test_sidecars import mark, plan, undo
from tests.support.killed_work import in_fork, until
from tests.support.sidecar_samples import DARKTABLE
from tests.support.undo_bench import Bench, left, tree_of

WATCHED = frozenset(
    {
        "bestshot.layout.changes",
        "bestshot.layout.output",
        "bestshot.layout.undo",
        "bestshot.storage.files",
        "bestshot.storage.folders",
        "bestshot.journal.journal",
        "bestshot.storage.database",
        "bestshot.undo.undo",
        "bestshot.marks.undo",
        "bestshot.marks.apply",
        "bestshot.sources.local.sidecar_files",
        "bestshot.sources.local.sidecar_changes",
        "bestshot.sources.local.albums",
    }
)
"""The modules that change an output, sidecars or the journal; an undo or a run is killed before a line of theirs."""

STRIDE = 61
"""Every so many lines of them; all of them hold too, but take minutes."""


def finished(undo: Callable[[], list[Result]]) -> dict[str, str]:
    """What another undo of the same run leaves."""
    with suppress(UsageError):  # it had come to its end
        return left(undo())
    return {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("link", [LinkMethod.COPY, LinkMethod.SYMLINK])
def test_an_undo_killed_at_any_moment_is_finished_by_the_next(tmp_path: Path, link: LinkMethod) -> None:
    """No name holds half a file, the photos are untouched, and after the next undo all is as before the run."""
    for kills in count():
        bench = Bench(tmp_path / str(kills))
        for name in ("a.jpg", "a.jpg.xmp", "b.jpg", "c.jpg"):
            bench.write(name)
        photos = [bench.photo("a.jpg", "a.jpg.xmp"), bench.photo("b.jpg")]
        bench.lay((1, photos), link=link)
        first = bench.tree()
        bench.write("a.jpg.xmp", "edited since", time=1_700_000_999)
        bench.lay((1, [bench.photo("c.jpg"), bench.photo("a.jpg", "a.jpg.xmp"), photos[1]]), link=link)
        source, second = tree_of(bench.photos), bench.tree()
        code = in_fork(until, kills * STRIDE, WATCHED, partial(bench.undo, 2))
        for name, file in bench.tree().items():
            assert (
                name.endswith(".part")
                or contents(file) in (contents(first.get(name)), contents(second.get(name)))
                or (name.endswith(".aside") and contents(file) in map(contents, second.values()))
            )
        if kills % 2:  # any other run that acts there mends the journal first
            with closing(bench.journal()) as journal:
                OutputChanges(bench.out, journal).recover()
                assert all(job.is_finished for job in journal.runs())
        assert finished(partial(bench.undo, 2)) == {}, kills
        assert bench.tree() == first, kills
        assert tree_of(bench.photos) == source
        shutil.rmtree(bench.root)
        if code != -signal.SIGKILL:
            break
    assert code == 0
    assert kills > 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("link", list(LinkMethod))
def test_a_run_killed_at_any_moment_and_undone_is_as_if_it_had_not_been(tmp_path: Path, link: LinkMethod) -> None:
    """But for the copy of a sidecar whose earlier text the killed run took along: it stays, with the reason."""
    for kills in count():
        bench = Bench(tmp_path / str(kills))
        for name in ("a.jpg", "a.jpg.xmp", "b.jpg", "c.jpg"):
            bench.write(name)
        photos = [bench.photo("a.jpg", "a.jpg.xmp"), bench.photo("b.jpg")]
        bench.lay((1, photos), link=link)
        bench.write("a.jpg.xmp", "edited since", time=1_700_000_999)
        grown = [bench.photo("c.jpg"), bench.photo("a.jpg", "a.jpg.xmp"), photos[1]]
        source, before = tree_of(bench.photos), bench.tree()
        code = in_fork(until, kills * STRIDE, WATCHED, partial(bench.lay, (1, grown), link=link))
        with suppress(UsageError):  # it had not begun
            told = bench.look(2)
            results = bench.undo(2)
            assert told == results, f"{kills}: a dry undo tells what the undo does"
            kept = left(results)
            assert kept.keys() <= {"group_0001/originals/a.jpg.xmp"}, (kills, kept)
            ours = {name: file for name, file in bench.tree().items() if name not in kept}
            assert ours == {name: file for name, file in before.items() if name not in kept}, kills
        assert tree_of(bench.photos) == source
        shutil.rmtree(bench.root)
        if code != -signal.SIGKILL:
            break
    assert code == 0
    assert kills > 10


def ask(bench: Bench) -> str | None:
    """`--undo`, up to where it would say what it did."""
    settings = Settings(state_dir=str(bench.root / "state"), cache_dir=str(bench.root / "cache"))
    already = undone_already(settings, RunChoice())
    if already is None:
        undo_run(RunChoice(), settings, None, no_progress)
    return already


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_an_undo_that_is_asked_for_again_after_a_kill_never_takes_back_the_run_before(tmp_path: Path) -> None:
    for kills in count():
        bench = Bench(tmp_path / str(kills))
        for name in ("a.jpg", "b.jpg", "c.jpg"):
            bench.write(name)
        photos = [bench.photo("a.jpg"), bench.photo("b.jpg")]
        bench.lay((1, photos))
        first = bench.tree()
        bench.lay((1, [bench.photo("c.jpg"), *photos]))
        code = in_fork(until, kills * STRIDE, WATCHED, partial(ask, bench))
        already = ask(bench)
        assert bench.tree() == first, kills
        if code == 0:
            assert already is not None
            assert already.startswith("Run 2 has been undone already, whole: that undo came to its end")
            user_knows(Settings(state_dir=str(bench.root / "state")))
            assert ask(bench) is None
            assert bench.tree() == {}
            break
        shutil.rmtree(bench.root)
    assert kills > 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_an_undo_of_marks_in_folders_killed_at_any_moment_is_finished_by_the_next(tmp_path: Path) -> None:
    for kills in count():
        folder = tmp_path / str(kills) / "photos"
        folder.mkdir(parents=True)
        for name in ("a.jpg", "b.jpg", "c.cr2", "d.jpg"):
            (folder / name).write_bytes(b"picture")
        (folder / "a.jpg.xmp").write_text(DARKTABLE)
        before = tree_of(folder)
        mark(folder, *plan(folder))
        code = in_fork(until, kills * STRIDE * 2, WATCHED, partial(undo, folder))
        assert finished(partial(undo, folder)) == {}, kills
        after = {name: file for name, file in tree_of(folder).items() if not name.endswith(".part")}
        assert after == before, kills
        assert tree_of(folder.parent / "albums") == {}, kills
        shutil.rmtree(folder.parent)
        if code != -signal.SIGKILL:
            break
    assert code == 0
    assert kills > 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_run_that_was_killed_is_unfinished_until_the_next_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for name in ("a.jpg", "b.jpg"):
        bench.write(name)
    photos = [bench.photo("a.jpg"), bench.photo("b.jpg")]
    for lines in count(500, 250):
        assert in_fork(until, lines, WATCHED, partial(bench.lay, (1, photos))) == -signal.SIGKILL
        with closing(bench.journal()) as journal:
            if journal.runs():
                break
    with closing(bench.journal()) as journal:
        assert [job.is_finished for job in journal.runs()] == [False]
        assert "; unfinished" in next(history_lines(journal))
    bench.lay((1, photos))
    with closing(bench.journal()) as journal:
        assert [job.is_finished for job in journal.runs()] == [True, True]
    assert finished(bench.undo) == finished(partial(bench.undo, 1)) == {}
    assert bench.tree() == {}
