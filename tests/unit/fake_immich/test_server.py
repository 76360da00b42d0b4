"""What the fake server promises to the tests that rely on it, asked by a plain HTTP client."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from itertools import pairwise

import pytest
import requests
from imagehash import dhash
from PIL import Image

from tests.fake_immich import MORNING, VERSIONS, FakeImmich
from tests.fake_immich.pictures import REAL_PREVIEW_EDGE, Scene, base64_sha1, draw
from tests.fake_immich.plain import Plain
from tests.fake_immich.state import Key
from tests.support.each import every

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def fake() -> Iterator[FakeImmich]:
    with FakeImmich("v2.7.5") as server:
        yield server


@pytest.fixture
def plain(fake: FakeImmich) -> Iterator[Plain]:
    client = Plain(fake)
    yield client
    client.close()


def _listed(plain: Plain, size: int) -> list[str]:
    ids: list[str] = []
    page: str | None = "1"
    while page is not None:
        found = plain.search(size=size, page=int(page))
        ids += [item["id"] for item in found["items"]]
        page = found["nextPage"]
    return ids


@every("version", VERSIONS)
def test_paging_over_equal_times_repeats_and_misses_photos_before_3_1(version: str) -> None:
    """The same seed loses the same photos."""
    runs = []
    for _ in range(2):
        with FakeImmich(version) as fake:
            photos = fake.seeds.burst(25, declared_checksum=True)
            plain = Plain(fake)
            runs.append(_listed(plain, 10))
            plain.close()
    assert runs[0] == runs[1]
    assert len(runs[0]) == 25
    is_lossy = set(runs[0]) != {photo.id for photo in photos}
    assert is_lossy == (fake.world.release < (3, 1, 0))


def test_a_page_number_is_text_in_the_answer(plain: Plain, fake: FakeImmich) -> None:
    fake.seed_library(3)
    assert plain.search(size=2)["nextPage"] == "2"
    assert plain.search(size=2, page=2)["nextPage"] is None


@pytest.mark.parametrize(("version", "status"), [("v2.7.5", 200), ("v3.1.0", 400)])
def test_numbers_as_text_are_converted_up_to_2_7_and_refused_from_3_0(version: str, status: int) -> None:
    with FakeImmich(version, checked=False) as fake:
        plain = Plain(fake)
        assert plain("POST", "/search/metadata", {"page": "1"}).status_code == status
        plain.close()


def test_checks_come_in_the_order_of_key_admin_permission_validation_access(fake: FakeImmich) -> None:
    """Each request has every later fault too."""
    bad = {"ids": ["x", UNKNOWN]}
    unknown = {"ids": [UNKNOWN]}
    limited = fake.seeds.key("tag.read")
    stranger = fake.seeds.key("tag.read", owner=fake.user.user, name="stranger")
    asked = [
        (Key("", "wrong", "", fake.user.user, [], 0), "GET", "/libraries", None, 401, "Invalid API key"),
        (stranger, "GET", "/libraries", None, 403, "Forbidden"),
        (limited, "PUT", "/assets", bad, 403, "Missing required permission: asset.update"),
        (fake.admin, "PUT", "/assets", bad, 400, ["each value in ids must be a UUID"]),
        (fake.admin, "PUT", "/assets", unknown, 400, "Not found or no asset.update access"),
    ]
    for key, method, path, body, status, message in asked:
        plain = Plain(fake, key)
        answer = plain(method, path, body)
        assert (answer.status_code, answer.json()["message"]) == (status, message)
        plain.close()


@every("version, status", [("v1.106.4", 204), ("v1.125.7", 204), ("v1.136.0", 403), ("v1.137.3", 403), ("v3.2.2", 403)])
def test_a_key_without_the_scope_is_stopped_only_where_the_release_asks_for_it(version: str, status: int) -> None:
    with FakeImmich(version) as fake:
        photo = fake.seeds.photo()
        plain = Plain(fake, fake.seeds.key("tag.read"))
        assert plain("PUT", "/assets", {"ids": [photo.id], "isFavorite": True}).status_code == status
        plain.close()
    assert photo.is_favorite == (status == 204)


def test_upper_case_ids_are_valid_and_unknown(plain: Plain, fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    answer = plain("GET", f"/assets/{photo.id.upper()}")
    assert (answer.status_code, answer.json()["message"]) == (400, "Not found or no asset.read access")


def test_a_bulk_call_with_one_bad_id_changes_nothing(plain: Plain, fake: FakeImmich) -> None:
    good, bad = fake.seeds.photo(), fake.seeds.photo()
    fake.faults.refuse_asset(bad.id)
    assert {item["id"] for item in plain.search()["items"]} == {good.id, bad.id}
    assert plain("PUT", "/assets", {"ids": [good.id, bad.id], "isFavorite": True}).status_code == 400
    assert not good.is_favorite
    assert plain("PUT", "/assets", {"ids": [good.id], "isFavorite": True}).status_code == 204
    assert good.is_favorite


def test_outside_of_the_api_there_is_a_web_page(fake: FakeImmich) -> None:
    page = requests.get(f"{fake.url}/server/ping", timeout=5)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert requests.get(f"{fake.url}/", headers={"Accept": "application/json"}, timeout=5).status_code == 406


def test_a_server_below_a_path_answers_there() -> None:
    with FakeImmich("v1.118.2", prefix="/photos") as fake:
        assert fake.url.endswith("/photos")
        assert requests.get(f"{fake.url}/api/server/ping", timeout=5).json() == {"res": "pong"}


@pytest.mark.parametrize(("version", "status"), [("v1.105.1", 413), ("v3.1.0", 500)])
def test_a_body_beyond_ten_megabytes_is_refused(version: str, status: int) -> None:
    with FakeImmich(version) as fake:
        headers = {"x-api-key": fake.admin.secret, "Content-Type": "application/json"}
        answer = requests.post(f"{fake.url}/api/search/metadata", data=b" " * 10_500_000, headers=headers, timeout=20)
    assert answer.status_code == status


def test_pictures_are_real_and_drawn_alike_each_time(plain: Plain, fake: FakeImmich) -> None:
    photo = fake.seeds.photo(offset_minutes=120)
    fake.world.preview_edge = REAL_PREVIEW_EDGE
    pictures = [
        ("thumbnail", {}, "WEBP", 250),
        ("thumbnail", {"size": "preview"}, "JPEG", 1440),
        ("original", {}, "JPEG", 1500),
    ]
    for path, query, kind, edge in pictures:
        answer = plain("GET", f"/assets/{photo.id}/{path}", **query)
        with Image.open(BytesIO(answer.content)) as image:
            assert (image.format, max(image.size)) == (kind, edge)
            exif = image.getexif().get_ifd(0x8769)
        again = plain("GET", f"/assets/{photo.id}/{path}", **query)
        assert again.content == answer.content
    assert exif[0x9003] == "2024:05:01 08:00:00"
    assert exif[0x9011] == "+02:00"
    (item,) = plain.search()["items"]
    assert item["checksum"] == base64_sha1(answer.content)
    assert (item["localDateTime"], item["fileCreatedAt"]) == ("2024-05-01T08:00:00.000Z", "2024-05-01T06:00:00.000Z")


def test_variations_of_a_scene_are_near_and_other_scenes_are_far(fake: FakeImmich) -> None:
    sharp, blurred, other = (dhash(draw(scene, (250, 167))) for scene in (Scene(1), Scene(1, 2), Scene(2)))
    assert sharp - blurred <= 6
    assert sharp - other >= 16
    assert fake.seeds.burst(2)[0].scene != fake.seeds.burst(2)[0].scene


def test_an_external_library_hashes_the_path_alone(plain: Plain, fake: FakeImmich) -> None:
    photo = fake.seeds.photo()
    fake.seeds.external(photo, "/mnt/photos/a.jpg")
    (item,) = plain.search()["items"]
    assert item["checksum"] == base64_sha1(b"path:/mnt/photos/a.jpg")
    assert item["libraryId"] == photo.library_id


def test_calls_are_counted_with_the_names_of_keys_and_never_their_secrets(plain: Plain, fake: FakeImmich) -> None:
    (photo,) = fake.seed_library(1)
    body = plain("GET", f"/assets/{photo.id}/thumbnail").content
    plain("PUT", "/assets", {"ids": [photo.id], "isFavorite": True})
    assert [call.operation for call in fake.calls] == ["asset_thumbnail", "assets_update_bulk"]
    assert fake.bytes_out == len(body)
    assert [(call.key, call.is_write) for call in fake.calls] == [("admin", False), ("admin", True)]
    assert [call.body for call in fake.writes] == [{"ids": [photo.id], "isFavorite": True}]
    assert fake.admin.secret not in repr(fake.calls)
    fake.forget_calls()
    assert fake.count("asset_thumbnail") == 0


def test_a_library_has_the_size_and_the_share_of_bursts_that_was_asked_for(fake: FakeImmich) -> None:
    photos = fake.seed_library(1000, grouped=0.3, declared_checksums=True)
    bursts = [photo for photo in photos if photo.scene is not None and photo.scene.variation]
    assert len(photos) == 1000
    assert len(bursts) == 200
    moments = sorted({photo.taken_ms for photo in photos})
    assert min(later - sooner for sooner, later in pairwise(moments)) >= 600_000


def test_what_is_not_ones_own_is_kept_apart(plain: Plain, fake: FakeImmich) -> None:
    """Strangers' photos are hidden, partners' are listed and not to be changed, shared albums can be read."""
    theirs = fake.seeds.photo("theirs.jpg", owner=fake.user.user)
    assert plain.search()["items"] == []
    assert plain("GET", f"/assets/{theirs.id}").status_code == 400
    fake.seeds.partner(fake.user.user, fake.admin.user)
    assert [item["ownerId"] for item in plain.search()["items"]] == [fake.user.user.id]
    assert plain("PUT", "/assets", {"ids": [theirs.id], "isFavorite": True}).status_code == 400
    fake.seeds.album("Shared", [theirs], owner=fake.user.user, shared_with={fake.admin.user.id: "viewer"})
    (album,) = plain("GET", "/albums", shared="true").json()
    assert album["assetCount"] == 1
    assert plain("DELETE", f"/albums/{album['id']}").status_code == 400


def test_hidden_archived_trashed_and_locked_photos_are_listed_only_when_asked_for(
    plain: Plain, fake: FakeImmich
) -> None:
    photo, motion = fake.seeds.live_photo("IMG_1.HEIC", MORNING + timedelta(days=1))
    archived, trashed, locked = (fake.seeds.photo() for _ in range(3))
    archived.visibility, locked.visibility = "archive", "locked"
    fake.seeds.trash(trashed)
    found = {
        "nothing said": plain.search(),
        "archive": plain.search(visibility="archive"),
        "hidden": plain.search(visibility="hidden"),
        "deleted": plain.search(withDeleted=True),
    }
    assert {name: {item["id"] for item in page["items"]} for name, page in found.items()} == {
        "nothing said": {photo.id},
        "archive": {archived.id},
        "hidden": {motion.id},
        "deleted": {photo.id, trashed.id},
    }
    assert plain("POST", "/search/metadata", {"visibility": "locked"}).status_code == 401
    assert plain("GET", f"/assets/{locked.id}").status_code == 400


def test_one_pair_that_exists_spoils_a_bulk_tagging_before_1_129() -> None:
    with FakeImmich("v1.125.7") as fake:
        old, new = fake.seeds.burst(2, declared_checksum=True)
        tag = fake.seeds.tag("a", [old])
        plain = Plain(fake)
        body = {"tagIds": [tag.id], "assetIds": [old.id, new.id]}
        assert plain("PUT", "/tags/assets", body).status_code == 500
        assert fake.tags_on(new) == set()
        assert plain("PUT", f"/tags/{tag.id}/assets", {"ids": [old.id, new.id]}).json() == [
            {"id": old.id, "success": False, "error": "duplicate"},
            {"id": new.id, "success": True},
        ]
        plain.close()


@pytest.mark.parametrize("version", ["v2.7.5", "v3.1.0"])
def test_an_archived_member_leaves_its_stack_as_it_is_shown_and_not_as_it_is_listed(version: str) -> None:
    with FakeImmich(version) as fake:
        best, *rest = fake.seeds.burst(3)
        stack = fake.seeds.stack(best, *rest)
        plain = Plain(fake)
        shown = [plain("GET", f"/assets/{best.id}").json()["stack"]]
        for asset in rest:
            asset.visibility = "archive"
            shown.append(plain("GET", f"/assets/{best.id}").json()["stack"])
        assert [one and one["assetCount"] for one in shown] == [3, 2, None]
        (listed,) = plain("GET", "/stacks").json()
        assert (listed["id"], len(listed["assets"])) == (stack.id, 3)
        month = {"timeBucket": "2024-05-01", "withStacked": "true", "visibility": "timeline"}
        assert plain("GET", "/timeline/bucket", **month).json()["stack"] == [[stack.id, "1"]]
        plain.close()


def test_a_new_stack_takes_the_whole_stack_of_a_primary_and_a_child_alone(plain: Plain, fake: FakeImmich) -> None:
    photos = fake.seeds.burst(6, declared_checksum=True)
    with_primary, with_child = fake.seeds.stack(*photos[:2]), fake.seeds.stack(*photos[2:5])
    body = {"assetIds": [photos[5].id, photos[0].id, photos[3].id]}
    made = plain("POST", "/stacks", body).json()
    assert made["primaryAssetId"] == photos[5].id
    assert {asset["id"] for asset in made["assets"]} == {photos[n].id for n in (5, 0, 1, 3)}
    assert plain("GET", f"/stacks/{with_primary.id}").status_code == 400
    assert list(with_child.members) == [photos[2].id, photos[4].id]


@pytest.mark.parametrize(("role", "status"), [("editor", 200), ("viewer", 400)])
def test_only_editors_add_to_an_album_of_somebody_else(plain: Plain, fake: FakeImmich, role: str, status: int) -> None:
    album = fake.seeds.album("Theirs", owner=fake.user.user, shared_with={fake.admin.user.id: role})
    photo = fake.seeds.photo()
    assert plain("PUT", f"/albums/{album.id}/assets", {"ids": [photo.id]}).status_code == status
    assert (photo.id in album.assets) == (status == 200)


@pytest.mark.parametrize(("version", "status"), [("v1.125.7", 400), ("v2.7.5", 400), ("v3.1.0", 302)])
def test_the_thumbnail_route_leads_to_the_original_from_3_0(version: str, status: int) -> None:
    with FakeImmich(version) as fake:
        photo = fake.seeds.photo()
        url = f"{fake.url}/api/assets/{photo.id}/thumbnail?size=original"
        headers = {"x-api-key": fake.admin.secret}
        answer = requests.get(url, headers=headers, allow_redirects=False, timeout=5)
        assert answer.status_code == status
        followed = requests.get(url, headers=headers, timeout=5)
        assert (followed.content == photo.original.content()) == (status == 302)
