"""A run over an Immich server makes no more connections and calls than it must."""

import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bestshot.immich.client import ImmichClient
from bestshot.marks.actions import MarkAction, MarkOptions
from bestshot.marks.kinds.albums import MakeAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.stacks import MakeStack
from bestshot.marks.kinds.tags import AddTags
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.settings.settings import Settings
from bestshot.sources.immich.source import ImmichPhotoSource
from bestshot.workers.pool import Workers
from tests.fake_immich import MORNING, FakeImmich
from tests.runs.undo.test_marks import mark, plan_for, undo, world
from tests.support.immich.releases import FOUR, on_releases
from tests.support.marks.on_immich import BEST, TAG, client_of, ids
from tests.support.undo_bench import left


@pytest.fixture
def newest() -> Iterator[FakeImmich]:
    with FakeImmich() as server:
        yield server


def test_all_copies_of_a_client_in_a_process_share_one_connection(newest: FakeImmich) -> None:
    client = client_of(newest)
    client.get_version()
    for _ in range(5):
        assert pickle.loads(pickle.dumps(client)).ping()
        assert client_of(newest).ping()
    assert newest.connections == 1


def asked_in_another_process(clients: Sequence[ImmichClient]) -> list[bool]:
    return [pickle.loads(pickle.dumps(client)).ping() for client in clients for _ in range(3)]


def test_each_worker_connects_once_whatever_it_is_given(newest: FakeImmich) -> None:
    client = client_of(newest)
    with closing(Workers(2)) as workers:
        batches = [[client] for _ in range(12)]
        answers = [finished.result for finished in workers.run(asked_in_another_process, batches)]
    assert answers == [[True] * 3] * 12
    assert 1 <= newest.connections <= 2


def test_what_is_shared_by_a_process_is_signed_with_the_key_of_each(newest: FakeImmich) -> None:
    mine, theirs = client_of(newest), client_of(newest, newest.user.secret)
    assert mine.get_current_user() != theirs.get_current_user()
    assert newest.connections == 1


@on_releases()
def test_marks_that_the_listing_tells_are_not_asked_for_again(fake: FakeImmich) -> None:
    """Also when the library to mark was made before it was listed, as a run does it."""
    photos = fake.seeds.burst(3)
    photos[1].is_favorite = True
    source = ImmichPhotoSource(fake.url, fake.admin.secret)
    library = source.markable(MarkOptions(tag=TAG, favorite_best=True))
    source.scan()
    fake.forget_calls()
    read = library.read_marks(ids(photos), (), with_albums=False)
    assert [read.photos[photo.id].is_favorite for photo in photos] == [False, True, False]
    assert fake.count("asset_info") == 0


@on_releases(*FOUR)
def test_beside_pictures_a_plan_costs_the_same_few_calls_for_any_number_of_photos(
    fake: FakeImmich, tmp_path: Path
) -> None:
    costs = []
    for count, hour in ((2, 8), (20, 12)):
        fake.seeds.tag(TAG, fake.seeds.burst(count, MORNING.replace(hour=hour)))
        fake.forget_calls()
        with ThreadPoolExecutor(2) as executor:
            source, here = ImmichPhotoSource(fake.url, fake.admin.secret), str(tmp_path)
            settings = Settings(tag_only=True, tag=TAG, dry_run=True, no_faces=True, cache_dir=here, state_dir=here)
            PhotoOrganizer(source, settings, executor=executor).run()
        costs.append([call.operation for call in fake.calls if call.operation != "asset_thumbnail"])
    assert costs[0] == costs[1]
    assert len(costs[0]) <= 9


GROUPS = 41


def every_mark(fake: FakeImmich, *, stacks: bool) -> list[MarkAction]:
    """All marks on groups of three, in the order in which they are planned."""
    groups = [ids(fake.seeds.burst(3, MORNING + n * timedelta(minutes=10))) for n in range(GROUPS)]
    for n in range(33):
        fake.seeds.photo(taken=MORNING + timedelta(days=2, minutes=10 * n))
    bests = tuple(group[0] for group in groups)
    rest = {key: group[0] for group in groups for key in group[1:]}
    last: list[MarkAction] = [SetArchived((*rest,), value=True, visible=(*rest.values(),))]
    if stacks:
        last = [MakeStack(number, group) for number, group in enumerate(groups, 1)]
    return [
        AddTags((*rest,), (TAG,)),
        AddTags(bests, (TAG, BEST)),
        *(MakeAlbum(number, f"Organized-{number:04}", group) for number, group in enumerate(groups, 1)),
        SetFavorite(bests, value=True),
        *(SetRating(key, 3 + number % 3) for number, key in enumerate(bests)),
        *(SetDescription(key, f"At lake {number}") for number, key in enumerate(bests)),
        *last,
    ]


@pytest.mark.parametrize("stacks", [True, False], ids=["stacked", "archived"])
@pytest.mark.parametrize("version", ["v2.7.5", "v3.1.0"])
def test_all_marks_and_their_undo_take_at_most_five_calls_for_each_group(
    version: str, tmp_path: Path, *, stacks: bool
) -> None:
    with FakeImmich(version) as fake:
        actions, before = every_mark(fake, stacks=stacks), world(fake)
        mark(fake, tmp_path, actions)
        assert world(fake) != before
        assert len(fake.calls) <= 5 * GROUPS
        fake.forget_calls()
        assert left(undo(fake, tmp_path)) == {}
        assert world(fake) == before
        assert len(fake.calls) <= 5 * GROUPS


@on_releases(*FOUR)
def test_an_undo_of_albums_lists_all_albums_as_often_as_it_reads_back_and_not_for_each(
    fake: FakeImmich, tmp_path: Path
) -> None:
    lists = []
    for count in (2, 20):
        photos = fake.seeds.burst(2)
        mark(fake, tmp_path, [MakeAlbum(number, f"Organized-{number:04}", ids(photos)) for number in range(count)])
        fake.forget_calls()
        assert left(undo(fake, tmp_path)) == {}
        lists.append(fake.count("albums_list"))
    assert lists[0] == lists[1]


def test_few_photos_of_a_large_library_are_found_without_listing_it(newest: FakeImmich, tmp_path: Path) -> None:
    photos = newest.seeds.burst(4, declared_checksum=True)
    newest.seeds.library(3_000, declared_checksums=True)
    mark(newest, tmp_path, plan_for(photos, rated=True))
    sizes = [call.bytes_out for call in newest.calls if call.operation == "search_metadata"]
    assert max(sizes) < 100_000, "no search returns a page of a thousand"
