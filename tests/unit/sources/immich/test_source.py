"""An Immich server as a source: what is listed, what is fetched, and what is kept."""

import pickle
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bestshot.errors import SourceError, TransientError, UnreachableError, UsageError
from bestshot.immich.keys import KeyFromFile
from bestshot.model.faces import FaceBox
from bestshot.model.photo import Photo
from bestshot.sources.immich.source import ImmichPhotoSource
from bestshot.storage.picture_cache import PhotoCache
from tests.fake_immich import ALWAYS, MORNING, FakeImmich, Scene, Where
from tests.fake_immich.pictures import REAL_PREVIEW_EDGE, Original
from tests.fake_immich.state import Asset, Exif
from tests.support.immich.folder import impatient
from tests.support.immich.releases import FOUR, on_releases

THUMBNAIL, PREVIEW, LARGE = 64, 1024, 3000
"""Sizes that are asked for: to compare, to judge, and more than the server's preview has."""


@pytest.fixture
def newest() -> Iterator[FakeImmich]:
    with FakeImmich() as server:
        yield server


def source_of(fake: FakeImmich, cache: Path | None = None, **options: Any) -> ImmichPhotoSource:
    return impatient(fake, cache_dir=cache, **options)


def ids(photos: list[Photo]) -> list[str]:
    return [photo.id for photo in photos]


def ids_of(*assets: Asset) -> list[str]:
    return [asset.id for asset in assets]


def test_a_face_is_known_with_the_name_of_whom_it_shows(newest: FakeImmich) -> None:
    photo = newest.seeds.photo()
    newest.seeds.face(photo, (144, 96, 288, 480), (1440, 960), newest.seeds.person("Alice"))
    newest.seeds.face(photo, (720, 96, 864, 480), (1440, 960))
    source = source_of(newest)
    (listed,) = source.list_photos()
    assert source.known_faces(listed) == (FaceBox(0.1, 0.1, 0.2, 0.5, "Alice"), FaceBox(0.5, 0.1, 0.6, 0.5))


class TestListing:
    @on_releases()
    def test_it_holds_the_own_photos_in_order_of_time_and_nothing_else(self, fake: FakeImmich) -> None:
        seeds = fake.seeds
        late, early = seeds.photo("late.jpg", MORNING.replace(hour=20)), seeds.photo("early.jpg")
        live, _hidden_motion = seeds.live_photo("live.jpg", MORNING.replace(hour=12))
        archived, trashed, locked = (seeds.photo(f"{name}.jpg") for name in ("archived", "trashed", "locked"))
        archived.visibility = "archive"
        seeds.trash(trashed)
        if fake.world.release >= (1, 133, 0):
            locked.visibility = "locked"
        else:
            fake.state.remove(locked)
        seeds.video("film.mp4")
        seeds.photo("theirs.jpg", owner=fake.user.user)
        seeds.partner(fake.user.user, fake.admin.user)

        assert ids(source_of(fake).list_photos()) == ids_of(early, live, late)
        with_archived = source_of(fake, include_archived=True).list_photos()
        assert sorted(ids(with_archived)) == sorted(ids_of(early, live, late, archived))
        assert not fake.writes

    @on_releases()
    def test_the_listing_alone_tells_when_photos_were_taken(self, fake: FakeImmich) -> None:
        zoned = fake.seeds.photo("zoned.jpg", MORNING, offset_minutes=120)
        zoneless = fake.seeds.photo("zoneless.jpg", MORNING.replace(hour=9))
        dateless = fake.seeds.photo("dateless.jpg", MORNING.replace(hour=10))
        dateless.exif = Exif()
        metadata = source_of(fake).scan().metadata
        assert metadata[zoned.id].taken.isoformat() == "2024-05-01T08:00:00+02:00"
        assert metadata[zoneless.id].taken.isoformat() == "2024-05-01T09:00:00"
        assert [metadata[asset.id].taken.is_guess for asset in (zoned, zoneless, dateless)] == [False, False, True]
        assert (metadata[zoned.id].width, metadata[zoned.id].camera) == (1500, "Fake Camera 1")
        assert fake.count("asset_info") == 0

    @on_releases()
    def test_names_have_their_suffix_and_sizes_are_those_of_the_files(self, fake: FakeImmich) -> None:
        fake.seeds.photo("IMG_1.jpg")
        (photo,) = source_of(fake).list_photos()
        assert photo.name == "IMG_1.jpg"
        assert photo.size == len(source_of(fake).get_photo_data(photo))

    def test_a_photo_is_the_same_by_whatever_address_the_server_is_reached(self, newest: FakeImmich) -> None:
        newest.seeds.photo()
        one, other = (ImmichPhotoSource(newest.url + end, newest.admin.secret) for end in ("", "/api/"))
        assert one.scan() == other.scan()
        assert one.origins() == other.origins()

    def test_what_the_server_counts_and_does_not_list_is_said(self, newest: FakeImmich) -> None:
        newest.seeds.photo("listed.jpg")
        late = newest.seeds.photo("late.jpg", MORNING.replace(hour=9))
        late.visibility = "archive"
        newest.faults.then("and gone", lambda: setattr(late, "visibility", "archive"), Where("search", times=None))
        newest.faults.then("one more", lambda: setattr(late, "visibility", "timeline"), Where("statistics", times=None))
        listing = source_of(newest).scan()
        assert len(listing.photos) == 1
        (skipped,) = listing.skipped
        assert (skipped.id, skipped.error) == (newest.url, "counts 1 more photos than it lists; run again")


