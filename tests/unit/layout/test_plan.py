"""Claims about what is planned for an output: nothing twice, nothing over another file, nothing taken back in haste."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.layout.actions import Action, Condition, CopyFile, OutputState, PlaceBest, RetireBest, WriteMetadata
from bestshot.layout.names import folded, text_bytes, text_checksum
from bestshot.layout.numbering import number_groups, remembered_numbers
from bestshot.layout.plan import plan_folders
from bestshot.model.groups import Group, PlannedGroup
from bestshot.model.photo import LinkMethod, Photo
from bestshot.plans.options import OutputOptions
from bestshot.plans.plan import Plan
from bestshot.text import base_name
from tests.support.builders import EMPTY, carried_out, copy_of, found, group, photo, planned

A, B, C, D = (photo(f"{name}.jpg") for name in "abcd")


def plan(state: OutputState, *groups: PlannedGroup, listed: Sequence[Photo] | None = None) -> list[Action]:
    """What is to be done for these groups; unless told otherwise the run sees their photos and no others."""
    everyone = [item.photo for one in groups for item in one.verdict.ranking]
    return plan_folders(groups, everyone if listed is None else listed, state, LinkMethod.COPY)


def laid_out(*groups: PlannedGroup) -> OutputState:
    """An output in which these groups were laid out by an earlier run."""
    return carried_out(EMPTY, plan(EMPTY, *groups))


def destinations(actions: Sequence[Action]) -> list[str]:
    return [action.destination for action in actions]


# One group


def test_a_group_is_laid_out_as_copies_a_mark_of_the_best_and_a_text() -> None:
    actions = plan(EMPTY, planned(1, B, A))
    assert destinations(actions) == [
        "group_0001/originals/a.jpg",
        "group_0001/originals/b.jpg",
        "group_0001/best_b.jpg",
        "group_0001/metadata.txt",
    ]
    assert [type(action) for action in actions] == [CopyFile, CopyFile, PlaceBest, WriteMetadata]
    assert actions[2] == PlaceBest("group_0001/best_b.jpg", 1, B.origin, B.key, "group_0001/originals/b.jpg")


def test_a_copy_says_all_that_is_needed_to_make_it() -> None:
    action = plan_folders([planned(7, A, B)], [A, B], EMPTY, LinkMethod.HARDLINK)[0]
    assert action == CopyFile(
        destination="group_0007/originals/a.jpg",
        number=7,
        origin=A.origin,
        key=A.key,
        source="/photos/a.jpg",
        revision=A.files[0].revision,
        size=1000,
        method=LinkMethod.HARDLINK,
    )


@pytest.mark.parametrize(
    ("planned_numbers", "numbers"),
    [((8, 9), [8, 9]), ((9, 8), [9, 8]), ((5, 9), [10, 9]), ((8, 8), [8, 9])],
    ids=["free", "in any order", "one that was used before", "one number twice"],
)
def test_a_plans_numbers_are_kept_where_they_were_never_used(
    planned_numbers: tuple[int, ...], numbers: list[int]
) -> None:
    assert number_groups([group(A, B), group(C, D)], {}, 5, planned_numbers) == numbers


def test_companions_keep_the_suffix_of_their_photo() -> None:
    twins = [photo("IMG_1.jpg", "IMG_1.xmp", "IMG_1.jpg.xmp", "IMG_1.DNG", folder=f"/photos/{name}") for name in "xy"]
    numbered = [replace(twin, id=f"{place}/IMG_1.jpg") for place, twin in enumerate(twins)]
    copies = [action for action in plan(EMPTY, planned(1, *numbered)) if isinstance(action, CopyFile)]
    names = {copy.source: copy.destination.removeprefix("group_0001/originals/") for copy in copies}
    assert names == {
        "/photos/x/IMG_1.jpg": "IMG_1.jpg",
        "/photos/x/IMG_1.xmp": "IMG_1.xmp",
        "/photos/x/IMG_1.jpg.xmp": "IMG_1.jpg.xmp",
        "/photos/x/IMG_1.DNG": "IMG_1.DNG",
        "/photos/y/IMG_1.jpg": "IMG_1 (2).jpg",
        "/photos/y/IMG_1.xmp": "IMG_1 (2).xmp",
        "/photos/y/IMG_1.jpg.xmp": "IMG_1 (2).jpg.xmp",
        "/photos/y/IMG_1.DNG": "IMG_1 (2).DNG",
    }


def test_a_companion_moves_its_photo_to_the_name_that_suits_both() -> None:
    """The second IMG_1 could have its name, were it not for the sidecar, which would seem to be the first one's."""
    first, second = photo("IMG_1.heic", "IMG_1.xmp"), photo("IMG_1.jpg", "IMG_1.xmp", folder="/other")
    copies = destinations(plan(EMPTY, planned(1, first, second)))[:4]
    assert copies == [
        f"group_0001/originals/{name}" for name in ("IMG_1.heic", "IMG_1.xmp", "IMG_1 (2).jpg", "IMG_1 (2).xmp")
    ]


