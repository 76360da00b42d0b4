"""The cache gives back what was put in or nothing, and never outgrows its size."""

import multiprocessing
import os
import pickle
import signal
import sqlite3
import stat
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bestshot.errors import StateError
from bestshot.storage.picture_cache import PhotoCache, PhotoTooLargeError
from tests.support.each import every

SPAWN = multiprocessing.get_context("spawn")
SMALL_MB = 0.3
IDS = [str(number) for number in range(10, 100)]
BOOKKEEPING = 100_000
"""Bytes; the database of a few entries and its journal stay well below."""


def disk_usage(folder: Path) -> int:
    return sum(entry.stat().st_blocks * 512 for entry in folder.iterdir())


def pictures(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith("cache")]


def content(cache: PhotoCache, photo_id: str) -> bytes | None:
    path = cache.get_cached_photo(photo_id)
    return None if path is None else path.read_bytes()


def test_a_new_cache_touches_nothing(tmp_path: Path) -> None:
    PhotoCache(tmp_path / "cache")
    assert list(tmp_path.iterdir()) == []


def test_what_was_cached_is_found_also_after_a_restart(tmp_path: Path) -> None:
    path = PhotoCache(tmp_path).cache_photo("a", b"picture")
    assert path.read_bytes() == b"picture"
    assert PhotoCache(str(tmp_path)).get_cached_photo("a") == path


def test_what_was_never_cached_is_not_found(tmp_path: Path) -> None:
    PhotoCache(tmp_path).cache_photo("a", b"picture")
    assert PhotoCache(tmp_path).get_cached_photo("b") is None
    assert PhotoCache(tmp_path / "new").get_cached_photo("a") is None


def test_an_empty_picture_can_be_cached(tmp_path: Path) -> None:
    PhotoCache(tmp_path).cache_photo("a", b"")
    assert content(PhotoCache(tmp_path), "a") == b""


@given(st.lists(st.text(st.characters()), unique=True, max_size=4))
@example(["", "../../a", "a\0b", "x" * 5000, "caf\udce9", "\ud800", "café", "con"])
@settings(max_examples=20, deadline=None)
def test_any_text_is_an_id_of_its_own(ids: list[str]) -> None:
    with TemporaryDirectory() as folder:
        cache = PhotoCache(folder)
        for number, photo_id in enumerate(ids):
            cache.cache_photo(photo_id, bytes([number]))
        assert [content(cache, photo_id) for photo_id in ids] == [bytes([number]) for number in range(len(ids))]


def test_caching_the_same_id_again_replaces_it(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path)
    old = cache.cache_photo("a", b"old")
    new = cache.cache_photo("a", b"new one")
    assert content(cache, "a") == b"new one"
    assert pictures(tmp_path) == [new]
    assert not old.exists()


def test_a_path_never_comes_to_name_another_picture(tmp_path: Path) -> None:
    """Who still holds the path of a dropped picture must not read another one under it."""
    cache = PhotoCache(tmp_path)
    old = cache.cache_photo("a", b"a")
    old.unlink()
    assert cache.get_cached_photo("a") is None
    assert cache.cache_photo("b", b"b") != old


def test_the_folder_and_its_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "cache"
    PhotoCache(folder).cache_photo("a", b"picture")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_least_recently_used_goes_first_also_after_a_restart(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path, SMALL_MB)
    for photo_id in "abcd":
        cache.cache_photo(photo_id, bytes(50_000))
    assert cache.get_cached_photo("a") is not None
    assert PhotoCache(tmp_path, SMALL_MB).get_cached_photo("b") is not None
    PhotoCache(tmp_path, SMALL_MB).cache_photo("e", bytes(100_000))
    assert [content(cache, photo_id) is not None for photo_id in "abcde"] == [True, True, False, False, True]


def test_finding_the_newest_again_writes_nothing(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path)
    cache.cache_photo("a", b"a")
    before = (tmp_path / "cache.sqlite").read_bytes(), (tmp_path / "cache.sqlite").stat().st_mtime_ns
    assert content(cache, "a") == b"a"
    assert before == (
        (tmp_path / "cache.sqlite").read_bytes(),
        (tmp_path / "cache.sqlite").stat().st_mtime_ns,
    )


Step = tuple[str, int | None]
STEPS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.none() | st.sampled_from([0, 1, 5_000, 40_000, 90_000])),
    max_size=30,
)


