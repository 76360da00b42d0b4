"""Whole mark runs over the fake Immich server: how tests make one, and what a plain client finds afterwards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bestshot.immich.client import ImmichClient
from bestshot.immich.failures import RetryPolicy
from bestshot.journal.journal import Journal
from bestshot.marks.actions import MarkReceipt, receipts_of
from bestshot.marks.apply import VerifyPolicy
from bestshot.marks.registry import KINDS
from bestshot.model.photo import SourceType
from bestshot.pipeline.organizer import PhotoOrganizer
from bestshot.pipeline.outcome import Outcome
from bestshot.settings.settings import Settings
from bestshot.sources.immich.source import ImmichPhotoSource
from bestshot.storage.picture_cache import PhotoCache
from tests.fake_immich import FakeImmich
from tests.fake_immich.plain import Plain
from tests.fake_immich.requests import Json
from tests.fake_immich.state import Asset
from tests.support.marks.on_immich import BEST, TAG, never_waiting

AT_ONCE = RetryPolicy(connect=5, answer=20, backoff=0)

EVERYTHING: Mapping[str, Any] = {
    "tag_only": True,
    "create_albums": True,
    "mark_best_favorite": True,
    "stack": True,
    "archive_rest": True,
    "inherit": True,
}

Group = Sequence[Asset]
"""The photos of a burst, the best first."""


_LOOKS: dict[str, dict[Path, bytes]] = {}
"""The files in which a run keeps what it has seen of a first burst, by release: always the same."""


@dataclass(frozen=True)
class Runs:
    """One user's runs over one server; what they know from run to run is in the folder `home`.

    `calls` is how patient they are with the server.
    """

    fake: FakeImmich
    home: Path
    calls: RetryPolicy = AT_ONCE

    def __call__(
        self,
        *,
        secret: str | None = None,
        album: str | None = None,
        policy: VerifyPolicy | None = None,
        **settings: Any,
    ) -> Outcome:
        """A run that never waits; `fake.calls` are those of it alone, and none of them deletes a photo."""
        self.fake.forget_calls()
        client = ImmichClient(self.fake.url, secret or self.fake.admin.secret, policy=self.calls)
        source = ImmichPhotoSource(album=album, cache=PhotoCache(self.home / "previews"), client=client)
        wanted = settings_in(self.home, **settings)
        try:
            with ThreadPoolExecutor(1) as executor:
                organizer = PhotoOrganizer(source, wanted, executor=executor, policy=policy or never_waiting())
                return organizer.run()
        finally:
            check_harmless(self.fake)

    def check_idle(self, **settings: Any) -> None:
        """A run now changes nothing and fetches nothing."""
        outcome = self(**settings)
        assert (outcome.plan.actions, outcome.receipts, outcome.exit_code) == ((), (), 0)
        assert self.fake.writes == []
        assert self.fake.count("asset_thumbnail") == self.fake.count("asset_original") == 0

    def known_burst(self) -> list[Asset]:
        """A burst that is known by its looks, so that a later run is about its marks alone."""
        assert not self.fake.state.assets, "what is known of a burst is known of the first one"
        burst = self.fake.seeds.burst(3)
        if self.fake.version not in _LOOKS:
            self()
            files = [path for path in self.home.rglob("*") if path.is_file()]
            _LOOKS[self.fake.version] = {path.relative_to(self.home): path.read_bytes() for path in files}
        for name, content in _LOOKS[self.fake.version].items():
            (self.home / name).parent.mkdir(parents=True, exist_ok=True)
            (self.home / name).write_bytes(content)
        return burst

    def receipts(self) -> list[MarkReceipt]:
        """What the journal holds of marks; nothing in it is left open."""
        target = f"immich:{self.fake.admin.user.id}"
        with closing(Journal(self.home / "state" / "journal.sqlite3")) as journal:
            assert journal.unfinished(target, KINDS) == []
            return list(receipts_of(journal.done(target, KINDS)))


def settings_in(home: Path, **settings: Any) -> Settings:
    """The settings of a run that keeps what it knows in a folder."""
    places = {"cache_dir": str(home / "cache"), "state_dir": str(home / "state")}
    return Settings(**{"source_type": SourceType.IMMICH, "no_faces": True, "tag": TAG, **places, **settings})


def check_harmless(fake: FakeImmich) -> None:
    """No request so far deletes an asset or moves it to the trash; nor does any take a whole album or tag away."""
    deleting = {"assets_delete", "trash_restore_assets", "album_delete", "tag_delete"}
    harmful = [call for call in fake.calls if call.operation in deleting or "trash" in call.path]
    assert harmful == []
    assert not [call for call in fake.writes if "isTrashed" in str(call.body)]


@dataclass(frozen=True)
class Seen:
    """What anybody can see of one photo. `stack` are the members of its stack, the top first."""

    tags: frozenset[str]
    is_favorite: bool
    is_archived: bool
    rating: int | None
    description: str
    stack: tuple[str, ...]


class Onlooker:
    """Looks at a library with a plain client, in each release's words."""

    def __init__(self, fake: FakeImmich) -> None:
        self._release = fake.world.release
        self._plain = Plain(fake)
        self._assets, self._albums = ("/assets", "/albums") if self._release >= (1, 106, 0) else ("/asset", "/album")

    def photo(self, asset: Asset) -> Seen:
        info = self._get(f"{self._assets}/{asset.id}")
        field = "value" if self._release >= (1, 113, 0) else "name"
        return Seen(
            frozenset(tag[field] for tag in info["tags"]),
            info["isFavorite"],
            info["isArchived"],
            info["exifInfo"].get("rating"),
            info["exifInfo"]["description"],
            self._stack(info),
        )

    def albums(self) -> dict[str, tuple[str, frozenset[str]]]:
        """The names and members of the user's albums, by id."""
        return {album["id"]: (album["albumName"], self._members(album["id"])) for album in self._get(self._albums)}

    def close(self) -> None:
        self._plain.close()

    def _members(self, album_id: str) -> frozenset[str]:
        if self._release < (3, 0, 0):
            return frozenset(asset["id"] for asset in self._get(f"{self._albums}/{album_id}")["assets"])
        return frozenset(asset["id"] for asset in self._plain.search(albumIds=[album_id])["items"])

    def _stack(self, info: Json) -> tuple[str, ...]:
        if self._release >= (1, 113, 0):
            if info["stack"] is None:
                return ()
            stack = self._get(f"/stacks/{info['stack']['id']}")
            members = sorted(asset["id"] for asset in stack["assets"])
            return stack["primaryAssetId"], *(key for key in members if key != stack["primaryAssetId"])
        top = info.get("stackParentId")
        if top is None:
            return ()
        return top, *sorted(child["id"] for child in self._get(f"{self._assets}/{top}")["stack"])

    def _get(self, path: str) -> Json:
        answer = self._plain("GET", path)
        assert answer.ok, answer.text
        return answer.json()