def test_a_sidecar_that_comes_later_is_named_after_the_copy_of_its_photo() -> None:
    first, second = photo("IMG_1.jpg"), replace(photo("IMG_1.jpg", folder="/other"), id="other/IMG_1.jpg")
    state = laid_out(planned(1, first, second))
    edited = replace(second, files=(*second.files, photo("IMG_1.xmp", folder="/other").files[0]))
    assert destinations(plan(state, planned(1, first, edited))) == ["group_0001/originals/IMG_1 (2).xmp"]


def test_a_sidecar_that_changed_is_never_laid_beside_another_photo() -> None:
    first = photo("IMG_1.jpg", "IMG_1.xmp")
    second = replace(photo("IMG_1.jpg", folder="/other"), id="other/IMG_1.jpg")
    state = laid_out(planned(1, first, second))
    edited = replace(first, files=(first.files[0], replace(first.files[1], mtime_ns=2)))
    [action] = plan(state, planned(1, edited, second))
    assert isinstance(action, CopyFile)
    assert (action.destination, action.replaces) == ("group_0001/originals/IMG_1.xmp", True)


def test_an_edited_sidecar_that_somebody_changed_in_the_output_too_is_laid_beside_it() -> None:
    first = photo("IMG_1.jpg", "IMG_1.xmp")
    state = found(laid_out(planned(1, first, A)), {"group_0001/originals/IMG_1.xmp": Condition.CHANGED})
    edited = replace(first, files=(first.files[0], replace(first.files[1], mtime_ns=2)))
    [action] = plan(state, planned(1, edited, A))
    assert isinstance(action, CopyFile)
    assert not action.replaces
    assert action.destination != "group_0001/originals/IMG_1.xmp"


def test_links_give_way_where_copies_are_wanted() -> None:
    state = carried_out(EMPTY, plan_folders([planned(1, A, B)], [A, B], EMPTY, LinkMethod.SYMLINK))
    actions = plan(state, planned(1, A, B))
    assert [(action.destination, isinstance(action, CopyFile) and action.replaces) for action in actions] == [
        ("group_0001/originals/a.jpg", True),
        ("group_0001/originals/b.jpg", True),
    ]
    assert plan(carried_out(state, actions), planned(1, A, B)) == []


def test_a_library_that_was_moved_is_recognised() -> None:
    state = laid_out(planned(1, A, B))
    moved = [replace(photo(name, folder="/moved"), id=f"moved/{name}") for name in ("a.jpg", "b.jpg")]
    assert number(state, group(*moved)) == [1]
    assert [type(action) for action in plan(state, planned(1, *moved))] in ([], [WriteMetadata])


def test_a_group_that_lost_a_photo_in_the_source_still_gets_a_better_best() -> None:
    """What is gone keeps its copy and is named; only the mark of a photo that is not seen stays for that."""
    state = laid_out(planned(1, A, B, C))
    actions = plan(state, planned(1, D, A, B))
    assert destinations(actions) == [
        "group_0001/originals/d.jpg",
        "group_0001/best_d.jpg",
        "group_0001/best_a.jpg",
        "group_0001/metadata.txt",
    ]
    assert isinstance(actions[-1], WriteMetadata)
    assert actions[-1].text.endswith("Also among the originals, from earlier runs: c.jpg\n")


def test_numbers_come_back_with_the_threshold() -> None:
    """A narrow threshold makes two groups, a wide one joins them, and the narrow one finds its two again."""
    narrow = carried_out(EMPTY, plan(EMPTY, planned(1, A, B), planned(2, C, D)))
    wide = carried_out(narrow, plan(narrow, planned(1, A, B, C, D)))
    assert number(wide, group(A, B), group(C, D)) == [1, 2]


def test_sidecars_that_differ_in_case_alone_get_names_for_any_file_system() -> None:
    both = photo("IMG_1.jpg", "IMG_1.XMP", "IMG_1.xmp")
    copies = [folded(path) for path in destinations(plan(EMPTY, planned(1, both, A)))]
    assert len(set(copies)) == len(copies) == 6