@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_what_is_kept_is_what_was_used_last_and_as_much_as_there_is_room_for(steps: list[Step]) -> None:
    """A step without a size is a use, one with a size a write."""
    with TemporaryDirectory() as name:
        cache = PhotoCache(name, SMALL_MB)
        kept: dict[str, Path] = {}  # the last used at the end
        sizes: dict[str, int] = {}
        for photo_id, size in steps:
            if size is None:
                assert cache.get_cached_photo(photo_id) == kept.get(photo_id)
                if photo_id in kept:
                    kept[photo_id] = kept.pop(photo_id)
                continue
            kept.pop(photo_id, None)
            kept[photo_id] = cache.cache_photo(photo_id, bytes(size))
            sizes[photo_id] = size
            gone = [other for other in kept if not kept[other].exists()]
            assert gone == list(kept)[: len(gone)]
            for other in gone:
                del kept[other]
            assert photo_id in kept
            assert set(pictures(Path(name))) == set(kept.values())
            assert disk_usage(Path(name)) <= SMALL_MB * 1_000_000
            if gone:
                needed = sum(4096 + sizes[other] for other in [gone[-1], *kept])
                assert needed > SMALL_MB * 1_000_000 - BOOKKEEPING, "the last to go had no need to"


def test_a_picture_larger_than_the_cache_is_refused_and_the_others_stay(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path, SMALL_MB)
    cache.cache_photo("a", b"small")
    cache.cache_photo("b", b"small too")
    with pytest.raises(PhotoTooLargeError, match=r"300 kB does not fit into the cache .* of 300 kB"):
        cache.cache_photo("b", bytes(300_000))
    assert content(cache, "a") == b"small"
    assert content(cache, "b") is None, "the old picture of this id must not be served for the new one"
    assert disk_usage(tmp_path) <= SMALL_MB * 1_000_000


def test_a_lower_limit_takes_hold_with_the_next_write(tmp_path: Path) -> None:
    for number in range(10):
        PhotoCache(tmp_path, 1).cache_photo(str(number), bytes(80_000))
    PhotoCache(tmp_path, SMALL_MB).cache_photo("new", b"x")
    assert disk_usage(tmp_path) <= SMALL_MB * 1_000_000


def damage_truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def damage_alter(path: Path) -> None:
    path.write_bytes(b"!" + path.read_bytes()[1:])


def damage_lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"!")


def damage_empty(path: Path) -> None:
    path.write_bytes(b"")


