"""Any marks that are planned, made and taken back leave any server as it was, and a user's changes where they are."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bestshot.journal.journal import Journal
from bestshot.marks.actions import MarkedGroup, MarkOptions, receipts_of
from bestshot.marks.kinds.albums import AddToAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.tags import AddTags
from bestshot.marks.kinds.values import SetDescription, SetFavorite
from bestshot.marks.ledger import MarkLedger
from bestshot.marks.plan import plan_marks
from bestshot.marks.registry import KINDS
from bestshot.marks.roles import PerRole
from bestshot.sources.immich.marks import ImmichMarks
from tests.fake_immich import FakeImmich
from tests.fake_immich.state import Asset
from tests.runs.undo.test_marks import mark, target, undo, world
from tests.support.marks.on_immich import BEST, FOUR, TAG, client_of, ids
from tests.support.undo_bench import left

SIZE = 6
PLACES = st.sets(st.integers(0, SIZE - 1))
SWITCH = st.booleans()
WISHES = st.builds(
    MarkOptions,
    tag=st.sampled_from([None, TAG]),
    album_prefix=st.sampled_from([None, "Organized-"]),
    favorite_best=SWITCH,
    stack=SWITCH,
    archive_rest=SWITCH,
    inherit=SWITCH,
    rate=st.none() | st.builds(PerRole, st.sampled_from([None, "5"]), st.just("4"), st.sampled_from([None, "1"])),
).filter(lambda options: options.any)
GROUPINGS = st.permutations(range(SIZE)).flatmap(
    lambda order: st.integers(2, 4).map(lambda cut: [order[:cut], order[cut:]])
)
RUNS = st.lists(st.tuples(GROUPINGS, WISHES), min_size=1, max_size=3)
LIBRARIES = st.fixed_dictionaries(
    {"favorites": PLACES, "archived": PLACES, "tagged": PLACES, "album": PLACES, "described": PLACES, "stacked": PLACES}
)


def seeded(fake: FakeImmich, library: dict[str, set[int]]) -> list[Asset]:
    photos = fake.seeds.burst(SIZE)

    def chosen(name: str) -> list[Asset]:
        return [photos[place] for place in sorted(library[name])]

    for photo in chosen("favorites"):
        photo.is_favorite = True
    for photo in chosen("archived"):
        photo.visibility = "archive"
    fake.seeds.tag("mine", chosen("tagged"))
    fake.seeds.album("Trip", chosen("album"))
    for place in library["described"]:
        client_of(fake).update_asset(photos[place].id, description=f"photo {place}")
    if len(library["stacked"]) > 1:
        fake.seeds.stack(*chosen("stacked"))
    return photos


def organize(
    fake: FakeImmich, folder: Path, photos: Sequence[Asset], groups: list[list[int]], options: MarkOptions
) -> bool:
    """One whole run; answers whether it changed anything."""
    marked = [
        MarkedGroup(number, tuple(photos[place].id for place in places))
        for number, places in enumerate(groups, start=1)
        if len(places) > 1
    ]
    with closing(Journal(folder / "journal.sqlite3")) as journal:
        ledger = MarkLedger.of(receipts_of(journal.done(target(fake), KINDS)))
    library = ImmichMarks(client_of(fake), tags=(TAG, BEST), with_stacks=True)
    keys = ids(photos)
    seen = library.read_marks(keys, ledger.album_ids, with_albums=True)
    before = world(fake)
    actions = plan_marks(marked, keys, seen, ledger, options)
    if not actions:
        return False
    mark(fake, folder, actions)
    return world(fake) != before


@pytest.mark.parametrize("version", FOUR)
@given(LIBRARIES, RUNS)
@settings(
    max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_runs_undone_from_the_last_leave_the_server_as_before_each(
    version: str,
    tmp_path_factory: pytest.TempPathFactory,
    library: dict[str, set[int]],
    runs: list[tuple[list[list[int]], MarkOptions]],
) -> None:
    folder = tmp_path_factory.mktemp("undo")
    with FakeImmich(version) as fake:
        photos = seeded(fake, library)
        worlds = [world(fake)]
        for groups, options in runs:
            if organize(fake, folder, photos, groups, options):
                worlds.append(world(fake))
        worlds.pop()
        while worlds:
            assert left(undo(fake, folder)) == {}
            assert world(fake) == worlds.pop()


@pytest.mark.parametrize("version", FOUR)
@given(LIBRARIES, RUNS, PLACES, PLACES, PLACES, st.data())
@settings(
    max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_a_user_does_in_between_stays(
    version: str,
    tmp_path_factory: pytest.TempPathFactory,
    library: dict[str, set[int]],
    runs: list[tuple[list[list[int]], MarkOptions]],
    tagged: set[int],
    kept: set[int],
    described: set[int],
    data: st.DataObject,
) -> None:
    """Tags, an album that was filled, descriptions, and whatever they took back; and no asset goes."""
    folder = tmp_path_factory.mktemp("undo")
    with FakeImmich(version) as fake:
        photos = seeded(fake, library)
        other = fake.seeds.photo("other.jpg")
        made = [organize(fake, folder, photos, groups, options) for groups, options in runs]
        theirs = ImmichMarks(client_of(fake))
        theirs.mark(AddTags(tuple(photos[place].id for place in tagged), ("theirs",)))
        theirs.mark(AddTags((other.id,), (TAG,)))
        for place in described:
            theirs.mark(SetDescription(photos[place].id, f"theirs {place}"))
        back = tuple(photos[place].id for place in kept)
        theirs.mark(SetArchived(back, value=False))
        theirs.mark(SetFavorite(back, value=False))
        filled = data.draw(st.sampled_from([None, *sorted(fake.state.albums)]))
        if filled is not None:
            theirs.mark(AddToAlbum(filled, (other.id,), None))
        fake.settle()
        albums = set(fake.state.albums)
        if not any(made):
            return
        undo(fake, folder, data.draw(st.sampled_from([0, sum(made)])))
        fake.settle()
        assert all("theirs" in fake.tags_on(photos[place]) for place in tagged)
        assert TAG in fake.tags_on(other)
        assert all(photos[place].marks.description == f"theirs {place}" for place in described)
        assert filled is None or other.id in fake.state.albums[filled].assets
        assert {album for album, made_by in fake.state.albums.items() if made_by.name == "Trip"} <= albums
        assert set(fake.state.assets) == {*ids(photos), other.id}
        assert all(asset.trashed_ms is None for asset in fake.state.assets.values())