@pytest.mark.parametrize("other", ["A.JPG", "a.jpg"])
def test_names_that_some_file_systems_take_for_one_are_told_apart(other: str) -> None:
    twin = replace(photo(other, folder="/other"), id=f"other/{other}")
    copies = destinations(plan(EMPTY, planned(1, A, twin)))
    assert copies[:2] == ["group_0001/originals/a.jpg", f"group_0001/originals/{other.replace('.', ' (2).')}"]


def test_nothing_is_planned_onto_a_name_that_somebody_else_uses() -> None:
    taken = frozenset({"group_0001/originals/a.jpg", "group_0001/best_a (2).jpg", "group_0001/metadata.txt"})
    actions = plan(OutputState({}, taken, 1), planned(1, A, B))
    assert destinations(actions) == [
        "group_0001/originals/a (2).jpg",
        "group_0001/originals/b.jpg",
        "group_0001/best_a (2) (2).jpg",
    ]


def test_the_marks_of_two_photos_with_long_alike_names_do_not_clash() -> None:
    """Cut to what any file system takes, they are the same."""
    one, other = photo("a" * 250 + "1.jpg"), photo("a" * 250 + "2.jpg")
    state = laid_out(planned(1, one, other))
    marks = [action for action in plan(state, planned(1, other, one)) if isinstance(action, PlaceBest)]
    assert [mark.destination for mark in marks] == ["group_0001/best_" + "a" * 96 + " (2).jpg"]


CLOCK, LATER = photo("10:00:00.jpg"), photo("10:00:01.jpg")


def as_earlier_versions_named(*photos: Photo) -> OutputState:
    """An output in which photos, the first of them the best, lie under their own names, whatever these are."""
    best = photos[0]
    mark = PlaceBest(f"group_0001/best_{best.name}", 1, best.origin, best.key, f"group_0001/originals/{best.name}")
    text = WriteMetadata("group_0001/metadata.txt", 1, planned(1, *photos).text)
    return carried_out(EMPTY, [*(copy_of(item) for item in photos), mark, text])


def test_names_that_some_disk_refuses_are_made_to_fit_and_told_in_metadata_txt() -> None:
    clashing = photo("10?00?00.jpg", "10?00?00.jpg.xmp", "10?00?00.\udcff")
    *copies, mark, text = plan(EMPTY, planned(1, CLOCK, A, clashing))
    originals = "group_0001/originals"
    assert {copy.source: copy.destination for copy in copies if isinstance(copy, CopyFile)} == {
        "/photos/10:00:00.jpg": f"{originals}/10_00_00.jpg",
        "/photos/10?00?00.jpg": f"{originals}/10_00_00 (2).jpg",
        "/photos/10?00?00.jpg.xmp": f"{originals}/10_00_00 (2).jpg.xmp",
        "/photos/10?00?00.\udcff": f"{originals}/10_00_00 (2)._",
        "/photos/a.jpg": f"{originals}/a.jpg",
    }
    assert mark.destination == "group_0001/best_10_00_00.jpg"
    assert isinstance(text, WriteMetadata)
    assert text.text == (
        "1: 10:00:00.jpg, a.jpg, 10?00?00.jpg\n\n"
        "Renamed, since not every disk takes their names: 10_00_00.jpg is 10:00:00.jpg, "
        "10_00_00 (2).jpg is 10?00?00.jpg, 10_00_00 (2).jpg.xmp is 10?00?00.jpg.xmp, 10_00_00 (2)._ is 10?00?00.\\xff\n"
    )


def test_what_an_earlier_version_laid_under_its_own_name_is_not_laid_out_anew() -> None:
    assert plan(as_earlier_versions_named(CLOCK, LATER), planned(1, CLOCK, LATER)) == []


def test_a_sidecar_joins_its_photo_under_the_name_that_an_earlier_version_gave_it() -> None:
    joined = photo(LATER.name, f"{LATER.name}.xmp")
    actions = plan(as_earlier_versions_named(CLOCK, LATER), planned(1, CLOCK, joined))
    assert destinations(actions) == [f"group_0001/originals/{LATER.name}.xmp"]


def test_a_copy_that_is_still_shown_comes_back_under_its_earlier_name_so_that_one_best_is_shown() -> None:
    state = found(as_earlier_versions_named(CLOCK, LATER), {f"group_0001/originals/{CLOCK.name}": Condition.MISSING})
    assert destinations(plan(state, planned(1, CLOCK, LATER))) == [f"group_0001/originals/{CLOCK.name}"]


