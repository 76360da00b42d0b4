"""What mark runs promise over the months: nothing is taken back for want of looking, nothing of the user's is lost."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bestshot.marks.kinds.albums import RemoveFromAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.stacks import DissolveStack
from bestshot.marks.kinds.tags import RemoveTag
from bestshot.marks.kinds.values import SetFavorite
from tests.fake_immich import MORNING, FakeImmich, Scene, Where
from tests.fake_immich.state import Asset, Stack
from tests.support.marks.on_immich import BEST, FOUR, TAG, ids, tagged
from tests.support.marks.runs import EVERYTHING, Group, Runs, check_reached, ids_of

HOUR = timedelta(hours=1)


@pytest.fixture(params=FOUR)
def fake(request: pytest.FixtureRequest) -> Iterator[FakeImmich]:
    with FakeImmich(request.param) as server:
        yield server


@pytest.fixture
def run(fake: FakeImmich, home: Path) -> Runs:
    return Runs(fake, home)


@pytest.fixture
def groups(fake: FakeImmich) -> list[Group]:
    return [fake.seeds.burst(3), fake.seeds.burst(2, MORNING + HOUR)]


def blur(asset: Asset) -> None:
    """Make a photo the worst of its burst, as an edit of the file would."""
    assert asset.scene is not None
    change(asset, Scene(asset.scene.number, 5))


def change(asset: Asset, scene: Scene) -> None:
    asset.scene = scene
    asset.modified_ms += 1000


def touched(fake: FakeImmich) -> None:
    """Let the fake see what was changed behind its back."""
    fake.state.revision += 1


def takes_back(action: object) -> bool:
    match action:
        case RemoveTag() | RemoveFromAlbum() | DissolveStack():
            return True
        case SetFavorite(value=value):
            return not value
        case SetArchived(value=value):
            return not value
        case _:
            return False


def names(fake: FakeImmich) -> list[str]:
    return sorted(album.name for album in fake.state.albums.values())


class TestArchive:
    def test_what_we_archived_stays_in_its_group_and_comes_back_when_it_leaves(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        unstacked = {**EVERYTHING, "stack": False}
        run(**unstacked)
        best, second, third = groups[0]
        assert third.visibility == "archive"
        change(third, Scene(99))
        touched(fake)
        assert run(**unstacked).exit_code == 0
        assert third.visibility == "timeline"
        assert fake.tags_on(third) == set()
        assert (best.visibility, second.visibility) == ("timeline", "archive")
        run.check_idle(**unstacked)
        assert fake.tags_on(second) == {TAG}

    def test_what_the_user_archived_is_in_no_group_and_stays_archived(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        groups[0][2].visibility = "archive"
        touched(fake)
        run(**EVERYTHING)
        assert groups[0][2].visibility == "archive"
        assert fake.tags_on(groups[0][2]) == set()
        check_reached(fake, [groups[0][:2], groups[1]], **EVERYTHING)

    def test_a_favourite_of_the_users_is_never_archived(self, fake: FakeImmich, groups: list[Group], run: Runs) -> None:
        groups[0][1].is_favorite = groups[0][2].is_favorite = True
        touched(fake)
        for _ in range(2):
            run(archive_rest=True, mark_best_favorite=True)
            assert [asset.visibility for asset in groups[0]] == ["archive", "timeline", "timeline"]
            assert [asset.is_favorite for asset in groups[0]] == [False, True, True]
        run.check_idle(archive_rest=True, mark_best_favorite=True)

    def test_what_the_user_brought_back_is_not_archived_again(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        run(archive_rest=True)
        groups[0][1].visibility = "timeline"
        touched(fake)
        run.check_idle(archive_rest=True)
        assert groups[0][1].visibility == "timeline"


class TestAbsence:
    """A photo that a run does not see is no reason to take anything back."""

    @pytest.mark.parametrize("limit", [2, 4])
    def test_a_limit(self, fake: FakeImmich, groups: list[Group], run: Runs, limit: int) -> None:
        """A part of a group may have another best for the time being, but nothing is taken from the group's own."""
        run(**EVERYTHING)
        outcome = run(**EVERYTHING, limit=limit)
        assert not [action for action in outcome.plan.actions if takes_back(action)]
        run(**EVERYTHING)
        check_reached(fake, groups, **EVERYTHING)

    @pytest.mark.parametrize("inside", [(), (0, 2)], ids=str)
    def test_another_album(self, fake: FakeImmich, groups: list[Group], run: Runs, inside: tuple[int, ...]) -> None:
        options = {**EVERYTHING, "inherit": False, "create_albums": False}
        run(**options)
        trip = fake.seeds.album("Trip", [fake.seeds.photo(taken=MORNING + 5 * HOUR), *(groups[0][n] for n in inside)])
        assert run(**options, album=trip.id).exit_code == 0
        assert fake.writes == []
        fake.state.albums.clear()
        check_reached(fake, groups, **options)

    @pytest.mark.parametrize("position", [0, 1])
    def test_a_listing_that_falls_short(self, fake: FakeImmich, groups: list[Group], run: Runs, position: int) -> None:
        run(**EVERYTHING)
        asset = groups[1][position]
        seen = asset.visibility
        fake.faults.then("unlisted", lambda: setattr(asset, "visibility", "hidden"), Where("search", times=None))
        fake.faults.then("there", lambda: setattr(asset, "visibility", seen), Where("api/(?!search)", times=None))
        outcome = run(**EVERYTHING)
        assert ("counts 1 more" in str(outcome.plan.skipped), outcome.plan.actions, fake.writes) == (True, (), [])
        fake.faults.stop()
        asset.visibility = seen
        run.check_idle(**EVERYTHING)
        check_reached(fake, groups, **EVERYTHING)

    def test_a_picture_that_cannot_be_fetched(self, fake: FakeImmich, groups: list[Group], run: Runs) -> None:
        run(**EVERYTHING)
        kept, groups[0][1].scene = groups[0][1].scene, None
        groups[0][1].modified_ms += 1000
        touched(fake)
        assert run(**EVERYTHING).plan.actions == ()
        groups[0][1].scene = kept
        touched(fake)
        assert run(**EVERYTHING).plan.actions == ()
        check_reached(fake, groups, **EVERYTHING)


