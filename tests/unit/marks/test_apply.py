"""Marks are carried out so that they stand: journaled, read back, made again when lost, mended after a kill."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bestshot.errors import MissingPermissionError, WrongKeyError
from bestshot.immich.versions import Dialect, Task, Version
from bestshot.journal.changes import Keep, keep_nothing
from bestshot.journal.journal import Journal
from bestshot.layout.actions import CHANGES, FileState, PlaceBest
from bestshot.marks.actions import MarkAction, MarkedGroup, MarkEffect, MarkReceipt, MarkResult, receipts_of
from bestshot.marks.apply import FailedMark, VerifyPolicy, carry_out_marks, recover_marks
from bestshot.marks.kinds.albums import AddToAlbum, DeleteAlbum, MakeAlbum, RemoveFromAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.stacks import DissolveStack, MakeStack, RestoreStack
from bestshot.marks.kinds.tags import AddTags, DeleteTag, RemoveTag, RemoveTags
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.marks.registry import KINDS
from bestshot.marks.state import Stack
from bestshot.sources.immich.marks import ImmichMarks
from tests.fake_immich import VERSIONS, FakeImmich, Where
from tests.fake_immich.state import Asset
from tests.fake_immich.versions import release
from tests.support.marks.on_immich import BEST, FOUR, TAG, client_of, ids, marks_on, never_waiting, tagged

TARGET = "immich:http://localhost/me"
RATED = (1, 112, 0)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.sqlite3")) as opened:
        yield opened


@pytest.fixture(params=FOUR)
def fake(request: pytest.FixtureRequest) -> Iterator[FakeImmich]:
    with FakeImmich(request.param) as server:
        yield server


def made(
    library: ImmichMarks, journal: Journal, actions: Sequence[MarkAction], policy: VerifyPolicy | None = None
) -> list[MarkReceipt | FailedMark]:
    steps = carry_out_marks(library, journal, TARGET, ["immich:here"], actions, policy or never_waiting())
    return list(steps)


def working(fake: FakeImmich) -> VerifyPolicy:
    """A patience whose pauses let the server's jobs go on, ten steps to the second."""

    def wait(seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            fake.world.jobs.tick()

    return VerifyPolicy(wait=wait)


def plan_for(photos: Sequence[Asset], *, rated: bool) -> list[MarkAction]:
    best, *rest = ids(photos)
    rating: list[MarkAction] = [SetRating(best, 5)] if rated else []
    return [
        AddTags(tuple(rest), (TAG,)),
        AddTags((best,), (TAG, BEST)),
        MakeAlbum(1, "Organized-0001", ids(photos)),
        SetFavorite((best,), value=True),
        *rating,
        SetDescription(best, "At the lake"),
        MakeStack(1, ids(photos)),
        SetArchived(tuple(rest), value=True, visible=(best,) * len(rest)),
    ]


def check_all_marked(fake: FakeImmich, photos: Sequence[Asset], *, rated: bool) -> None:
    fake.settle()
    best, *rest = photos
    assert tagged(fake, TAG) == set(ids(photos))
    assert tagged(fake, BEST) == {best.id}
    (album,) = fake.state.albums.values()
    assert (album.name, set(album.assets)) == ("Organized-0001", set(ids(photos)))
    assert [photo.is_favorite for photo in photos] == [True] + [False] * len(rest)
    assert (best.marks.description, best.marks.rating) == ("At the lake", 5 if rated else None)
    assert best.stack is not None
    assert (best.stack.primary_id, set(best.stack.members)) == (best.id, set(ids(photos)))
    assert [photo.visibility for photo in photos] == ["timeline"] + ["archive"] * len(rest)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_mark_arrives_and_has_a_receipt(version: str, journal: Journal) -> None:
    with FakeImmich(version) as fake:
        photos = fake.seeds.burst(4)
        rated = fake.world.release >= RATED
        came = made(marks_on(fake), journal, plan_for(photos, rated=rated))
        check_all_marked(fake, photos, rated=rated)
        assert came == list(receipts_of(journal.done(TARGET, KINDS)))
        assert journal.unfinished(TARGET, KINDS) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_lost_writes_are_made_again_until_they_stay(version: str, journal: Journal) -> None:
    """With jobs that outlast many calls and eight of ten second writes lost, all stands in the end."""
    with FakeImmich(version) as fake:
        photos = fake.seeds.burst(12)
        rated = fake.world.release >= RATED
        plan = [SetDescription(photo.id, "Early") for photo in photos[1:]] + plan_for(photos, rated=rated)
        fake.faults.lose_writes(lag=60, share=0.8)
        came = made(marks_on(fake), journal, plan, replace(working(fake), per_photo=0))
        assert fake.faults.counts["lost write"] > 0
        assert not [one for one in came if isinstance(one, FailedMark)]
        check_all_marked(fake, photos, rated=rated)
        assert {photo.marks.description for photo in photos[1:]} == {"Early"}


def test_a_long_queue_is_waited_for_before_a_photo_is_written_again(fake: FakeImmich, journal: Journal) -> None:
    photos = fake.seeds.burst(20)
    waits: list[float] = []
    policy = VerifyPolicy((1, 2, 4), per_photo=0.5, wait=waits.append)
    fake.seeds.tag(BEST, photos)
    made(marks_on(fake), journal, [AddTags(ids(photos), (TAG,)), RemoveTag(ids(photos), BEST)], policy)
    assert waits == [11, 2, 11, 2]
    assert (tagged(fake, TAG), tagged(fake, BEST)) == (set(ids(photos)), set())


def test_the_first_tag_is_read_back_before_the_second_is_sent_on_old_servers(journal: Journal) -> None:
    with FakeImmich("v1.105.1") as fake:
        keys = ids(fake.seeds.burst(3))
        made(marks_on(fake), journal, [AddTags(keys, (TAG, BEST))])
        names = [call.operation for call in fake.calls if call.operation in ("tag_add_assets", "tag_assets_list")]
        first, second = (n for n, name in enumerate(names) if name == "tag_add_assets")
        assert names[first + 1 : second].count("tag_assets_list") >= 2
        assert tagged(fake, TAG) == tagged(fake, BEST) == set(keys)


def test_what_cannot_be_made_to_stay_is_reported_and_has_no_receipt(fake: FakeImmich, journal: Journal) -> None:
    stubborn, other = fake.seeds.burst(2)

    def meddle(_seconds: float) -> None:
        stubborn.marks = replace(stubborn.marks, tags=frozenset())

    keys = ids((stubborn, other))
    came = made(marks_on(fake), journal, [AddTags(keys, (TAG,))], VerifyPolicy((0,) * 5, wait=meddle))
    receipt, failure = came
    assert receipt == MarkReceipt(AddTags(keys, (TAG,), made=(TAG,)), MarkEffect((other.id,)))
    assert isinstance(failure, FailedMark)
    assert (failure.keys, "lost it again" in failure.error) == ((stubborn.id,), True)
    assert list(receipts_of(journal.done(TARGET, KINDS))) == [receipt]


def test_a_stack_with_another_photo_on_top_is_made_again(fake: FakeImmich, journal: Journal) -> None:
    photos = fake.seeds.burst(3)
    swaps = iter([True])

    def swap_once(_seconds: float) -> None:
        if next(swaps, False) and photos[0].stack is not None:
            photos[0].stack.primary_id = photos[1].id

    (receipt,) = made(marks_on(fake), journal, [MakeStack(1, ids(photos))], VerifyPolicy(wait=swap_once))
    assert isinstance(receipt, MarkReceipt)
    stack = photos[0].stack
    assert stack is not None
    assert (stack.primary_id, set(stack.members)) == (photos[0].id, set(ids(photos)))
    if fake.world.release >= (1, 113, 0):
        assert receipt.effect.container == stack.id


def test_nothing_to_do_makes_no_calls_and_writes_nothing(fake: FakeImmich, journal: Journal) -> None:
    assert made(marks_on(fake), journal, []) == []
    assert fake.calls == []
    assert journal.begin_part(TARGET, []) == 1, "no run was begun before"


def test_what_was_so_already_is_no_change_of_ours(fake: FakeImmich, journal: Journal) -> None:
    favourites, other = fake.seeds.burst(2)
    favourites.is_favorite = True
    came = made(
        marks_on(fake), journal, [SetFavorite((favourites.id,), value=True), SetFavorite((other.id,), value=True)]
    )
    assert came == [MarkReceipt(SetFavorite((other.id,), value=True), MarkEffect((other.id,)))]
    assert list(receipts_of(journal.done(TARGET, KINDS))) == came
    assert journal.unfinished(TARGET, KINDS) == []


def test_an_asset_deleted_after_the_listing_is_named_and_the_others_are_marked(
    fake: FakeImmich, journal: Journal
) -> None:
    photos = fake.seeds.burst(4)
    *kept, gone = photos
    fake.faults.delete_asset(gone.id, Where(method="PUT"))
    best = kept[0].id
    plan: list[MarkAction] = [
        AddTags(ids(photos), (TAG, "second")),
        MakeAlbum(1, "Organized-0001", ids(photos)),
        SetFavorite((best, gone.id), value=True),
        MakeStack(1, ids(photos)),
        SetArchived(ids(photos)[1:], value=True, visible=(best,) * 3),
    ]
    came = made(marks_on(fake), journal, plan)
    failures = [one for one in came if isinstance(one, FailedMark)]
    assert {failure.keys for failure in failures} == {(gone.id,)}
    assert len({type(failure.action) for failure in failures}) == len(plan)
    assert all(failure.error.endswith(".") for failure in failures)
    assert tagged(fake, TAG) == set(ids(kept))
    assert [photo.visibility for photo in kept] == ["timeline", "archive", "archive"]
    assert kept[0].stack is not None
    assert set(kept[0].stack.members) == set(ids(kept))


@pytest.mark.parametrize("version", ["v1.118.2", "v2.7.5", "v3.1.0"])
def test_a_permission_taken_away_half_way_is_named_and_the_rest_goes_on(version: str, journal: Journal) -> None:
    with FakeImmich(version) as fake:
        key = fake.seeds.key(*Dialect(Version(*release(version))).permissions(tuple(Task)))
        photos = fake.seeds.burst(3)
        fake.faults.take_permission(key, "album.create", Where("albums", method="POST"))
        plan: list[MarkAction] = [
            AddTags(ids(photos), (TAG,), made=(TAG,)),
            MakeAlbum(1, "Organized-0001", ids(photos)),
            SetFavorite(ids(photos[:1]), value=True),
        ]
        tag, star, failure = made(marks_on(fake, key.secret), journal, plan)
        assert isinstance(failure, FailedMark)
        assert "lacks the permission album.create" in failure.error
        assert [one.action for one in (tag, star) if isinstance(one, MarkReceipt)] == [
            AddTags(ids(photos), (TAG,), made=(TAG,)),
            plan[2],
        ]
        assert list(receipts_of(journal.done(TARGET, KINDS))) == [tag, star]
        assert journal.unfinished(TARGET, KINDS) == []
        assert photos[0].is_favorite


def test_a_key_that_expires_half_way_ends_the_run_and_the_next_one_mends_it(fake: FakeImmich, journal: Journal) -> None:
    key = fake.seeds.key("all")
    photos = fake.seeds.burst(3)
    tagging = AddTags(ids(photos), (TAG,), made=(TAG,))
    plan: list[MarkAction] = [tagging, SetFavorite(ids(photos[:1]), value=True)]
    fake.faults.expire_key(key, Where("api/assets?$", method="PUT"))
    with pytest.raises(WrongKeyError):
        made(marks_on(fake, key.secret), journal, plan)
    assert [receipt.action for receipt in receipts_of(journal.done(TARGET, KINDS))] == plan[:1]
    assert [change.action for change in journal.unfinished(TARGET, KINDS)] == plan[1:]
    recover_marks(marks_on(fake), journal, TARGET)
    assert journal.unfinished(TARGET, KINDS) == []
    assert [receipt.action for receipt in receipts_of(journal.done(TARGET, KINDS))] == plan[:1]


def test_a_permission_to_read_taken_away_leaves_what_was_done_in_the_journal(journal: Journal) -> None:
    with FakeImmich("v2.7.5") as fake:
        key = fake.seeds.key(*Dialect(Version(2, 7, 5)).permissions(tuple(Task)))
        photos = fake.seeds.burst(2)
        library = marks_on(fake, key.secret)

        def forbid(_seconds: float) -> None:
            key.permissions.remove("tag.read")

        with pytest.raises(MissingPermissionError, match=r"tag\.read"):
            made(library, journal, [AddTags(ids(photos), (TAG,))], VerifyPolicy(wait=forbid))
        assert [receipt.effect.changed for receipt in receipts_of(journal.done(TARGET, KINDS))] == [ids(photos)]


class Killed(BaseException):
    """What ends a process without a word."""


class KilledAfter(ImmichMarks):
    """Its process is killed right after a change of the given kind reached the server."""

    def __init__(self, fake: FakeImmich, kind: type[MarkAction]) -> None:
        super().__init__(client_of(fake), tags=(TAG, BEST), with_stacks=True)
        self._kind = kind

    def mark(self, action: MarkAction, keep: Keep = keep_nothing, /) -> MarkResult:
        marked = super().mark(action, keep)
        if isinstance(action, self._kind):
            raise Killed
        return marked


@pytest.mark.parametrize("kind", [AddTags, MakeAlbum, SetFavorite, SetDescription, MakeStack, SetArchived])
def test_what_a_killed_run_had_written_is_found_again(
    fake: FakeImmich, journal: Journal, kind: type[MarkAction]
) -> None:
    photos = fake.seeds.burst(4)
    plan = plan_for(photos, rated=False)
    with pytest.raises(Killed):
        made(KilledAfter(fake, kind), journal, plan)
    (last,) = [change.action for change in journal.unfinished(TARGET, KINDS)][:1]
    assert isinstance(last, kind)
    writes = len(fake.writes)

    recover_marks(marks_on(fake), journal, TARGET)
    searches = [call for call in fake.writes[writes:] if "search" not in call.path]
    assert searches == [], "recovery only reads"
    assert journal.unfinished(TARGET, KINDS) == []
    *_, found = receipts_of(journal.done(TARGET, KINDS))
    assert isinstance(found.action, kind)
    assert set(found.effect.changed) == set(found.action.keys)
    if kind is MakeAlbum:
        assert [found.effect.container] == list(fake.state.albums)
    if kind is MakeStack and fake.world.release >= (1, 113, 0):
        assert [found.effect.container] == list(fake.state.stacks)


def test_an_album_of_the_users_is_never_taken_for_the_one_of_a_killed_run(fake: FakeImmich, journal: Journal) -> None:
    photos = fake.seeds.burst(3)
    before = fake.seeds.album("Organized-0001", photos)
    with pytest.raises(Killed):
        made(KilledAfter(fake, MakeAlbum), journal, [MakeAlbum(1, "Organized-0001", ids(photos))])
    (ours,) = fake.state.albums.keys() - {before.id}
    elsewhere = fake.seeds.album("Organized-0001", [fake.seeds.photo()])
    recover_marks(marks_on(fake), journal, TARGET)
    assert [receipt.effect.container for receipt in receipts_of(journal.done(TARGET, KINDS))] == [ours]
    assert elsewhere.id != ours


def test_an_album_that_a_killed_run_did_not_come_to_make_is_dropped(fake: FakeImmich, journal: Journal) -> None:
    photos = fake.seeds.burst(3)
    plan: list[MarkAction] = [SetFavorite(ids(photos[:1]), value=True), MakeAlbum(1, "Organized-0001", ids(photos))]
    with pytest.raises(Killed):
        made(KilledAfter(fake, SetFavorite), journal, plan)
    recover_marks(marks_on(fake), journal, TARGET)
    assert [receipt.action for receipt in receipts_of(journal.done(TARGET, KINDS))] == plan[:1]
    assert journal.unfinished(TARGET, KINDS) == []


def test_a_group_is_not_archived_while_its_best_is_out_of_sight(fake: FakeImmich, journal: Journal) -> None:
    first, second = fake.seeds.burst(2), fake.seeds.burst(2)
    first[0].visibility = "archive"
    action = SetArchived((first[1].id, second[1].id), value=True, visible=(first[0].id, second[0].id))
    receipt, failure = made(marks_on(fake), journal, [action])
    assert isinstance(receipt, MarkReceipt)
    assert receipt.effect.changed == (second[1].id,)
    assert isinstance(failure, FailedMark)
    assert (failure.keys, "not in the timeline" in failure.error) == ((first[1].id,), True)
    assert (first[1].visibility, second[1].visibility) == ("timeline", "archive")


def test_a_best_in_the_trash_is_out_of_sight(fake: FakeImmich, journal: Journal) -> None:
    best, rest = fake.seeds.burst(2)
    fake.seeds.trash(best)
    (failure,) = made(marks_on(fake), journal, [SetArchived((rest.id,), value=True, visible=(best.id,))])
    assert isinstance(failure, FailedMark)
    assert rest.visibility == "timeline"
    assert journal.unfinished(TARGET, KINDS) == []


STACK = Stack("s", ("a", "b\udcff"))
EVERY_MARK: list[MarkAction] = [
    AddTags(("a", "b\udcff"), ("x", "y/z"), (MarkedGroup(1, ("a", "c")),)),
    RemoveTag(("a",), "x"),
    MakeAlbum(7, "Organized-0007", ("a",), ("other",)),
    AddToAlbum("album", ("a",), None),
    RemoveFromAlbum("album", ("a",), 7),
    SetFavorite(("a",), value=True),
    SetRating("a", None),
    SetDescription("a", "\N{WHITE SMILING FACE}\n"),
    MakeStack(1, ("a", "b"), (STACK,), ("b",)),
    DissolveStack(1, STACK),
    SetArchived(("a",), value=True, visible=("b",)),
    RemoveTags(("a", "b\udcff"), ("x", "y/z")),
    DeleteTag(("a",), "y"),
    DeleteAlbum("album", "Organized-0007", ("a",)),
    RestoreStack("s", ("a", "b\udcff")),
]


@pytest.mark.parametrize("action", EVERY_MARK)
@pytest.mark.parametrize("effect", [MarkEffect(), MarkEffect(("a", "b\udcff"), "album", "was \N{WHITE SMILING FACE}")])
def test_a_receipt_of_a_mark_is_kept_to_the_last_byte(journal: Journal, action: MarkAction, effect: MarkEffect) -> None:
    (change,) = journal.begin(journal.begin_part(TARGET, []), KINDS, [action])
    assert journal.unfinished(TARGET, KINDS) == [change]
    journal.finish([(change, effect)])
    assert list(receipts_of(journal.done(TARGET, KINDS))) == [MarkReceipt(action, effect)]
    assert journal.unfinished(TARGET, KINDS) == []


def test_folders_and_marks_do_not_see_each_others_changes(journal: Journal) -> None:
    folder = PlaceBest("group_0001/best.jpg", 1, "folder:/photos", "a", "group_0001/originals/a.jpg")
    part = journal.begin_part(TARGET, [])
    (laid,), (mark,) = journal.begin(part, CHANGES, [folder]), journal.begin(part, KINDS, EVERY_MARK[:1])
    assert (journal.unfinished(TARGET, CHANGES), journal.unfinished(TARGET, KINDS)) == ([laid], [mark])
    journal.finish([(laid, FileState()), (mark, MarkEffect())])
    assert [one.action for one in journal.done(TARGET, CHANGES)] == [folder]
    assert list(receipts_of(journal.done(TARGET, KINDS))) == [MarkReceipt(mark.action, MarkEffect())]


def test_a_photo_that_the_server_never_keeps_a_mark_on_is_told_apart_from_a_busy_server(
    fake: FakeImmich, journal: Journal
) -> None:
    photos = fake.seeds.burst(3)
    kept = photos[0].marks

    def forget() -> None:
        photos[0].marks = kept

    fake.faults.then("forget", forget, Where(times=None))
    came = made(marks_on(fake), journal, [AddTags(ids(photos), (TAG,))])
    (failed,) = [one for one in came if isinstance(one, FailedMark)]
    assert failed.keys == ids(photos[:1])
    assert "If it stays so, the server cannot write this photo" in failed.error


def test_a_server_that_goes_in_the_middle_is_told_with_what_was_done_until_then(
    fake: FakeImmich, journal: Journal
) -> None:
    photos = fake.seeds.burst(3)
    actions = [AddTags(ids(photos), (TAG,)), *(MakeAlbum(n, f"Album {n}", ids(photos)) for n in (1, 2))]
    fake.faults.expire_key(fake.admin, Where("/album", "POST", after=1))
    with pytest.raises(WrongKeyError) as caught:
        made(marks_on(fake), journal, actions)
    assert caught.value.__notes__ == [
        "Until then: 3 photos tagged, 1 album made, 3 photos added to albums."
        " Run the same again, and it goes on from there."
    ]


class EnoughError(Exception):
    """Raised by whoever hears of a change and wants no more."""


def test_work_that_is_to_end_ends_after_the_change_that_was_written_and_can_be_taken_back(
    fake: FakeImmich, journal: Journal
) -> None:
    photos = fake.seeds.burst(3)
    heard: list[int] = []

    def told(photos: int) -> None:
        heard.append(photos)
        if len(heard) == 2:
            raise EnoughError

    actions = [MakeAlbum(number, f"Album {number}", ids(photos)) for number in (1, 2, 3)]
    with pytest.raises(EnoughError):
        made(marks_on(fake), journal, actions, VerifyPolicy((0.0,), wait=lambda _seconds: None, told=told))
    assert heard == [3, 3]
    assert len(fake.state.albums) == 2
    recover_marks(marks_on(fake), journal, TARGET)
    assert len(list(journal.done(TARGET, KINDS))) == 2
    assert not journal.unfinished(TARGET, KINDS)