def test_on_a_disk_that_has_none_of_the_earlier_names_all_is_laid_out_under_fitted_ones() -> None:
    """As where an output was copied to one that refuses them, and took its place."""
    earlier = as_earlier_versions_named(CLOCK, LATER)
    state = found(earlier, dict.fromkeys(earlier.laid, Condition.MISSING))
    assert destinations(plan(state, planned(1, CLOCK, LATER)))[:3] == [
        "group_0001/originals/10_00_00.jpg",
        "group_0001/originals/10_00_01.jpg",
        "group_0001/best_10_00_00.jpg",
    ]


# The second run


def test_a_second_run_plans_nothing() -> None:
    groups = planned(1, A, B), planned(2, D, C)
    assert plan(laid_out(*groups), *groups) == []


def test_a_burst_that_grew_is_completed_in_its_folder() -> None:
    actions = plan(laid_out(planned(1, A, B)), planned(1, A, B, C))
    assert destinations(actions) == ["group_0001/originals/c.jpg", "group_0001/metadata.txt"]


def test_a_best_that_changed_is_shown_before_the_old_mark_goes() -> None:
    actions = plan(laid_out(planned(1, A, B)), planned(1, B, A))
    assert actions[:2] == [
        PlaceBest("group_0001/best_b.jpg", 1, B.origin, B.key, "group_0001/originals/b.jpg"),
        RetireBest("group_0001/best_a.jpg", 1, "group_0001/originals/a.jpg"),
    ]
    assert destinations(actions[2:]) == ["group_0001/metadata.txt"]


@pytest.mark.parametrize("path", ["group_0001/best_a.jpg", "group_0001/originals/a.jpg"])
@pytest.mark.parametrize("condition", [Condition.CHANGED, Condition.MISSING])
def test_an_old_mark_that_was_changed_or_whose_original_has_gone_stays(path: str, condition: Condition) -> None:
    """The photo is still seen but no longer alike, so its original is not brought back."""
    state = found(laid_out(planned(1, A, B, C)), {path: condition})
    actions = plan(state, planned(1, B, C), listed=[A, B, C])
    assert not [action for action in actions if isinstance(action, RetireBest)]


def test_an_original_that_is_brought_back_comes_before_its_old_mark_goes() -> None:
    state = found(laid_out(planned(1, A, B)), {"group_0001/originals/a.jpg": Condition.MISSING})
    actions = plan(state, planned(1, B, A))
    assert destinations(actions)[:3] == [
        "group_0001/originals/a.jpg",
        "group_0001/best_b.jpg",
        "group_0001/best_a.jpg",
    ]


def test_the_place_of_a_photo_whose_copy_somebody_removed_is_kept_for_it() -> None:
    """The mark of the best still shows the one that stood there, and would seem to show the other."""
    state = found(laid_out(planned(1, A, B)), {"group_0001/originals/a.jpg": Condition.MISSING})
    namesake = replace(photo("a.jpg", folder="/other", mtime_ns=5), id="other/a.jpg")
    assert destinations(plan(state, planned(1, namesake, B))) == ["group_0001/originals/a (2).jpg"]


def test_a_mark_that_somebody_changed_is_not_placed_again() -> None:
    state = found(laid_out(planned(1, A, B)), {"group_0001/best_a.jpg": Condition.CHANGED})
    assert plan(state, planned(1, A, B)) == []


def test_a_copy_that_somebody_changed_is_left_as_it_is() -> None:
    state = found(laid_out(planned(1, A, B)), {"group_0001/originals/a.jpg": Condition.CHANGED})
    assert plan(state, planned(1, A, B)) == []


@pytest.mark.parametrize("path", ["originals/a.jpg", "originals/b.jpg", "best_a.jpg", "metadata.txt"])
def test_what_is_missing_is_brought_back_under_its_name(path: str) -> None:
    state = found(laid_out(planned(1, A, B)), {f"group_0001/{path}": Condition.MISSING})
    assert destinations(plan(state, planned(1, A, B))) == [f"group_0001/{path}"]


def test_a_photo_that_changed_is_laid_beside_its_older_copy_and_shown_in_its_stead() -> None:
    developed = replace(A, files=(replace(A.files[0], mtime_ns=2),))
    actions = plan(laid_out(planned(1, A, B)), planned(1, developed, B))
    assert destinations(actions) == [
        "group_0001/originals/a (2).jpg",
        "group_0001/best_a (2).jpg",
        "group_0001/best_a.jpg",
    ]
    assert isinstance(actions[-1], RetireBest)