def damage_link(path: Path) -> None:
    elsewhere = path.with_name("elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def damage_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@every("damage", [damage_truncate, damage_alter, damage_lengthen, damage_empty, damage_link, damage_pipe, Path.unlink])
def test_a_damaged_picture_is_dropped_and_never_served(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    cache = PhotoCache(tmp_path)
    path = cache.cache_photo("a", bytes(len(str(tmp_path / "elsewhere"))))  # a link there has the same size
    cache.cache_photo("b", b"whole")
    damage(path)
    assert cache.get_cached_photo("a") is None
    assert not os.path.lexists(path)
    assert content(cache, "b") == b"whole"
    cache.cache_photo("a", b"again")
    assert content(cache, "a") == b"again"


def test_files_of_others_are_left_alone_never_served_and_not_counted(tmp_path: Path) -> None:
    foreign = [tmp_path / name for name in ("holiday.jpg", "a", "12.cached", "1234567890123.cached.txt")]
    for path in foreign:
        path.write_bytes(bytes(400_000))
    (tmp_path / "folder").mkdir()
    cache = PhotoCache(tmp_path, SMALL_MB)
    assert [cache.get_cached_photo(path.name) for path in foreign] == [None] * 4
    kept = cache.cache_photo("mine", bytes(100_000))
    assert cache.get_cached_photo("mine") == kept
    assert all(path.read_bytes() == bytes(400_000) for path in foreign)


def test_the_pictures_of_a_lost_database_are_swept(tmp_path: Path) -> None:
    PhotoCache(tmp_path, SMALL_MB).cache_photo("a", bytes(100_000))
    PhotoCache(tmp_path, SMALL_MB).cache_photo("b", bytes(100_000))
    (tmp_path / "cache.sqlite").unlink()
    cache = PhotoCache(tmp_path, SMALL_MB)
    assert cache.get_cached_photo("a") is None
    path = cache.cache_photo("c", bytes(150_000))
    assert pictures(tmp_path) == [path]


def test_a_damaged_database_is_begun_anew_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cache.sqlite").write_bytes(b"not a database\n" * 100)
    assert PhotoCache(tmp_path).get_cached_photo("a") is None
    path = PhotoCache(tmp_path).cache_photo("a", b"picture")
    assert PhotoCache(tmp_path).get_cached_photo("a") == path
    assert len(caplog.messages) == 1
    assert "cache.sqlite is damaged and is made anew" in caplog.messages[0]


def test_a_sum_that_was_changed_on_the_disk_begins_the_cache_anew(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path, SMALL_MB)
    cache.cache_photo("a", b"picture")
    with closing(sqlite3.connect(tmp_path / "cache.sqlite")) as connection, connection:
        connection.execute("UPDATE total SET footprint = 1 << 40")
    path = cache.cache_photo("b", b"another")
    assert pictures(tmp_path) == [path]


def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="file cannot be used"):
        PhotoCache(tmp_path / "file").cache_photo("a", b"")


def test_a_write_that_is_cut_short_is_a_sentence_and_leaves_nothing_that_lasts(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    cache = PhotoCache(tmp_path)
    cache.cache_photo("a", b"a")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(StateError, match=r"\.cached cannot be used: File too large"):
            cache.cache_photo("b", bytes(60_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert content(cache, "b") is None
    assert content(cache, "a") == b"a"
    cache.cache_photo("c", b"c")
    assert {path.read_bytes() for path in pictures(tmp_path)} == {b"a", b"c"}


def test_a_used_cache_travels_by_pickle(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path, SMALL_MB)
    cache.cache_photo("a", b"a")
    assert content(pickle.loads(pickle.dumps(cache)), "a") == b"a"


def test_threads_share_one_cache(tmp_path: Path) -> None:
    cache = PhotoCache(tmp_path, SMALL_MB)

    def store_and_find(number: int) -> bool:
        data = bytes([number]) * 20_000
        path = cache.cache_photo(str(number % 5), data)
        cache.get_cached_photo(str((number + 1) % 5))
        return path.parent == tmp_path

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(store_and_find, range(60)))
    for number in range(5):
        found = content(cache, str(number))
        assert found is not None
        assert found == bytes([found[0]]) * 20_000
        assert found[0] % 5 == number
    assert disk_usage(tmp_path) <= SMALL_MB * 1_000_000


def churn(folder: Path, seed: int, pipe: Connection) -> None:
    """Stores and finds pictures until told to stop, and says so after each."""
    cache, random = PhotoCache(folder, SMALL_MB), Random(seed)
    while not pipe.poll():
        photo_id = random.choice(IDS)
        cache.cache_photo(photo_id, photo_id.encode() * random.randrange(1, 8_000))
        found = content_if_still_there(cache, random.choice(IDS))
        pipe.send(found)
    pipe.send("end")


def content_if_still_there(cache: PhotoCache, photo_id: str) -> str:
    """What is wrong with what was found, if anything; another process may drop it before it is read."""
    try:
        found = content(cache, photo_id)
    except FileNotFoundError:
        return ""
    if found is None or found.replace(photo_id.encode(), b"") == b"":
        return ""
    return f"{photo_id}: {found[:20]!r}"


def start_churning(folder: Path, count: int) -> tuple[list[BaseProcess], list[Connection]]:
    pipes = [SPAWN.Pipe() for _ in range(count)]
    writers = [SPAWN.Process(target=churn, args=(folder, seed, theirs)) for seed, (_, theirs) in enumerate(pipes)]
    for writer in writers:
        writer.start()
    return list(writers), [ours for ours, _ in pipes]


def frozen_disk_usage(folder: Path, writers: list[BaseProcess]) -> int:
    """What lies on the disk at one moment, whatever the writers are in the middle of."""
    for writer in writers:
        os.kill(writer.pid or 0, signal.SIGSTOP)
    for writer in writers:
        os.waitpid(writer.pid or 0, os.WUNTRACED)
    usage = disk_usage(folder)
    for writer in writers:
        os.kill(writer.pid or 0, signal.SIGCONT)
    return usage


@pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be frozen")
def test_several_processes_never_outgrow_the_cache_nor_mix_up_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    writers, pipes = start_churning(folder, 3)
    usages = []
    for _ in range(40):
        for pipe in pipes:
            assert pipe.recv() == ""
        usages.append(frozen_disk_usage(folder, writers))
    for pipe in pipes:
        pipe.send("stop")
        while pipe.recv() != "end":
            pass
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert max(usages) <= SMALL_MB * 1_000_000
    assert max(usages) >= SMALL_MB * 1_000_000 - BOOKKEEPING, "the cache was never full: nothing was tested"
    assert disk_usage(folder) <= SMALL_MB * 1_000_000


def test_killed_writers_leave_nothing_that_lasts(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    for _ in range(5):
        writers, pipes = start_churning(folder, 2)
        for pipe in pipes:
            assert pipe.recv() == ""
        for writer in writers:
            os.kill(writer.pid or 0, signal.SIGKILL)
            writer.join()
        assert disk_usage(folder) <= SMALL_MB * 1_000_000
    cache = PhotoCache(folder, SMALL_MB)
    cache.cache_photo("after", b"whole")
    assert content(cache, "after") == b"whole"
    assert disk_usage(folder) <= SMALL_MB * 1_000_000
    known = {cache.get_cached_photo(photo_id) for photo_id in (*IDS, "after")} - {None}
    assert set(pictures(folder)) == known
