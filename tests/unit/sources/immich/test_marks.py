"""Every mark arrives on a server of every version, and what is read of it is what is there."""

import pytest

from bestshot.errors import NotFoundError, TooOldError
from bestshot.marks.actions import MarkResult
from bestshot.marks.kinds.albums import AddToAlbum, MakeAlbum, RemoveFromAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.stacks import DissolveStack, MakeStack
from bestshot.marks.kinds.tags import AddTags, RemoveTag
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.marks.state import Album, PhotoMarks, Stack
from bestshot.sources.immich.assets import marks_of_listed
from bestshot.sources.immich.marks import ImmichMarks
from tests.fake_immich import FakeImmich
from tests.fake_immich.versions import release
from tests.support.immich.releases import FOUR, on_releases
from tests.support.marks.on_immich import BEST, TAG, client_of, ids, marks_on, tagged

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@on_releases()
def test_tags_are_put_on_and_taken_off(fake: FakeImmich) -> None:
    keys = ids(fake.seeds.burst(3))
    library = marks_on(fake)
    assert library.mark(AddTags(keys[:2], (TAG, BEST))) == MarkResult(keys[:2])
    assert library.mark(AddTags(keys, (TAG,))) == MarkResult(keys[2:]), "those that had it are not changed"
    assert tagged(fake, TAG) == set(keys)
    assert tagged(fake, BEST) == set(keys[:2])
    assert library.mark(RemoveTag(keys, BEST)) == MarkResult(keys[:2])
    assert library.mark(RemoveTag(keys, "never made")) == MarkResult()
    assert tagged(fake, BEST) == set()


@on_releases()
def test_a_photo_with_one_of_two_tags_gets_the_other(fake: FakeImmich) -> None:
    photos = fake.seeds.burst(3)
    keys = ids(photos)
    fake.seeds.tag(TAG, photos[:1])
    assert set(marks_on(fake).mark(AddTags(keys, (TAG, BEST))).changed) == set(keys)
    assert tagged(fake, TAG) == tagged(fake, BEST) == set(keys)


@on_releases(*FOUR)
def test_a_child_tag_is_not_taken_for_the_tag(fake: FakeImmich) -> None:
    first, second = fake.seeds.burst(2)
    fake.seeds.tag(f"{TAG}/child", [first])
    fake.seeds.tag(TAG, [second])
    read = marks_on(fake).read_marks(ids((first, second)), (), with_albums=False)
    assert {key: photo.tags for key, photo in read.photos.items()} == {first.id: frozenset(), second.id: {TAG}}
    assert marks_on(fake).mark(AddTags(ids((first, second)), (TAG,))) == MarkResult((first.id,))
    assert tagged(fake, TAG) == {first.id, second.id}


@on_releases()
def test_albums_are_made_filled_and_emptied(fake: FakeImmich) -> None:
    keys = ids(fake.seeds.burst(3))
    library = marks_on(fake)
    made = library.mark(MakeAlbum(1, "Organized-0001", keys[:2]))
    assert (made.changed, made.refused) == (keys[:2], ())
    assert made.container is not None
    album = fake.state.albums[made.container]
    assert (album.name, set(album.assets)) == ("Organized-0001", set(keys[:2]))
    assert library.mark(AddToAlbum(album.id, keys, 1)) == MarkResult(keys[2:])
    assert library.mark(RemoveFromAlbum(album.id, keys[:1], 1)) == MarkResult(keys[:1])
    assert set(album.assets) == set(keys[1:])
    read = library.read_marks((), [album.id, UNKNOWN], with_albums=False)
    assert read.albums == {album.id: Album(album.id, "Organized-0001", frozenset(keys[1:]))}


@on_releases(*FOUR)
def test_an_album_is_found_by_its_exact_name_among_the_own(fake: FakeImmich) -> None:
    mine = [fake.seeds.album("Organized-0001"), fake.seeds.album("Organized-0001")]
    fake.seeds.album("organized-0001")
    fake.seeds.album("Organized-0001", owner=fake.user.user, shared_with={fake.admin.user.id: "editor"})
    found = marks_on(fake).albums_called(["Organized-0001", "Organized-0002"])
    assert {name: set(albums) for name, albums in found.items()} == {
        "Organized-0001": {album.id for album in mine},
        "Organized-0002": set(),
    }