class TestAlbums:
    def test_one_that_was_renamed_is_found_again_and_completed(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        run(create_albums=True)
        album = next(album for album in fake.state.albums.values() if album.name == "Organized-0001")
        album.name = "Beach"
        late = fake.seeds.photo(taken=MORNING, scene=Scene(groups[0][0].scene.number, 4))  # type: ignore[union-attr] # a photo of a burst has a scene
        assert run(create_albums=True).exit_code == 0
        assert names(fake) == ["Beach", "Organized-0002"]
        assert set(album.assets) == {*ids(groups[0]), late.id}
        run.check_idle(create_albums=True)

    def test_one_that_was_deleted_is_not_made_again(self, fake: FakeImmich, groups: list[Group], run: Runs) -> None:
        run(create_albums=True)
        gone = next(id_ for id_, album in fake.state.albums.items() if album.name == "Organized-0001")
        del fake.state.albums[gone]
        run.check_idle(create_albums=True)
        assert [set(album.assets) for album in fake.state.albums.values()] == [ids_of(groups[1])]

    def test_numbers_stay_with_their_groups_whatever_comes_before_them(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        run(create_albums=True)
        earlier = fake.seeds.burst(2, MORNING - HOUR)
        run(create_albums=True)
        check_reached(fake, [*groups, earlier], create_albums=True)
        run.check_idle(create_albums=True)

    def test_a_number_of_a_group_that_is_gone_is_not_given_again(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        run(create_albums=True)
        for asset in groups[1]:
            fake.state.remove(asset)
        fresh = fake.seeds.burst(2, MORNING + 2 * HOUR)
        run(create_albums=True)
        found = {album.name: set(album.assets) for album in fake.state.albums.values()}
        assert found == {"Organized-0001": ids_of(groups[0]), "Organized-0002": set(), "Organized-0003": ids_of(fresh)}

    def test_without_the_journal_albums_and_numbers_are_found_by_their_names(
        self, fake: FakeImmich, groups: list[Group], run: Runs, tmp_path: Path
    ) -> None:
        run(**EVERYTHING)
        elsewhere = Runs(fake, tmp_path)
        assert elsewhere(**EVERYTHING).exit_code == 0
        check_reached(fake, groups, **EVERYTHING)


class TestChangedGroups:
    def test_a_new_member_gets_all_that_the_others_have(self, fake: FakeImmich, groups: list[Group], run: Runs) -> None:
        run(**EVERYTHING)
        assert groups[0][0].scene is not None
        late = fake.seeds.photo(taken=MORNING, scene=Scene(groups[0][0].scene.number, 4))
        assert run(**EVERYTHING).exit_code == 0
        check_reached(fake, [[*groups[0], late], groups[1]], **EVERYTHING)
        run.check_idle(**EVERYTHING)

    def test_another_best_takes_over_all_that_the_best_has(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        run(**EVERYTHING)
        blur(groups[0][0])
        touched(fake)
        assert run(**EVERYTHING).exit_code == 0
        first, second, third = groups[0]
        check_reached(fake, [[second, first, third], groups[1]], **EVERYTHING)
        run.check_idle(**EVERYTHING)

    def test_two_groups_that_become_one_share_a_number(self, fake: FakeImmich, groups: list[Group], run: Runs) -> None:
        run(tag_only=True, create_albums=True, mark_best_favorite=True)
        assert groups[0][0].scene is not None
        for n, asset in enumerate(groups[1]):
            change(asset, Scene(groups[0][0].scene.number, 3 + n))
            asset.taken_ms = groups[0][0].taken_ms
        touched(fake)
        assert run(tag_only=True, create_albums=True, mark_best_favorite=True).exit_code == 0
        assert tagged(fake, TAG) == ids_of([*groups[0], *groups[1]])
        assert tagged(fake, BEST) == {groups[0][0].id}
        assert not groups[1][0].is_favorite
        found = {album.name: set(album.assets) for album in fake.state.albums.values()}
        assert found == {"Organized-0001": ids_of([*groups[0], *groups[1]]), "Organized-0002": set()}
        run.check_idle(tag_only=True, create_albums=True, mark_best_favorite=True)

    @pytest.mark.parametrize("position", [0, 2])
    def test_a_photo_that_is_trashed_and_restored_is_marked_as_before(
        self, fake: FakeImmich, groups: list[Group], run: Runs, position: int
    ) -> None:
        run(**EVERYTHING)
        gone = groups[0][position]
        fake.seeds.trash(gone)
        rest = [asset for asset in groups[0] if asset is not gone]
        assert run(**EVERYTHING).exit_code == 0
        assert (fake.tags_on(rest[0]), rest[0].is_favorite, rest[0].visibility) == ({TAG, BEST}, True, "timeline")
        gone.trashed_ms = None
        touched(fake)
        assert run(**EVERYTHING).exit_code == 0
        check_reached(fake, groups, **EVERYTHING)
        run.check_idle(**EVERYTHING)

    def test_what_is_left_of_a_group_whose_others_were_thrown_away_is_a_single_photo(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        run(**EVERYTHING)
        best, *rest = groups[0]
        fake.seeds.trash(*rest)
        outcome = run(**EVERYTHING)
        assert (outcome.failed, outcome.exit_code) == ((), 0)
        assert (fake.tags_on(best), best.is_favorite, best.visibility) == (set(), False, "timeline")
        run.check_idle(**EVERYTHING)
        for asset in rest:
            fake.state.remove(asset)
        run.check_idle(**EVERYTHING)


class TestWhatTheUserDid:
    def test_a_favourite_chosen_by_hand_stays_when_it_is_no_longer_the_best(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        groups[0][0].is_favorite = groups[0][1].is_favorite = True
        touched(fake)
        run(mark_best_favorite=True)
        blur(groups[0][0])
        touched(fake)
        outcome = run(mark_best_favorite=True)
        assert [action for action in outcome.plan.actions if isinstance(action, SetFavorite) and not action.value] == []
        assert groups[0][0].is_favorite
        assert groups[0][1].is_favorite

    def test_a_stack_of_the_users_is_merged_and_loses_nobody(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        other, another = fake.seeds.photo(taken=MORNING + 3 * HOUR), fake.seeds.photo(taken=MORNING + 4 * HOUR)
        fake.seeds.stack(other, groups[0][2], another)
        run(stack=True)
        stack = groups[0][0].stack
        assert stack is not None
        assert stack.primary_id == groups[0][0].id
        assert set(stack.members) == {*ids(groups[0]), other.id, another.id}
        run.check_idle(stack=True)

    def test_a_stack_of_ours_that_was_taken_apart_stays_apart(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        run(stack=True)
        stack = stack_of(groups[0][0])
        for asset in groups[0]:
            asset.stack = None
        del fake.state.stacks[stack.id]
        touched(fake)
        run.check_idle(stack=True)
        assert groups[0][0].stack is None

    def test_what_others_in_the_group_have_is_inherited_and_no_more(
        self, fake: FakeImmich, groups: list[Group], run: Runs
    ) -> None:
        first, second, best = groups[0]
        trip = fake.seeds.album("Trip", [second])
        shared = fake.seeds.album("Party", [first], owner=fake.user.user, shared_with={fake.admin.user.id: "editor"})
        fake.seeds.album("Elsewhere", [groups[1][0]])
        best.is_favorite = True
        second.marks = type(second.marks)(
            description="At the lake", rating=4 if fake.world.release >= (1, 112) else None
        )
        touched(fake)
        assert run(inherit=True).exit_code == 0
        assert set(trip.assets) == {best.id, second.id}
        assert set(shared.assets) == {best.id, first.id}
        assert best.marks == second.marks
        assert not first.is_favorite
        assert not second.is_favorite
        assert groups[1][1].id not in fake.state.albums
        run.check_idle(inherit=True)

    def test_other_peoples_photos_are_untouched(self, fake: FakeImmich, groups: list[Group], run: Runs) -> None:
        theirs = [fake.seeds.photo(taken=MORNING, scene=asset.scene, owner=fake.user.user) for asset in groups[0]]
        fake.seeds.partner(fake.user.user, fake.admin.user)
        fake.seeds.album("Shared", theirs, owner=fake.user.user, shared_with={fake.admin.user.id: "editor"})
        run(**EVERYTHING)
        for asset in theirs:
            assert (fake.tags_on(asset), asset.is_favorite, asset.visibility, asset.stack) == (
                set(),
                False,
                "timeline",
                None,
            )
        assert tagged(fake, TAG) == ids_of([*groups[0], *groups[1]])
        run.check_idle(**EVERYTHING)


class TestShotsOfTwoFiles:
    """A RAW file beside a JPEG, and the moving half of a live photo, belong to their photo."""

    @pytest.fixture
    def raws(self, fake: FakeImmich, groups: list[Group]) -> list[Asset]:
        """RAW files beside the photos of the first group."""
        made = []
        for asset in groups[0]:
            raw = fake.seeds.photo(asset.name.replace(".jpg", ".ARW"), MORNING, scene=asset.scene)
            made.append(raw)
        return made

    def test_a_pair_is_one_photo_with_the_marks_on_both(
        self, fake: FakeImmich, groups: list[Group], raws: list[Asset], run: Runs
    ) -> None:
        outcome = run(**EVERYTHING)
        assert outcome.exit_code == 0
        assert [len(group.verdict.ranking) for group in outcome.plan.groups] == [3, 2]
        assert tagged(fake, TAG) == ids_of([*groups[0], *raws, *groups[1]])
        assert tagged(fake, BEST) == ids_of([groups[0][0], raws[0], groups[1][0]])
        assert {asset.visibility for asset in fake.state.assets.values()} == {"timeline"}, "the rest is in stacks"
        assert ids_of(asset for asset in fake.state.assets.values() if asset.is_favorite) == ids_of(
            [groups[0][0], groups[1][0]]
        )
        stack = stack_of(groups[0][0])
        assert (stack.primary_id, frozenset(stack.members)) == (groups[0][0].id, ids_of([*groups[0], *raws]))
        run.check_idle(**EVERYTHING)

    def test_both_files_of_a_pair_are_downloaded(
        self, groups: list[Group], raws: list[Asset], run: Runs, tmp_path: Path
    ) -> None:
        run(output=str(tmp_path / "out"))
        originals = {path.name: path for path in (tmp_path / "out" / "group_0001" / "originals").iterdir()}
        assert originals.keys() == {asset.name for asset in [*groups[0], *raws]}
        assert all(originals[raw.name].read_bytes() == raw.original.content() for raw in raws)
        run.check_idle(output=str(tmp_path / "out"))

    def test_the_moving_half_of_a_live_photo_is_downloaded_and_never_marked(
        self, fake: FakeImmich, run: Runs, tmp_path: Path
    ) -> None:
        still, motion = fake.seeds.live_photo("live.jpg", MORNING)
        assert still.scene is not None
        other = fake.seeds.photo("other.jpg", MORNING, scene=Scene(still.scene.number, 1))
        untouched = motion.marks, motion.visibility, motion.is_favorite, motion.stack, motion.updated_ms
        assert run(**EVERYTHING, output=str(tmp_path / "out")).exit_code == 0
        assert tagged(fake, TAG) == {still.id, other.id}
        assert (motion.marks, motion.visibility, motion.is_favorite, motion.stack, motion.updated_ms) == untouched
        originals = {path.name: path for path in (tmp_path / "out" / "group_0001" / "originals").iterdir()}
        assert originals.keys() == {"live.jpg", "live.MOV", "other.jpg"}
        assert originals["live.MOV"].read_bytes() == motion.original.content()
        run.check_idle(**EVERYTHING, output=str(tmp_path / "out"))


def test_a_hierarchical_tag(fake: FakeImmich, groups: list[Group], run: Runs) -> None:
    for _ in range(2):
        assert run(tag_only=True, tag="tidy/twins").exit_code == 0
    assert tagged(fake, "tidy/twins") == ids_of([*groups[0], *groups[1]])
    assert tagged(fake, "tidy/twins-best") == {groups[0][0].id, groups[1][0].id}
    assert fake.writes == []


def stack_of(asset: Asset) -> Stack:
    assert asset.stack is not None
    return asset.stack