class TestAlbum:
    @on_releases()
    def test_it_is_found_by_exact_name_and_by_id(self, fake: FakeImmich) -> None:
        inside, archived, outside = (fake.seeds.photo(f"{name}.jpg") for name in ("inside", "archived", "outside"))
        archived.visibility = "archive"
        theirs = fake.seeds.photo("theirs.jpg", owner=fake.user.user)
        video = fake.seeds.video("film.mp4")
        album = fake.seeds.album("Trip", [inside, archived, theirs, video])
        fake.seeds.album("Trip 2", [outside])
        for wanted in ("Trip", album.id):
            assert ids(source_of(fake).list_photos(wanted)) == ids_of(inside)
            assert ids(source_of(fake, album=wanted).list_photos()) == ids_of(inside)
        with_archived = source_of(fake, include_archived=True).list_photos("Trip")
        assert sorted(ids(with_archived)) == sorted(ids_of(inside, archived))

    @on_releases()
    def test_its_photos_come_with_their_times_too(self, fake: FakeImmich) -> None:
        photo = fake.seeds.photo("a.jpg", MORNING, offset_minutes=120)
        fake.seeds.album("Trip", [photo])
        metadata = source_of(fake, album="Trip").scan().metadata[photo.id]
        assert (metadata.taken.isoformat(), metadata.taken.is_guess) == ("2024-05-01T08:00:00+02:00", False)

    @on_releases()
    def test_one_that_others_share_holds_the_own_photos(self, fake: FakeImmich) -> None:
        mine, theirs = fake.seeds.photo("mine.jpg"), fake.seeds.photo("theirs.jpg", owner=fake.user.user)
        shared = {fake.admin.user.id: "editor"}
        fake.seeds.album("Party", [mine, theirs], owner=fake.user.user, shared_with=shared)
        assert ids(source_of(fake).list_photos("Party")) == ids_of(mine)

    @on_releases(*FOUR)
    def test_a_name_that_two_albums_bear_is_refused_with_their_ids(self, fake: FakeImmich) -> None:
        twins = sorted(fake.seeds.album("Trip").id for _ in range(2))
        with pytest.raises(UsageError, match=rf"2 albums are called Trip: .*\({twins[0]}, {twins[1]}\)"):
            source_of(fake).list_photos("Trip")

    @on_releases(*FOUR)
    def test_an_unknown_name_is_refused_with_the_near_ones(self, fake: FakeImmich) -> None:
        for name in ("Summer 2023", "Summer 2024", "Invoices"):
            fake.seeds.album(name)
        with pytest.raises(
            UsageError, match=r"no album called SUMMER on the server\. Near to it: Summer 202"
        ) as refusal:
            source_of(fake).list_photos("SUMMER")
        assert "Invoices" not in str(refusal.value)
        with pytest.raises(UsageError, match=r"no album called xyz on the server\.$"):
            source_of(fake).list_photos("xyz")

    def test_an_empty_album_is_no_empty_library(self, newest: FakeImmich) -> None:
        newest.seeds.album("Empty")
        assert source_of(newest, album="Empty").scan().empty_origins == ()