@on_releases()
def test_favorites_and_the_archive_come_and_go(fake: FakeImmich) -> None:
    photos = fake.seeds.burst(3)
    keys = ids(photos)
    library = marks_on(fake)
    photos[2].is_favorite = True
    assert library.mark(SetFavorite(keys[:1], value=True)) == MarkResult(keys[:1])
    assert library.mark(SetFavorite(keys[:1], value=True)) == MarkResult(), "it is one already"
    assert library.mark(SetFavorite(keys[2:], value=False)) == MarkResult(keys[2:])
    assert library.mark(SetArchived(keys[1:], value=True)) == MarkResult(keys[1:])
    assert [photo.is_favorite for photo in photos] == [True, False, False]
    assert [photo.visibility for photo in photos] == ["timeline", "archive", "archive"]
    assert library.mark(SetArchived(keys, value=False)) == MarkResult(keys[1:])
    assert {photo.visibility for photo in photos} == {"timeline"}


@on_releases(*FOUR)
def test_what_became_a_favorite_meanwhile_is_not_archived(fake: FakeImmich) -> None:
    favourites, other = fake.seeds.burst(2)
    favourites.is_favorite = True
    marked = marks_on(fake).mark(SetArchived(ids((favourites, other)), value=True))
    assert marked.changed == (other.id,)
    assert [refused.key for refused in marked.refused] == [favourites.id]
    assert (favourites.visibility, other.visibility) == ("timeline", "archive")


