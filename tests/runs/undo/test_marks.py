"""What a run marked on a server is taken back, on every version, and nothing of the user's with it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest

from bestshot.errors import UsageError
from bestshot.immich.client import ImmichClient
from bestshot.journal.journal import Journal
from bestshot.journal.runs import run_to_undo
from bestshot.marks.actions import MarkAction, receipts_of
from bestshot.marks.apply import carry_out_marks, recover_marks
from bestshot.marks.kinds.albums import AddToAlbum, MakeAlbum, RemoveFromAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.roles import RateByRole
from bestshot.marks.kinds.stacks import DissolveStack, MakeStack
from bestshot.marks.kinds.tags import AddTags, RemoveTag
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.registry import KINDS
from bestshot.marks.state import Stack
from bestshot.undo.undo import Result, RunUndo
from tests.fake_immich import VERSIONS, FakeImmich
from tests.fake_immich.state import Asset
from tests.fake_immich.versions import release
from tests.support.marks.on_immich import BEST, FOUR, TAG, client_of, ids, marks_on, never_waiting
from tests.support.undo_bench import left

RATED = (1, 112, 0)


@pytest.fixture(params=FOUR)
def fake(request: pytest.FixtureRequest) -> Iterator[FakeImmich]:
    with FakeImmich(request.param) as server:
        yield server


World = dict[str, object]


def world(fake: FakeImmich) -> World:
    """Everything on the server that a mark could change, but for ids."""
    fake.settle()
    found: World = {asset.id: _marks(fake, asset) for asset in fake.state.assets.values()}
    found["albums"] = sorted((album.name, sorted(album.assets)) for album in fake.state.albums.values())
    found["tags"] = sorted(tag.value for tag in fake.state.tags.values())
    return found


def _marks(fake: FakeImmich, asset: Asset) -> object:
    stack = None if asset.stack is None else (asset.stack.primary_id, sorted(asset.stack.members))
    marks = asset.marks
    return (
        asset.is_favorite,
        asset.visibility,
        asset.trashed_ms,
        sorted(fake.tags_on(asset)),
        marks.description,
        marks.rating or None,
        stack,
    )


def target(fake: FakeImmich) -> str:
    return f"immich:{fake.admin.user.id}"


def mark(fake: FakeImmich, folder: Path, actions: Sequence[MarkAction]) -> None:
    """One run that does this."""
    with closing(Journal(folder / "journal.sqlite3")) as journal:
        list(carry_out_marks(marks_on(fake), journal, target(fake), [target(fake)], actions, never_waiting()))


def undo(
    fake: FakeImmich, folder: Path, number: int = 0, *, look: bool = False, client: ImmichClient | None = None
) -> list[Result]:
    """One undo, as the command line does it."""
    with closing(Journal(folder / "journal.sqlite3")) as journal:
        job = run_to_undo(journal.runs(), number)
        undoing = RunUndo(journal, job, folder / "cache", client or client_of(fake), never_waiting())
        return list(undoing.look() if look else undoing.carry_out())


def plan_for(photos: Sequence[Asset], *, rated: bool, number: int = 1) -> list[MarkAction]:
    best, *rest = ids(photos)
    rating: list[MarkAction] = [RateByRole(tuple(rest), 2), SetRating(best, 5)] if rated else []
    return [
        AddTags(tuple(rest), (TAG,)),
        AddTags((best,), (TAG, BEST)),
        MakeAlbum(number, f"Organized-{number:04}", ids(photos)),
        SetFavorite((best,), value=True),
        *rating,
        SetDescription(best, "At the lake"),
        MakeStack(number, ids(photos)),
        SetArchived(tuple(rest), value=True, visible=(best,) * len(rest)),
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_server_is_as_before(version: str, tmp_path: Path) -> None:
    with FakeImmich(version) as fake:
        photos = fake.seeds.burst(4)
        fake.seeds.tag("mine", photos[:2])
        fake.seeds.album("Trip", photos[1:])
        before = world(fake)
        rated = release(version) >= RATED
        mark(fake, tmp_path, plan_for(photos, rated=rated))
        assert world(fake) != before
        told = undo(fake, tmp_path, look=True)
        assert world(fake) != before, "a look changes nothing"
        assert told
        assert left(undo(fake, tmp_path)) == {}
        assert world(fake) == before
        with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
            ledger = MarkLedger.of(receipts_of(journal.done(target(fake), KINDS)))
        assert (ledger.marks, ledger.albums, ledger.stacks) == ({}, {}, {})
        with pytest.raises(UsageError, match="nothing to undo"):
            undo(fake, tmp_path)
        deleting = [call.path.removeprefix("/api/") for call in fake.writes if call.method == "DELETE"]
        assert not any(path.startswith("asset") for path in deleting), "no asset is ever deleted"


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_run_took_back_is_there_again(version: str, tmp_path: Path) -> None:
    with FakeImmich(version) as fake:
        photos = fake.seeds.burst(4)
        rated = release(version) >= RATED
        mark(fake, tmp_path, plan_for(photos, rated=rated))
        before = world(fake)
        (album,) = fake.state.albums
        stack = photos[0].stack
        assert stack is not None
        best, *rest = ids(photos)
        stars: list[MarkAction] = [SetRating(best, None)] if rated else []
        mark(
            fake,
            tmp_path,
            [
                RemoveTag((best,), BEST),
                RemoveFromAlbum(album, (best,), 1),
                SetFavorite((best,), value=False),
                *stars,
                SetDescription(best, ""),
                DissolveStack(1, Stack(stack.id if rated and release(version) >= (1, 113, 0) else best, ids(photos))),
                SetArchived(tuple(rest), value=False),
            ],
        )
        assert world(fake) != before
        assert left(undo(fake, tmp_path)) == {}
        assert world(fake) == before
        assert left(undo(fake, tmp_path, 1)) == {}, "a stack that was made again is known under its new id"
        assert photos[0].stack is None


@pytest.mark.parametrize("version", VERSIONS)
def test_stacks_that_were_merged_are_made_again(version: str, tmp_path: Path) -> None:
    with FakeImmich(version) as fake:
        photos = fake.seeds.burst(6)
        fake.seeds.stack(photos[1], photos[2])
        fake.seeds.stack(photos[4], photos[3], photos[5])
        before = world(fake)
        read = marks_on(fake).read_marks(ids(photos), (), with_albums=False).photos
        merged = tuple(stack for stack in {photo.stack for photo in read.values()} if stack is not None)
        assert len(merged) == 2
        mark(fake, tmp_path, [MakeStack(1, ids(photos), merged, ids(photos)[3:])])
        assert photos[0].stack is photos[5].stack is not None
        assert left(undo(fake, tmp_path)) == {}
        assert world(fake) == before


def test_a_stack_that_got_another_top_gets_its_own_back(fake: FakeImmich, tmp_path: Path) -> None:
    photos = fake.seeds.burst(3)
    fake.seeds.stack(photos[1], photos[0], photos[2])
    before = world(fake)
    stack = marks_on(fake).read_marks([photos[0].id], (), with_albums=False).photos[photos[0].id].stack
    assert stack is not None
    mark(fake, tmp_path, [MakeStack(1, ids(photos), (stack,))])
    assert world(fake) != before
    assert left(undo(fake, tmp_path)) == {}
    assert world(fake) == before


def test_what_the_user_changed_is_left_and_listed(fake: FakeImmich, tmp_path: Path) -> None:
    photos = fake.seeds.burst(4)
    other = fake.seeds.photo("other.jpg")
    rated = fake.world.release >= RATED
    mark(fake, tmp_path, plan_for(photos, rated=rated))
    best, second, third, fourth = photos
    library = marks_on(fake)
    (album,) = fake.state.albums
    library.mark(AddToAlbum(album, (other.id,), None))
    library.mark(SetDescription(best.id, "At the sea"))
    library.mark(AddTags((other.id,), (TAG,)))
    library.mark(SetFavorite((best.id,), value=False))
    library.mark(SetArchived((second.id,), value=False))
    fake.seeds.trash(fourth)
    told = left(undo(fake, tmp_path))
    assert told["Organized-0001"] == "Something was added to it, or it was renamed: it stays."
    assert told[best.id] == "It was changed since and stays as it is."
    assert told[fourth.id] == "It is gone or in the trash."
    fake.settle()
    assert set(fake.state.albums[album].assets) >= {best.id, second.id, third.id, other.id}
    assert (best.marks.description, best.is_favorite) == ("At the sea", False)
    assert (best.marks.rating or None) is None
    assert fake.tags_on(other) == {TAG}, "the tag is in use, so it stays"
    assert fake.tags_on(best) == fake.tags_on(third) == set()
    assert third.visibility == "timeline"
    assert BEST not in {tag.value for tag in fake.state.tags.values()}


def test_a_renamed_album_and_tags_and_albums_that_were_there_before_stay(fake: FakeImmich, tmp_path: Path) -> None:
    photos = fake.seeds.burst(3)
    fake.seeds.tag(TAG, [])
    trip = fake.seeds.album("Trip", photos[:1])
    mark(
        fake,
        tmp_path,
        [AddTags(ids(photos), (TAG,)), AddToAlbum(trip.id, ids(photos), None), MakeAlbum(1, "One", ids(photos))],
    )
    (ours,) = fake.state.albums.keys() - {trip.id}
    fake.state.albums[ours].name = "Lake"
    assert set(left(undo(fake, tmp_path))) == {"Lake"}
    assert set(fake.state.albums) == {trip.id, ours}
    assert set(trip.assets) == {photos[0].id}
    assert [tag.value for tag in fake.state.tags.values()] == [TAG]


def test_what_a_later_run_changed_stays_until_that_is_undone(fake: FakeImmich, tmp_path: Path) -> None:
    photos = fake.seeds.burst(3)
    before = world(fake)
    mark(fake, tmp_path, plan_for(photos[:2], rated=False))
    (album,) = fake.state.albums
    between = world(fake)
    mark(fake, tmp_path, [AddToAlbum(album, (photos[2].id,), 1), SetDescription(photos[0].id, "At sea")])
    told = left(undo(fake, tmp_path, 1))
    assert set(told) == {"Organized-0001", photos[0].id}
    assert set(told.values()) == {"A later run has changed it since: undo that one first."}
    assert left(undo(fake, tmp_path, 2)) == {}
    assert world(fake)["albums"] == between["albums"]
    assert left(undo(fake, tmp_path, 1)) == {}
    assert world(fake) == before


def test_an_undo_wants_the_server_and_the_user_that_were_marked(fake: FakeImmich, tmp_path: Path) -> None:
    mark(fake, tmp_path, [SetFavorite(ids(fake.seeds.burst(2)), value=True)])
    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        (job,) = journal.runs()
        for server, sentence in ((None, "with --source-type immich"), (client_of(fake, fake.user.secret), "another")):
            with pytest.raises(UsageError, match=sentence):
                list(RunUndo(journal, job, tmp_path / "cache", server).carry_out())


class Killed(BaseException):
    """What ends a process without a word."""


WRITING = frozenset(
    "update_assets tag_assets untag_assets delete_tag create_album add_assets_to_album remove_assets_from_album"
    " delete_album create_stack delete_stack".split()
)


class MortalClient:
    """A client whose process is killed at a change: every change is one moment before it and one after."""

    def __init__(self, client: ImmichClient, moments: int) -> None:
        self._client = client
        self._left = moments

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name not in WRITING:
            return call

        def killing(*args: Any) -> Any:
            self._pass()
            answer = call(*args)
            self._pass()
            return answer

        return killing

    def _pass(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Killed


def test_an_undo_killed_at_any_change_is_finished_by_the_next(fake: FakeImmich, tmp_path: Path) -> None:
    """Every second time, another run has mended the journal first."""
    photos = fake.seeds.burst(5)
    fake.seeds.stack(photos[3], photos[4])
    before = world(fake)
    rated = fake.world.release >= RATED
    stack = marks_on(fake).read_marks([photos[3].id], (), with_albums=False).photos[photos[3].id].stack
    assert stack is not None
    merging = MakeStack(1, ids(photos), (stack,), (photos[4].id,))
    plan = [merging if isinstance(one, MakeStack) else one for one in plan_for(photos, rated=rated)]
    mark(fake, tmp_path / "marked", plan)
    marked = fake.state.copied()
    for moments in count():
        fake.state.put_back(marked)
        folder = Path(shutil.copytree(tmp_path / "marked", tmp_path / str(moments)))
        try:
            mortal = cast(ImmichClient, MortalClient(client_of(fake), moments))
            undo(fake, folder, client=mortal)
        except Killed:
            pass
        else:
            assert world(fake) == before
            break
        if moments % 2:
            with closing(Journal(folder / "journal.sqlite3")) as journal:
                recover_marks(marks_on(fake), journal, target(fake))
        assert left(undo(fake, folder)) == {}, moments
        assert world(fake) == before, moments
        with closing(Journal(folder / "journal.sqlite3")) as journal:
            assert all(job.is_finished for job in journal.runs())
    assert moments > 15