class TestPictures:
    @on_releases()
    def test_each_comes_from_the_smallest_that_serves(self, fake: FakeImmich) -> None:
        fake.world.preview_edge = REAL_PREVIEW_EDGE
        fake.seeds.photo(scene=Scene(1))
        source = source_of(fake)
        (photo,) = source.list_photos()
        fake.forget_calls()
        assert max(source.load_pixels(photo, THUMBNAIL, grey=True).size) == THUMBNAIL
        assert max(source.load_pixels(photo, PREVIEW).size) == PREVIEW
        assert [call.operation for call in fake.calls] == ["asset_thumbnail"] * 2
        asked = [
            call.query.get("size") or {"WEBP": "thumbnail", "JPEG": "preview"}[call.query["format"]]
            for call in fake.calls
        ]
        assert asked == ["thumbnail", "preview"]

    @on_releases(*FOUR)
    def test_in_full_resolution_it_comes_from_the_original(self, fake: FakeImmich) -> None:
        fake.seeds.photo(scene=Scene(1))
        source = source_of(fake, use_thumbnails=False)
        (photo,) = source.list_photos()
        assert source.load_pixels(photo, LARGE).size == (1500, 1000)
        assert (fake.count("asset_original"), fake.count("asset_thumbnail")) == (1, 0)

    @on_releases(*FOUR)
    def test_what_was_fetched_is_kept(self, fake: FakeImmich, tmp_path: Path) -> None:
        fake.seeds.photo(scene=Scene(1))
        (photo,) = source_of(fake).list_photos()
        first = [source_of(fake, tmp_path).load_pixels(photo, size).tobytes() for size in (THUMBNAIL, PREVIEW)]
        fake.forget_calls()
        again = source_of(fake, tmp_path)
        assert [again.load_pixels(photo, size).tobytes() for size in (THUMBNAIL, PREVIEW)] == first
        assert not fake.calls

    def test_a_changed_picture_is_fetched_again(self, newest: FakeImmich, tmp_path: Path) -> None:
        asset = newest.seeds.photo(scene=Scene(1))
        newest.seeds.external(asset, "/photos/a.jpg")  # its checksum is only that of the path
        source = source_of(newest, tmp_path)
        (before,) = source.list_photos()
        old = source.load_pixels(before, THUMBNAIL).tobytes()
        asset.scene, asset.modified_ms = Scene(2), asset.modified_ms + 1000
        newest.state.revision += 1
        (after,) = source.list_photos()
        assert (after.id, after.key) == (before.id, before.key)
        assert after.revision != before.revision
        assert source.load_pixels(after, THUMBNAIL).tobytes() != old

    def test_a_cache_too_small_or_missing_changes_no_pixel(self, newest: FakeImmich, tmp_path: Path) -> None:
        newest.seeds.photo(scene=Scene(1))
        kept = source_of(newest, tmp_path / "large")
        tiny = ImmichPhotoSource(newest.url, newest.admin.secret, cache=PhotoCache(tmp_path / "tiny", 0.001))
        (photo,) = kept.list_photos()
        pictures = {source.load_pixels(photo, PREVIEW).tobytes() for source in (kept, kept, tiny, source_of(newest))}
        assert len(pictures) == 1

    @on_releases()
    def test_a_picture_that_is_not_made_yet_is_a_passing_error(self, fake: FakeImmich) -> None:
        asset = fake.seeds.photo(scene=Scene(1))
        source = source_of(fake)
        (photo,) = source.list_photos()
        asset.scene = None
        for size in (THUMBNAIL, PREVIEW):
            with pytest.raises(TransientError, match="cannot be fetched now"):
                source.load_pixels(photo, size)

    def test_an_error_of_the_server_at_one_photo_is_a_passing_error(self, newest: FakeImmich) -> None:
        newest.seeds.photo(scene=Scene(1))
        source = source_of(newest)
        (photo,) = source.list_photos()
        newest.faults.status(500, Where("thumbnail", times=None))
        with pytest.raises(TransientError, match="500"):
            source.load_pixels(photo, THUMBNAIL)

    def test_a_large_original_is_whole(self, newest: FakeImmich) -> None:
        asset = newest.seeds.photo("large.jpg")
        asset.original = Original(data=bytes(range(256)) * 70_000)  # more than is kept in memory
        source = source_of(newest)
        with closing(source.open_photo(source.list_photos()[0])) as stream:
            assert stream.read() == asset.original.data