@on_releases()
def test_a_description_tells_what_was_there_before(fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    library = marks_on(fake)
    assert library.mark(SetDescription(photo.id, "At the lake")) == MarkResult((photo.id,), before="")
    assert library.mark(SetDescription(photo.id, "At sea")) == MarkResult((photo.id,), before="At the lake")
    assert library.mark(SetDescription(photo.id, "At sea")) == MarkResult(before="At sea")
    assert photo.marks.description == "At sea"


@on_releases()
def test_stars_are_given_and_taken_where_there_are_such(fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    library = marks_on(fake)
    if release(fake.version) < (1, 112, 0):
        with pytest.raises(TooOldError):
            library.mark(SetRating(photo.id, 4))
        return
    assert library.mark(SetRating(photo.id, 4)) == MarkResult((photo.id,))
    assert photo.marks.rating == 4
    assert library.mark(SetRating(photo.id, None)) == MarkResult((photo.id,), before="4")
    assert not photo.marks.rating
    read = library.read_back([SetRating(photo.id, None)], ()).photos
    assert read == {photo.id: PhotoMarks(photo.id)}


@on_releases()
def test_a_stack_has_the_best_on_top_and_all_members_of_merged_ones(fake: FakeImmich) -> None:
    photos = fake.seeds.burst(5)
    best, second, third, *others = ids(photos)
    fake.seeds.stack(photos[2], *photos[3:])
    library = marks_on(fake)
    stack = library.read_marks([second, third], (), with_albums=False).photos[third].stack
    assert stack is not None
    assert (stack.keys[0], set(stack.keys)) == (third, {third, *others})
    marked = library.mark(MakeStack(1, (best, second, others[0]), (stack,)))
    assert set(marked.changed) == set(ids(photos))
    read = library.read_back([MakeStack(1, (best, second))], ()).photos
    merged = read[best].stack
    assert merged is not None
    assert (merged.id, merged.keys[0], set(merged.keys)) == (marked.container, best, set(ids(photos)))
    assert library.mark(DissolveStack(1, merged)).changed == merged.keys
    assert {photo.stack for photo in photos} == {None}


@on_releases(*FOUR)
def test_a_stack_that_somebody_changed_is_left_alone(fake: FakeImmich) -> None:
    photos = fake.seeds.burst(3)
    stack = fake.seeds.stack(*photos)
    library = marks_on(fake)
    found = library.read_marks([photos[0].id], (), with_albums=False).photos[photos[0].id].stack
    assert found is not None
    marked = library.mark(DissolveStack(1, Stack(found.id, found.keys[:2])))
    assert marked.changed == ()
    assert len(marked.refused) == 2
    assert photos[1].stack is stack


@on_releases(*FOUR)
def test_bad_ids_are_named_with_a_sentence_and_the_others_go_through(fake: FakeImmich) -> None:
    photos = fake.seeds.burst(3)
    theirs = fake.seeds.photo(owner=fake.user.user)
    good, bad = ids(photos), (theirs.id, UNKNOWN)
    library = marks_on(fake)
    for action in (
        AddTags(good + bad, (TAG,)),
        AddTags(good + bad, ("other", "third")),
        MakeAlbum(1, "Organized-0001", good + bad),
        SetFavorite(good + bad, value=True),
        SetFavorite(good + bad, value=False),
        MakeStack(1, good + bad),
    ):
        marked = library.mark(action)
        assert set(marked.changed) == set(good), action
        assert {refused.key for refused in marked.refused} == set(bad), action
        assert all(refused.error.endswith(".") for refused in marked.refused)


@on_releases(*FOUR)
def test_a_group_without_its_best_is_not_stacked(fake: FakeImmich) -> None:
    photos = fake.seeds.burst(2)
    marked = marks_on(fake).mark(MakeStack(1, (UNKNOWN, *ids(photos))))
    assert (marked.changed, marked.container) == ((), None)
    assert {photo.stack for photo in photos} == {None}
    assert len(marked.refused) == 3


@on_releases(*FOUR)
def test_an_album_that_is_gone_fails_as_a_whole(fake: FakeImmich) -> None:
    with pytest.raises(NotFoundError):
        marks_on(fake).mark(AddToAlbum(UNKNOWN, ids(fake.seeds.burst(2)), 1))


@on_releases(*FOUR)
def test_what_is_in_the_trash_counts_as_gone(fake: FakeImmich) -> None:
    kept, trashed = fake.seeds.burst(2)
    fake.seeds.trash(trashed)
    library = marks_on(fake)
    assert set(library.read_marks(ids((kept, trashed)), (), with_albums=False).photos) == {kept.id}
    marked = library.mark(SetFavorite(ids((kept, trashed)), value=True))
    assert (marked.changed, [refused.key for refused in marked.refused]) == ((kept.id,), [trashed.id])


@on_releases()
def test_a_listing_spares_the_calls_for_its_photos(fake: FakeImmich) -> None:
    photos = fake.seeds.burst(4)
    photos[0].is_favorite = True
    fake.seeds.tag(TAG, photos[:2])
    client = client_of(fake)
    listing = {asset.id: marks_of_listed(asset) for asset in client.get_all_assets(with_exif=True)}
    fake.forget_calls()
    library = ImmichMarks(client, tags=(TAG, BEST), listing=listing)
    read = library.read_marks(ids(photos), (), with_albums=False)
    assert fake.count("asset_info") == 0
    assert fake.count("stacks_list") == 0
    assert [read.photos[photo.id].is_favorite for photo in photos] == [True, False, False, False]
    assert [read.photos[photo.id].tags for photo in photos] == [{TAG}, {TAG}, set(), set()]
    photos[1].is_favorite = True
    back = library.read_back([SetFavorite(ids(photos), value=True)], ())
    assert back.photos[photos[1].id].is_favorite, "what is read back is never from the listing"


@on_releases(*FOUR)
def test_a_dry_run_of_many_changes_asks_once_for_the_tags_and_the_stacks(fake: FakeImmich) -> None:
    """And for nothing where photos are only tagged, since tags have paths: what they lack is known from the plan."""
    photos, client = fake.seed_library(30, declared_checksums=True), client_of(fake)
    pairs = [ids(photos[start : start + 2]) for start in range(0, len(photos), 2)]
    fake.seeds.tag(TAG, photos[20:])
    stacks = [client.create_stack(pair) for pair in pairs[-3:]]
    listing = {asset.id: marks_of_listed(asset) for asset in client.get_all_assets(with_exif=True)}
    library = ImmichMarks(client, tags=(TAG, BEST), listing=listing)
    tagging = [AddTags(pair, (TAG, BEST)) for pair in pairs[:10]]
    fake.forget_calls()
    library.calls_for(tagging)
    assert [call.operation for call in fake.calls] == (["tags_list"] if library.tags_one_at_a_time else [])
    apart = [DissolveStack(1, Stack(stack.id, stack.asset_ids)) for stack in stacks]
    costs = []
    for number in (1, 3):
        fake.forget_calls()
        told = library.calls_for([*tagging, *(RemoveTag(pair, TAG) for pair in pairs[10:]), *apart[:number]])
        assert [len(calls) for calls in told[-number:]] == [1] * number
        costs.append(len(fake.calls))
    assert costs[0] == costs[1]
    assert fake.count("tags_list") == 1
    assert not fake.writes


@on_releases()
def test_albums_that_hold_a_photo_are_found_for_inheriting(fake: FakeImmich) -> None:
    first, second, outside = fake.seeds.burst(3)
    trip = fake.seeds.album("Trip", [first, outside])
    shared = fake.seeds.album("Party", [second], owner=fake.user.user, shared_with={fake.admin.user.id: "editor"})
    fake.seeds.album("Other", [outside])
    read = marks_on(fake).read_marks(ids((first, second)), (), with_albums=True)
    assert read.albums == {
        trip.id: Album(trip.id, "Trip", frozenset({first.id})),
        shared.id: Album(shared.id, "Party", frozenset({second.id})),
    }


@on_releases(*FOUR)
def test_tags_of_a_large_library_are_read_back_by_searching(fake: FakeImmich) -> None:
    photos = fake.seed_library(120, declared_checksums=True)
    library = marks_on(fake)
    action = AddTags(ids(photos), (TAG,))
    library.mark(action)
    fake.forget_calls()
    read = library.read_back([action], ())
    assert all(read.photos[photo.id].tags == {TAG} for photo in photos)
    assert len(fake.calls) <= 4