def check_reached(fake: FakeImmich, groups: Iterable[Group], **options: Any) -> None:
    """Everybody sees what was wished on these groups, numbered from 1, and nothing else."""
    fake.settle()
    with closing(Onlooker(fake)) as onlooker:
        for group in groups:
            for asset, wanted in _wanted(group, options):
                assert onlooker.photo(asset) == wanted, asset.name
        named = options.get("create_albums", False)
        albums = {f"Organized-{n:04}": ids_of(group) for n, group in enumerate(groups, 1)} if named else {}
        assert sorted(onlooker.albums().values()) == sorted(albums.items())


def _wanted(group: Group, options: Mapping[str, Any]) -> Iterator[tuple[Asset, Seen]]:
    best, *rest = group
    stack = (best.id, *sorted(asset.id for asset in rest)) if options.get("stack") else ()
    tags = {TAG} if options.get("tag_only") else set()
    is_loved = bool(options.get("mark_best_favorite"))
    yield best, Seen(frozenset(tags | ({BEST} if tags else set())), is_loved, False, None, "", stack)
    is_archived = bool(options.get("archive_rest")) and not stack  # what is stacked is out of the timeline already
    for asset in rest:
        yield asset, Seen(frozenset(tags), False, is_archived, None, "", stack)


def ids_of(assets: Iterable[Asset]) -> frozenset[str]:
    return frozenset(asset.id for asset in assets)