class TestServerThatGoes:
    @on_releases(*FOUR)
    def test_a_server_that_is_gone_is_no_passing_error(self, fake: FakeImmich) -> None:
        fake.seeds.photo(scene=Scene(1))
        source = source_of(fake)
        (photo,) = source.list_photos()
        source.check_reachable()
        fake.faults.drop(ALWAYS)
        for read in (source.get_photo_data, source.get_metadata, lambda gone: source.load_pixels(gone, THUMBNAIL)):
            with pytest.raises(UnreachableError, match="cannot be reached"):
                read(photo)
        with pytest.raises(SourceError, match=r"no longer answers\. Run again when it is back"):
            source.check_reachable()

    @on_releases(*FOUR)
    def test_a_short_silence_is_bridged(self, fake: FakeImmich) -> None:
        fake.seeds.photo(scene=Scene(1))
        fake.faults.status(503, Where("search|thumbnail"))
        fake.faults.half_a_body(Where("thumbnail", after=1))
        source = source_of(fake)
        (photo,) = source.list_photos()
        assert max(source.load_pixels(photo, THUMBNAIL).size) == THUMBNAIL


class TestKey:
    def test_it_is_in_nothing_that_a_source_shows_or_sends(self, newest: FakeImmich, tmp_path: Path) -> None:
        newest.seeds.photo()
        source = ImmichPhotoSource(newest.url, newest.admin.secret, tmp_path)
        photos = source.list_photos()
        secret = newest.admin.secret
        shown = [repr(source), repr(source.client), repr(photos), str(source.locations()), str(source.origins())]
        assert secret.encode() not in pickle.dumps((source, photos))
        assert not [text for text in shown if secret in text]

    def test_a_travelled_source_takes_it_from_the_environment_or_its_file(
        self, newest: FakeImmich, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        newest.seeds.photo()
        (tmp_path / "key").write_text(f"{newest.admin.secret}\n")
        given = ImmichPhotoSource(newest.url, newest.admin.secret)
        filed = ImmichPhotoSource(newest.url, KeyFromFile(str(tmp_path / "key")))
        monkeypatch.setenv("IMMICH_API_KEY", newest.admin.secret)
        for source in (given, filed):
            assert pickle.loads(pickle.dumps(source)).scan() == given.scan()

    def test_the_job_asks_for_no_more_than_it_needs(self, newest: FakeImmich) -> None:
        read = "user.read asset.read asset.view asset.statistics".split()
        expected = {(): read, ("album",): [*read, "album.read"], ("originals",): [*read, "asset.download"]}
        for what, needed in expected.items():
            source = ImmichPhotoSource(
                newest.url,
                newest.admin.secret,
                album="Trip" if "album" in what else None,
                use_thumbnails="originals" not in what,
            )
            assert source.client.get_needed_permissions() == tuple(needed)

    @on_releases("v1.118.2", "v1.137.3", "v2.7.5", "v3.1.0")
    def test_what_is_said_to_be_needed_is_enough(self, fake: FakeImmich) -> None:
        photo = fake.seeds.photo(scene=Scene(1))
        fake.seeds.album("Trip", [photo])
        needed = ImmichPhotoSource(fake.url, "any", album="Trip", use_thumbnails=False).client.get_needed_permissions()
        key = fake.seeds.key(*needed)
        source = ImmichPhotoSource(fake.url, key.secret, album="Trip")
        (listed,) = source.list_photos()
        assert source.load_pixels(listed, THUMBNAIL).size
        assert source.get_photo_data(listed)
        assert source.client.get_statistics().images == 1


def test_a_photos_place_in_another_library_is_told_apart(newest: FakeImmich) -> None:
    newest.seeds.photo()
    newest.seeds.photo(owner=newest.user.user)
    mine, theirs = (ImmichPhotoSource(newest.url, key.secret).list_photos()[0] for key in (newest.admin, newest.user))
    assert mine.origin != theirs.origin
