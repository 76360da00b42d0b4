"""The client against a server of every version: what it reads is complete, what it writes is there."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bestshot.errors import (
    MissingPermissionError,
    NotFoundError,
    UnreachableError,
    UsageError,
    WrongKeyError,
)
from bestshot.immich.bulk import CHUNK
from bestshot.immich.calls import AssetChange
from bestshot.immich.client import ImmichClient
from bestshot.immich.failures import RetryPolicy
from bestshot.immich.versions import Task
from tests.fake_immich import MORNING, VERSIONS, FakeImmich, Where
from tests.fake_immich.state import Asset
from tests.fake_immich.versions import release
from tests.support.each import for_each
from tests.support.immich.releases import FOUR, on_releases
from tests.support.immich.scripted_server import Reply, scripted

AT_ONCE = RetryPolicy(connect=5, answer=20, backoff=0)
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def client_of(fake: FakeImmich) -> ImmichClient:
    return ImmichClient(fake.url, fake.admin.secret, policy=AT_ONCE)


def ids_of(assets: list[Asset]) -> list[str]:
    return [asset.id for asset in assets]


@on_releases()
def test_a_listing_holds_the_own_visible_photos_and_nothing_else(fake: FakeImmich) -> None:
    seeds, client = fake.seeds, client_of(fake)
    plain, trashed, archived = seeds.photo("plain.jpg"), seeds.photo("trashed.jpg"), seeds.photo("archived.jpg")
    live, _ = seeds.live_photo("live.jpg")
    seeds.video("film.mp4")
    seeds.photo("theirs.jpg", owner=fake.user.user)
    seeds.partner(fake.user.user, fake.admin.user)
    seeds.trash(trashed)
    client.update_asset(archived.id, is_archived=True)
    if fake.world.release >= (1, 133, 0):
        seeds.photo("locked.jpg").visibility = "locked"

    shown = client.get_all_assets()
    assert [asset.id for asset in shown] == sorted([plain.id, live.id])
    everything = client.get_all_assets(skip_archived=False)
    assert {asset.id for asset in everything} == {plain.id, live.id, archived.id}
    assert [asset.id for asset in everything if asset.is_archived] == [archived.id]
    assert (shown.missing, everything.missing) == (0, 0)


@on_releases()
def test_times_names_and_favorites_of_a_listing_are_those_of_the_photos(fake: FakeImmich) -> None:
    photo = fake.seeds.photo("berlin.jpg", MORNING, offset_minutes=120)
    client = client_of(fake)
    client.update_asset(photo.id, is_favorite=True)
    (seen,) = client.get_all_assets()
    assert (seen.file_name.partition(".")[0], seen.is_favorite, seen.local_time) == ("berlin", True, MORNING)
    assert seen.file_created_at is not None
    assert seen.file_created_at.replace(tzinfo=None) == MORNING - timedelta(hours=2)


@on_releases(*FOUR, checked=False)
def test_a_listing_over_many_pages_of_bursts_is_complete_and_free_of_repeats(fake: FakeImmich) -> None:
    bursts = [fake.seeds.burst(400, MORNING + n * timedelta(hours=1), declared_checksum=True) for n in range(6)]
    listing = client_of(fake).get_all_assets()
    assert [asset.id for asset in listing] == sorted(asset.id for burst in bursts for asset in burst)
    assert listing.missing == 0
    assert fake.count("search_metadata") <= 3 + 4 + 3, "pages, one look at each border, and all again at most"


def test_a_listing_that_stays_incomplete_says_so() -> None:
    photo = {
        "id": "a", "ownerId": "me", "type": "IMAGE", "originalFileName": "x.jpg", "originalPath": "/x.jpg",
        "fileCreatedAt": "2024-05-01T08:00:00.000Z", "fileModifiedAt": "2024-05-01T08:00:00.000Z",
        "localDateTime": "2024-05-01T08:00:00.000Z", "checksum": "c", "isFavorite": False, "visibility": "timeline",
    }  # fmt: skip
    replies = {
        "GET /api/server/version": Reply(body={"major": 2, "minor": 7, "patch": 5}),
        "GET /api/users/me": Reply(body={"id": "me", "name": "Me"}),
        "GET /api/assets/statistics": Reply(body={"images": 3, "videos": 0, "total": 3}),
        "POST /api/search/metadata": Reply(body={"assets": {"items": [photo], "nextPage": None}}),
    }
    with scripted(replies) as server:
        listing = ImmichClient(server.url, "key", policy=AT_ONCE).get_all_assets()
    assert (len(listing), listing.missing) == (1, 2)


@on_releases()
def test_pictures_and_originals_come_as_they_are(fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    client = client_of(fake)
    preview, thumbnail = client.get_asset_thumbnail(photo.id), client.get_asset_thumbnail(photo.id, size="thumbnail")
    assert len(thumbnail) < len(preview)
    assert client.download_asset(photo.id) == photo.original.content()
    with pytest.raises(NotFoundError):
        client.get_asset_thumbnail(fake.seeds.broken("broken.jpg").id)
    for fetch in (client.download_asset, client.get_asset_thumbnail, client.get_asset_info):
        with pytest.raises(NotFoundError):
            fetch(UNKNOWN)


@on_releases()
def test_faces_are_those_that_the_server_found(fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    alice = fake.seeds.person("Alice")
    fake.seeds.face(photo, (144, 96, 288, 480), (1440, 960), alice)
    (face,) = client_of(fake).get_faces(photo.id)
    assert (face.left, face.top, face.right, face.bottom) == (0.1, 0.1, 0.2, 0.5)
    assert (face.person_id, face.person_name) == (alice.id, "Alice")


@on_releases()
def test_who_and_what_the_server_is_can_be_asked(fake: FakeImmich) -> None:
    fake.seeds.photo()
    client = client_of(fake)
    assert str(client.get_version()) == fake.version.removeprefix("v")
    assert client.get_current_user().id == fake.admin.user.id
    assert client.get_statistics().images == 1
    can_tell = fake.world.release >= (1, 139, 2)
    assert client.get_key_permissions() == (frozenset({"all"}) if can_tell else None)


@on_releases()
def test_tags_by_path_are_put_on_and_taken_off(fake: FakeImmich) -> None:
    photos = fake.seed_library(4)
    client = client_of(fake)
    result = client.tag_assets(ids_of(photos[:2]), ["trips/berlin", "best"])
    assert set(result.done) == set(ids_of(photos[:2]))
    assert fake.tags_on(photos[0]) == fake.tags_on(photos[1]) == {"trips/berlin", "best"}
    assert {tag.value for tag in client.get_asset_info(photos[0].id).tags} == {"trips/berlin", "best"}
    (best,) = client.upsert_tags(["/best/"])
    fake.settle()
    assert client.get_tagged_ids(best.id) == set(ids_of(photos[:2]))
    off = client.untag_assets([photos[0].id, photos[3].id], best.id)
    assert (off.done, off.already) == ((photos[0].id,), (photos[3].id,))
    assert fake.tags_on(photos[0]) == {"trips/berlin"}
    client.delete_tag(best.id)
    assert fake.tags_on(photos[1]) == {"trips/berlin"}
    assert "best" not in {tag.value for tag in client.get_tags()}


@on_releases()
def test_tagging_again_adds_what_is_missing_and_nothing_else(fake: FakeImmich) -> None:
    photos = fake.seed_library(4)
    client = client_of(fake)
    client.tag_assets([photos[0].id], ["a"])
    fake.settle()
    client.tag_assets(ids_of(photos[:2]), ["a", "b"])
    fake.settle()
    assert fake.tags_on(photos[0]) == fake.tags_on(photos[1]) == {"a", "b"}
    client.tag_assets(ids_of(photos[:2]), ["a", "b"])
    assert fake.tags_on(photos[0]) == {"a", "b"}


@on_releases(*(version for version in VERSIONS if release(version) >= (1, 113, 0)))
def test_no_asset_gets_its_tags_in_two_calls_of_which_one_could_be_lost(fake: FakeImmich) -> None:
    photos = fake.seed_library(6)
    client = client_of(fake)
    client.tag_assets(ids_of(photos[:2]), "a")
    fake.settle()
    fake.faults.lose_writes()
    client.tag_assets(ids_of(photos), ["a", "b"])
    fake.settle()
    assert [fake.tags_on(photo) for photo in photos] == [{"a", "b"}] * 6


@on_releases()
def test_a_tag_without_a_name_is_refused(fake: FakeImmich) -> None:
    with pytest.raises(UsageError, match="needs a name"):
        client_of(fake).tag_assets([], ["/ /"])


@on_releases()
def test_bad_ids_are_named_and_the_good_ones_go_through(fake: FakeImmich) -> None:
    photos = fake.seed_library(9)
    client = client_of(fake)
    ids = [*ids_of(photos), UNKNOWN, "no id"]
    favored = client.update_assets(ids, AssetChange(is_favorite=True))
    assert set(favored.done) == set(ids_of(photos))
    assert {refusal.asset_id for refusal in favored.refused} == {UNKNOWN, "no id"}
    assert all(photo.is_favorite for photo in photos)
    tagged = client.tag_assets(ids, "best")
    album = client.create_album("Trip")
    added = client.add_assets_to_album(album.id, ids)
    for result in (tagged, added):
        assert {refusal.asset_id for refusal in result.refused} == {UNKNOWN, "no id"}
        assert set(result.done + result.already) == set(ids_of(photos))


@on_releases(*FOUR, checked=False)
def test_bulk_calls_are_sent_in_chunks(fake: FakeImmich) -> None:
    ids = ids_of(fake.seed_library(2 * CHUNK + 1, declared_checksums=True))
    result = client_of(fake).update_assets([*ids, *ids], AssetChange(is_favorite=True))
    assert len(result.done) == len(ids)
    assert fake.count("assets_update_bulk") == 3


@on_releases()
def test_marks_are_set_and_read_back(fake: FakeImmich) -> None:
    photos = fake.seed_library(3)
    client = client_of(fake)
    has_ratings = fake.world.release >= (1, 112, 0)
    client.update_assets(ids_of(photos), AssetChange(rating=4 if has_ratings else None, description="words"))
    fake.settle()
    client.update_assets(ids_of(photos[:1]), AssetChange(is_archived=True))
    seen = client.get_assets_info([*ids_of(photos), UNKNOWN])
    assert set(seen) == set(ids_of(photos))
    assert seen[photos[0].id].is_archived
    assert not seen[photos[1].id].is_archived
    assert {(asset.exif.rating, asset.exif.description) for asset in seen.values() if asset.exif is not None} == {
        (4 if has_ratings else None, "words")
    }
    if has_ratings:
        client.update_asset(photos[0].id, rating=0)
        unrated = client.get_asset_info(photos[0].id)
        assert unrated.exif is not None
        assert unrated.exif.rating is None


@on_releases()
def test_albums_are_made_filled_emptied_and_taken_away(fake: FakeImmich) -> None:
    photos = fake.seed_library(4)
    client = client_of(fake)
    album = client.create_album("Trip", ids_of(photos[:2]), "from a test")
    added = client.add_assets_to_album(album.id, ids_of(photos[1:3]))
    assert (added.done, added.already) == ((photos[2].id,), (photos[1].id,))
    (seen,) = client.get_albums()
    assert (seen.name, seen.description, seen.asset_count) == ("Trip", "from a test", 3)
    assert seen.owner_id == fake.admin.user.id
    assert client.get_albums_of_asset(photos[0].id) == (seen,)
    assert client.get_albums_of_asset(photos[3].id) == ()
    removed = client.remove_assets_from_album(album.id, [photos[0].id, photos[3].id])
    assert (removed.done, removed.already) == ((photos[0].id,), (photos[3].id,))
    assert [asset.id for asset in client.get_album_assets(album.id)] == sorted(ids_of(photos[1:3]))
    client.delete_album(album.id)
    assert client.get_albums() == ()
    with pytest.raises(NotFoundError):
        client.get_album_assets(album.id)


@on_releases()
def test_albums_shared_by_others_are_listed_and_only_own_photos_of_them_are_taken(fake: FakeImmich) -> None:
    mine, theirs = fake.seeds.photo(), fake.seeds.photo(owner=fake.user.user)
    shared = fake.seeds.album("Ours", [mine, theirs], owner=fake.user.user, shared_with={fake.admin.user.id: "editor"})
    client = client_of(fake)
    assert [(album.id, album.owner_id) for album in client.get_albums()] == [(shared.id, fake.user.user.id)]
    assert [asset.id for asset in client.get_album_assets(shared.id)] == [mine.id]
    assert client.get_album_member_ids(shared.id) == {mine.id, theirs.id}


@on_releases()
def test_stacks_are_made_merged_and_dissolved(fake: FakeImmich) -> None:
    ids = ids_of(fake.seed_library(5))
    client = client_of(fake)
    first, second = client.create_stack(ids[:3]), client.create_stack(ids[3:])
    assert (first.primary_id, set(first.asset_ids)) == (ids[0], set(ids[:3]))
    assert {stack.primary_id for stack in client.get_stacks()} == {ids[0], ids[3]}
    assert client.get_stack_of(ids[2]) == client.get_stack_of(ids[0])
    merged = client.create_stack([second.primary_id, first.primary_id])
    assert (merged.primary_id, set(merged.asset_ids)) == (ids[3], set(ids))
    assert client.get_stack_of(ids[1]) == client.get_stack_of(ids[3])
    client.delete_stack(merged)
    assert client.get_stack_of(ids[1]) is None
    assert client.get_stacks() == ()


@on_releases()
def test_a_key_that_lacks_a_permission_is_told_what_the_job_needs(fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    key = fake.seeds.key("user.read", "asset.read", "tag.read")
    client = ImmichClient(fake.url, key.secret, policy=AT_ONCE, tasks=[Task.READ, Task.TAGS])
    if fake.world.release < (1, 113, 0):
        client.tag_assets([photo.id], "best")
        return
    with pytest.raises(MissingPermissionError) as caught:
        client.tag_assets([photo.id], "best")
    assert caught.value.permission == "tag.create"
    assert caught.value.needed == client.get_needed_permissions()


@on_releases()
def test_the_permissions_that_are_asked_for_are_enough(fake: FakeImmich) -> None:
    names = ImmichClient(fake.url, fake.admin.secret).get_needed_permissions()
    client = ImmichClient(fake.url, fake.seeds.key(*names).secret, policy=AT_ONCE)
    ids = ids_of(fake.seed_library(4))
    client.get_all_assets(skip_archived=False)
    client.get_asset_thumbnail(ids[0])
    client.download_asset(ids[0])
    client.get_faces(ids[0])
    tags = client.upsert_tags(["a", "b"])
    client.tag_assets(ids, ["a", "b"])
    client.get_tagged_ids(tags[0].id)
    client.untag_assets(ids, tags[0].id)
    client.delete_tag(tags[0].id)
    album = client.create_album("Trip", ids[:2])
    client.add_assets_to_album(album.id, ids)
    client.get_album_assets(album.id)
    client.remove_assets_from_album(album.id, ids[:1])
    client.delete_album(album.id)
    client.update_assets(ids, AssetChange(is_favorite=True))
    client.delete_stack(client.create_stack(ids))
    assert client.get_stacks() == ()


@on_releases()
def test_a_key_that_expires_half_way_is_a_wrong_key(fake: FakeImmich) -> None:
    client = client_of(fake)
    client.get_current_user()
    fake.faults.expire_key(fake.admin)
    with pytest.raises(WrongKeyError, match="check that it was copied completely"):
        client.get_all_assets()


@on_releases(*FOUR)
def test_reads_survive_a_connection_that_breaks(fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    client = client_of(fake)
    fake.faults.drop(Where("search/metadata"))
    fake.faults.half_a_body(Where("search/metadata"))
    fake.faults.half_a_body(Where("download/asset|original"))
    fake.faults.status(502, Where("statistics", times=2))
    assert [asset.id for asset in client.get_all_assets()] == [photo.id]
    assert client.download_asset(photo.id) == photo.original.content()
    assert sum(fake.faults.counts.values()) == 5


@on_releases(*FOUR)
def test_a_connection_that_keeps_breaking_is_given_up(fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    fake.faults.half_a_body(Where("download/asset|original", times=None))
    with pytest.raises(UnreachableError, match="was cut off"):
        client_of(fake).download_asset(photo.id)


@on_releases()
def test_a_version_that_breaks_off_is_said(fake: FakeImmich) -> None:
    fake.faults.half_a_body(Where("version"))
    with pytest.raises(UnreachableError, match="was cut off"):
        client_of(fake).get_version()


def test_favorites_of_a_long_burst_are_all_found() -> None:
    with FakeImmich("v1.105.1", checked=False) as fake:
        burst = fake.seeds.burst(2500, declared_checksum=True)
        for photo in burst:
            photo.is_favorite = True
        assert all(asset.is_favorite for asset in client_of(fake).get_all_assets())


@on_releases(*FOUR)
def test_an_album_is_never_made_twice(fake: FakeImmich) -> None:
    client = client_of(fake)
    fake.faults.drop(Where("albums?$", "POST"), work_done=True)
    with pytest.raises(UnreachableError):
        client.create_album("Trip")
    assert len(fake.state.albums) == 1
    fake.faults.half_a_body(Where("albums?$", "POST"))
    with pytest.raises(UnreachableError, match="was cut off"):
        client.create_album("Trip")
    assert len(fake.state.albums) == 2


@on_releases(*FOUR)
def test_many_threads_share_a_client(fake: FakeImmich) -> None:
    photos = fake.seed_library(24)
    client = client_of(fake)
    together = threading.Barrier(8)

    def download(photo: Asset) -> bool:
        return client.download_asset(photo.id) == photo.original.content()

    def first(photo: Asset) -> bool:
        together.wait(timeout=20)
        return download(photo)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(first, photos[:8]))
        assert all(pool.map(download, photos))
    assert fake.count("version") == 1


def test_a_server_below_a_path_is_found() -> None:
    for_each(FOUR, _check_server_below_a_path)


def _check_server_below_a_path(version: str) -> None:
    with FakeImmich(version, prefix="/photos") as fake:
        fake.seeds.photo()
        for url in (fake.url, f"{fake.url}/", f"{fake.url}/api", f"{fake.url}/api/"):
            client = ImmichClient(url, fake.admin.secret, policy=AT_ONCE)
            assert client.ping()
            assert len(client.get_all_assets()) == 1
        assert not ImmichClient(f"{fake.url}/elsewhere", "key", policy=AT_ONCE).ping()


def test_versions_of_the_fake_are_in_order() -> None:
    assert sorted(VERSIONS, key=release) == list(VERSIONS)