def test_a_symbolic_link_shows_a_photo_that_changed_without_being_made_anew() -> None:
    state = carried_out(EMPTY, plan_folders([planned(1, A, B)], [A, B], EMPTY, LinkMethod.SYMLINK))
    developed = replace(A, files=(replace(A.files[0], mtime_ns=2),))
    assert plan_folders([planned(1, developed, B)], [developed, B], state, LinkMethod.SYMLINK) == []


def test_a_text_that_says_something_new_is_rewritten() -> None:
    state = laid_out(planned(1, A, B, text="old\n"))
    assert plan(state, planned(1, A, B, text="new\n")) == [WriteMetadata("group_0001/metadata.txt", 1, "new\n")]


def test_a_text_that_somebody_changed_is_not_rewritten() -> None:
    state = found(laid_out(planned(1, A, B, text="old\n")), {"group_0001/metadata.txt": Condition.CHANGED})
    assert plan(state, planned(1, A, B, text="new\n")) == []


# What is absent from a run


def test_a_run_that_does_not_see_a_member_takes_nothing_back_and_rewrites_nothing() -> None:
    assert plan(laid_out(planned(1, A, B, C)), planned(1, B, C)) == []


def test_a_run_that_does_not_see_a_member_brings_new_ones_all_the_same() -> None:
    assert destinations(plan(laid_out(planned(1, A, B)), planned(1, C, B))) == ["group_0001/originals/c.jpg"]


def test_a_member_that_is_seen_but_no_longer_alike_gives_way() -> None:
    actions = plan(laid_out(planned(1, A, B, C)), planned(1, B, C), listed=[A, B, C])
    assert destinations(actions) == ["group_0001/best_b.jpg", "group_0001/best_a.jpg", "group_0001/metadata.txt"]


def test_a_group_of_which_nothing_is_seen_is_left_alone() -> None:
    assert plan(laid_out(planned(1, A, B)), planned(2, C, D))[0].destination == "group_0002/originals/c.jpg"
    assert plan(laid_out(planned(1, A, B)), listed=[A, B, C, D]) == []


# Numbers


def number(state: OutputState, *groups: Group) -> list[int]:
    photos = [item for one in groups for item in one.photos]
    return number_groups(groups, remembered_numbers(state, photos), state.last_number)


def test_new_groups_are_numbered_in_their_order() -> None:
    assert number(EMPTY, group(A, B), group(C, D)) == [1, 2]


def test_a_group_keeps_its_number_wherever_it_comes() -> None:
    state = laid_out(planned(1, A, B), planned(2, C, D))
    assert number(state, group(C, D), group(A, B)) == [2, 1]


def test_the_number_stays_with_the_majority_of_a_group_that_was_split() -> None:
    state = laid_out(planned(1, A, B, C, D))
    assert number(state, group(A), group(B, C, D)) == [2, 1]


def test_groups_that_merge_take_the_number_of_the_larger_and_leave_the_other_unused() -> None:
    e, f, g = (photo(f"{name}.jpg") for name in "efg")
    state = laid_out(planned(1, A, B), planned(2, C, D, e))
    assert number(state, group(A, B, C, D, e), group(f, g)) == [2, 3]


def test_a_number_of_which_only_a_folder_is_left_is_not_given_again() -> None:
    assert number(OutputState({}, frozenset(), 7), group(A, B)) == [8]


groupings = st.lists(st.integers(0, 4), min_size=12, max_size=12)
pool = [photo(f"p{place}.jpg") for place in range(12)]


def groups_of(labels: Sequence[int]) -> list[Group]:
    """Photos with the same label are a group; the label 0 stands for photos that are alone or absent."""
    members = [
        [item for item, label in zip(pool, labels, strict=True) if label == wanted]
        for wanted in sorted(set(labels) - {0})
    ]
    return [group(*items) for items in members if len(items) >= 2]


@given(groupings, groupings, st.integers(0, 9))
def test_numbers_are_distinct_stay_with_members_and_new_ones_were_never_used(
    before: list[int], after: list[int], last_number: int
) -> None:
    """After any splitting and merging."""
    remembered = {(item.origin, item.key): label for item, label in zip(pool, before, strict=True) if label}
    groups = groups_of(after)
    numbers = number_groups(groups, {place: {label} for place, label in remembered.items()}, last_number)
    assert len(set(numbers)) == len(numbers) == len(groups)
    for one, given_number in zip(groups, numbers, strict=True):
        had = [remembered.get((item.origin, item.key)) for item in one.photos]
        assert given_number in had or given_number > max([last_number, *remembered.values()])
        # Who holds more than half of an old group, and had nothing else before, keeps its number.
        for label in set(remembered.values()):
            if had.count(label) * 2 > list(remembered.values()).count(label) and set(had) <= {label, None}:
                assert given_number == label


