"""What was measured once is recalled as long as it is still true, by any number of processes."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from bestshot.model.appraisal import Appraisal, Fingerprint
from bestshot.model.photo import Metadata, Photo, Skipped
from bestshot.storage.database import to_key
from bestshot.storage.index import Failure, Index, IndexEntry
from tests.support import builders
from tests.support.file_systems import SPAWN

RECIPE = "fingerprint/1"
PHOTOS = [builders.photo(name) for name in ("a.jpg", "b.jpg", os.fsdecode(b"\xff\n.jpg"))]
TARGET = builders.ORIGIN


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with closing(Index(tmp_path / "index.sqlite3")) as opened:
        yield opened


def measured(photo: Photo, value: Fingerprint | Failure) -> IndexEntry[Photo, Fingerprint]:
    return IndexEntry(photo, photo.revision, value)


def recalled(index: Index, *photos: Photo, recipe: str = RECIPE) -> dict[str, Fingerprint | Failure]:
    wanted = [(photo, photo.revision) for photo in photos]
    return {item.subject.id: item.value for item in index.recall(wanted, recipe, Fingerprint)}


def stored(index: Index, *photos: Photo, dhash: int = 1) -> None:
    index.store([measured(photo, Fingerprint(dhash)) for photo in photos], RECIPE)


@pytest.mark.parametrize(
    "value",
    [
        builders.fingerprint(0),
        builders.fingerprint((1 << 64) - 1, is_plain=True),
        builders.appraisal(builders.face(), builders.face(eyes=None, smile=None, sharpness=None), sharpness=1 / 3),
        builders.appraisal(looked=False),
        builders.metadata_with(
            builders.zoned_at(0.123456, 5.75), camera="\N{SNOWMAN}", latitude=-1e-9, problems=("odd",)
        ),
        builders.metadata_with(builders.moment_at(0)),
    ],
)
def test_a_measurement_is_recalled_to_the_last_digit(index: Index, value: Fingerprint | Appraisal | Metadata) -> None:
    photo = PHOTOS[2]
    index.store([IndexEntry(photo, "r", value)], "recipe")
    assert list(index.recall([(photo, "r")], "recipe", type(value))) == [IndexEntry(photo, "r", value)]


def test_what_was_stored_is_there_after_reopening(tmp_path: Path) -> None:
    with closing(Index(tmp_path / "index.sqlite3")) as index:
        stored(index, *PHOTOS)
    with closing(Index(tmp_path / "index.sqlite3")) as index:
        assert recalled(index, *PHOTOS) == {photo.id: Fingerprint(1) for photo in PHOTOS}


def test_of_many_photos_few_and_many_are_recalled_alike(index: Index) -> None:
    photos = [builders.photo(f"{number}.jpg") for number in range(1500)]
    stored(index, *photos)
    for wanted in (photos[:3], photos[:1000], photos[:1001]):
        assert recalled(index, *wanted, builders.photo("new.jpg")) == {one.id: Fingerprint(1) for one in wanted}


def test_another_revision_recipe_place_or_library_is_not_known(index: Index) -> None:
    photo = PHOTOS[0]
    stored(index, photo)
    assert recalled(index, replace(photo, revision="edited")) == {}
    assert recalled(index, replace(photo, key="b.jpg")) == {}
    assert recalled(index, replace(photo, origin="folder:/elsewhere")) == {}
    assert recalled(index, photo, recipe="fingerprint/2") == {}
    assert recalled(index, replace(photo, id="spelled/otherwise.jpg")) == {"spelled/otherwise.jpg": Fingerprint(1)}


def test_of_each_photo_and_recipe_the_newest_revision_is_kept(index: Index, tmp_path: Path) -> None:
    photo = PHOTOS[0]
    edited = replace(photo, revision="edited")
    stored(index, photo)
    stored(index, edited, dhash=2)
    assert recalled(index, photo) == {}
    assert recalled(index, edited) == {photo.id: Fingerprint(2)}
    with closing(sqlite3.connect(tmp_path / "index.sqlite3")) as connection:
        assert connection.execute("SELECT count(*) FROM measurements").fetchone() == (1,)


def test_failures_are_remembered_and_transient_ones_are_not(index: Index) -> None:
    index.store(
        [measured(PHOTOS[0], Failure("broken")), measured(PHOTOS[1], Failure("away", is_transient=True))], RECIPE
    )
    assert recalled(index, *PHOTOS) == {PHOTOS[0].id: Failure("broken")}


def test_a_library_is_known_once_a_photo_of_it_was_measured(index: Index) -> None:
    assert not index.knows(TARGET)
    index.store([measured(PHOTOS[0], Failure("broken"))], RECIPE)
    assert not index.knows(TARGET)
    stored(index, PHOTOS[1])
    assert index.knows(TARGET)
    assert not index.knows("folder:/elsewhere")


def test_of_whatever_revision_something_is_known_by_its_recipe(index: Index) -> None:
    stored(index, replace(PHOTOS[0], revision="of before"))
    assert index.has(PHOTOS[0], RECIPE)
    assert not index.has(PHOTOS[0], "another")
    assert not index.has(PHOTOS[1], RECIPE)


def test_only_what_was_not_told_before_is_news(index: Index) -> None:
    broken, odd = Skipped("a.jpg", "broken"), Skipped(PHOTOS[2].id, "odd date")
    assert index.new_problems("library", [broken]) == (broken,)
    assert index.new_problems("library", [broken, odd]) == (replace(broken, is_new=False), odd)
    assert index.new_problems("library", [replace(broken, error="worse"), odd]) == (
        Skipped("a.jpg", "worse"),
        replace(odd, is_new=False),
    )
    assert index.new_problems("another", [odd]) == (odd,)
    assert index.new_problems("library", []) == ()


def test_what_was_absent_for_a_run_is_no_news_when_it_is_back(index: Index) -> None:
    """A disk that is away for a night brings no second mail about the same broken file."""
    broken = Skipped("a.jpg", "broken")
    index.new_problems("library", [broken])
    index.new_problems("library", [])
    assert index.new_problems("library", [broken]) == (replace(broken, is_new=False),)


def test_what_was_read_soundly_since_it_was_told_is_news_again(index: Index) -> None:
    broken, odd = Skipped("a.jpg", "broken"), Skipped("b.jpg", "odd date")
    index.new_problems("library", [broken, odd])
    assert index.new_problems("library", [odd], readable=["a.jpg", "b.jpg"]) == (replace(odd, is_new=False),)
    assert index.new_problems("library", [broken, odd]) == (broken, replace(odd, is_new=False))


def test_nothing_is_stored_of_a_batch_that_fails_on_the_way(index: Index) -> None:
    def batch() -> Iterator[IndexEntry[Photo, Fingerprint]]:
        yield measured(PHOTOS[0], Fingerprint(1))
        raise ValueError("interrupted")

    with pytest.raises(ValueError, match="interrupted"):
        index.store(batch(), RECIPE)
    assert recalled(index, *PHOTOS) == {}


def store_many(path: Path, name: str, pipe: Connection) -> None:
    with closing(Index(path)) as index:
        pipe.send("open")
        pipe.recv()
        for number in range(30):
            stored(index, builders.photo(f"{name}{number}.jpg"), builders.photo("shared.jpg"), dhash=number)


def test_two_processes_use_one_index_at_once(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite3"
    pipes = [SPAWN.Pipe() for _ in "ab"]
    processes = [
        SPAWN.Process(target=store_many, args=(path, name, theirs))
        for name, (_, theirs) in zip("ab", pipes, strict=True)
    ]
    for process in processes:
        process.start()
    for ours, _ in pipes:
        assert ours.recv() == "open"
    for ours, _ in pipes:
        ours.send("go")
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    wanted = [builders.photo(f"{name}{number}.jpg") for name in "ab" for number in range(30)]
    with closing(Index(path)) as index:
        assert len(recalled(index, *wanted, builders.photo("shared.jpg"))) == 61


def store_and_die(path: Path) -> None:
    index = Index(path)
    stored(index, PHOTOS[0])
    index._connection.set_trace_callback(
        lambda statement: os.kill(os.getpid(), signal.SIGKILL) if statement == "COMMIT" else None
    )
    stored(index, PHOTOS[1], replace(PHOTOS[0], revision="edited"))


def test_a_process_killed_in_the_middle_of_a_batch_leaves_the_one_before(tmp_path: Path) -> None:
    process = SPAWN.Process(target=store_and_die, args=(tmp_path / "index.sqlite3",))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with closing(Index(tmp_path / "index.sqlite3")) as index:
        assert recalled(index, *PHOTOS) == {PHOTOS[0].id: Fingerprint(1)}


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_index_is_set_aside_and_told(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path, aside = tmp_path / "index.sqlite3", tmp_path / "index-damaged.sqlite3"
    path.write_bytes(content)
    with closing(Index(path)) as index:
        stored(index, *PHOTOS)
        assert len(recalled(index, *PHOTOS)) == len(PHOTOS)
    assert caplog.messages == [f"{path} is damaged and is made anew; as it was, it is kept as {aside}."]
    assert aside.read_bytes() == content


def test_an_index_that_was_damaged_in_the_middle_is_begun_anew_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "index.sqlite3"
    with closing(Index(path)) as index:
        stored(index, *(builders.photo(f"{number}.jpg") for number in range(500)))
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * (size - 4096))
    with closing(Index(path)) as index:
        assert recalled(index, builders.photo("1.jpg")) == {}
        stored(index, builders.photo("1.jpg"))
        assert len(recalled(index, builders.photo("1.jpg"))) == 1
    assert len(caplog.messages) == 1


def test_a_measurement_that_was_changed_on_the_disk_is_made_again(tmp_path: Path) -> None:
    """Another hash would be as good a number as the one that was measured."""
    path = tmp_path / "index.sqlite3"
    with closing(Index(path)) as index:
        stored(index, *PHOTOS)
        known = recalled(index, *PHOTOS)
    with closing(sqlite3.connect(path)) as connection, connection:
        key = to_key(PHOTOS[0].key)
        changed = "UPDATE measurements SET value = replace(CAST(value AS TEXT), '1', '2') WHERE key = ?"
        assert connection.execute(changed, (key,)).rowcount == 1
    with closing(Index(path)) as index:
        assert recalled(index, *PHOTOS) == {id_: value for id_, value in known.items() if id_ != PHOTOS[0].id}


def test_a_value_that_was_damaged_on_the_disk_is_measured_anew(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite3"
    with closing(Index(path)) as index:
        stored(index, *PHOTOS)
    content = path.read_bytes()
    assert content.count(b'{"dhash":1') == 3
    path.write_bytes(content.replace(b'{"dhash":1', b'{"dhash":\0', 1))
    with closing(Index(path)) as index:
        assert len(recalled(index, *PHOTOS)) == 2
        stored(index, *PHOTOS)
        assert len(recalled(index, *PHOTOS)) == 3