# Laws over several runs

CLASHING = [
    "IMG.jpg",
    "img.JPG",
    "é.jpg",
    "e\u0301.jpg",
    "a" * 250 + "1.jpg",
    "a" * 250 + "2.jpg",
    "caf\udce9.jpg",
    "a:b.jpg",
    "a?b.jpg",
]


@st.composite
def libraries(draw: st.DrawFn) -> list[Photo]:
    """Photos of a few folders whose names clash in every way, some with companions."""
    names = draw(
        st.lists(st.tuples(st.sampled_from(CLASHING), st.sampled_from("xyz")), unique=True, min_size=2, max_size=7)
    )
    sidecars = draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names)))
    return [
        replace(
            photo(name, *([name[:200] + ".xmp", name[:200] + ".XMP"] if with_sidecars else []), folder=f"/{folder}"),
            id=f"{folder}/{name}",
        )
        for (name, folder), with_sidecars in zip(names, sidecars, strict=True)
    ]


@st.composite
def runs(draw: st.DrawFn) -> list[tuple[list[list[Photo]], list[Photo], dict[int, Condition]]]:
    """Several runs over one library: the groups of each, ranked, what it sees, and what somebody did before it."""
    library = draw(libraries())
    made = []
    for _ in range(draw(st.integers(1, 4))):
        seen = [item for item in draw(st.permutations(library)) if draw(st.integers(0, 3))]
        labels = [draw(st.integers(0, 2)) for _ in seen]
        parts = [[item for item, label in zip(seen, labels, strict=True) if label == wanted] for wanted in (1, 2)]
        meddling = draw(st.dictionaries(st.integers(0, 30), st.sampled_from(Condition), max_size=4))
        made.append(([part for part in parts if len(part) >= 2], seen, meddling))
    return made


def check_actions(actions: Sequence[Action], state: OutputState) -> None:
    """What holds of every plan; that nothing goes over another file is seen to by carrying it out."""
    made = [folded(action.destination) for action in actions if not isinstance(action, RetireBest)]
    assert len(set(made)) == len(made)
    assert all(len(name.encode()) <= 143 for path in made for name in path.split("/"))
    for earlier, later in pairwise(actions):
        assert not (isinstance(earlier, RetireBest) and isinstance(later, PlaceBest) and earlier.number == later.number)
    for action in actions:
        if isinstance(action, RetireBest):
            assert state.laid[action.destination].condition is Condition.UNCHANGED
            assert state.laid[action.target].condition is Condition.UNCHANGED or folded(action.target) in made


@settings(deadline=None)
@given(runs())
def test_planning_anew_after_all_was_done_plans_nothing_whatever_happened_before(
    history: list[tuple[list[list[Photo]], list[Photo], dict[int, Condition]]],
) -> None:
    state = EMPTY
    for parts, seen, meddling in history:
        paths = sorted(state.laid)
        state = found(state, {paths[place]: done for place, done in meddling.items() if place < len(paths)})
        numbers = number(state, *(group(*part) for part in parts))
        groups = [planned(given_number, *part) for given_number, part in zip(numbers, parts, strict=True)]
        actions = plan(state, *groups, listed=seen)
        check_actions(actions, state)
        state = carried_out(state, actions)
        assert number(state, *(group(*part) for part in parts)) == numbers
        assert plan(state, *groups, listed=seen) == []
        copied = {
            (base_name(laid.receipt.action.source), laid.receipt.action.revision)
            for laid in state.laid.values()
            if isinstance(laid.receipt.action, CopyFile)
        }
        assert {
            (base_name(file.path), file.revision) for part in parts for item in part for file in item.files
        } <= copied


# The plan as a whole


def test_a_plan_knows_how_many_photos_are_in_its_groups() -> None:
    whole = Plan(OutputOptions(), (planned(1, A, B), planned(2, C, D)), (), (), 9)
    assert whole.grouped_count == 4


def test_texts_are_written_with_the_bytes_that_file_names_had() -> None:
    assert text_bytes("caf\udce9 é") == b"caf\xe9 \xc3\xa9"
    assert text_checksum("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
