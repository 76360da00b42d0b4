"""Claims about what is planned for marks: what holds is set once, what is the user's stays, nothing is lost."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bestshot.layout.numbering import number_groups
from bestshot.marks.actions import MarkAction, MarkedGroup, MarkOptions
from bestshot.marks.kinds.albums import AddToAlbum, MakeAlbum, RemoveFromAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.roles import LabelByRole, RateByRole
from bestshot.marks.kinds.stacks import DissolveStack, MakeStack
from bestshot.marks.kinds.tags import AddTags, RemoveTag
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.marks.plan import left_as_changed, marked_group, plan_marks
from bestshot.marks.roles import PerRole
from bestshot.marks.state import Album, PhotoMarks, Stack
from bestshot.model.groups import PlannedGroup
from tests.support.builders import ORIGIN, group, photo, planned
from tests.support.marks.book import MarkBook

TAGS = MarkOptions(tag="dup")
ALBUMS = MarkOptions(album_prefix="Organized-")
FAVORITE = MarkOptions(favorite_best=True)
STACK = MarkOptions(stack=True)
ARCHIVE = MarkOptions(archive_rest=True)
INHERIT = MarkOptions(inherit=True)
EVERYTHING = MarkOptions("dup", "Organized-", True, True, True, True)


def of(number: int, keys: str) -> PlannedGroup:
    """A group of the photos with these letters, the best first."""
    return planned(number, *(photo(key) for key in keys))


def book(keys: str = "abcd", *albums: Album, **marked: PhotoMarks) -> MarkBook:
    return MarkBook(*(marked.get(key, PhotoMarks(key)) for key in keys), albums=albums)


def plan(marks: MarkBook, options: MarkOptions, *groups: PlannedGroup, seen: str | None = None) -> list[MarkAction]:
    """What is to be done; unless told otherwise the run sees all photos."""
    everyone = marks.photos if seen is None else seen
    marked = [marked_group(group, lambda photo: (photo.key,)) for group in groups]
    return plan_marks(marked, [*everyone], marks.marks, marks.ledger, options)


def after(marks: MarkBook, options: MarkOptions, *groups: PlannedGroup) -> MarkBook:
    """The library after a run."""
    marks.carry_out(plan(marks, options, *groups))
    return marks


# Tags


def test_photos_that_lack_the_same_tags_get_them_in_one_call_over_all_groups() -> None:
    one, two = MarkedGroup(1, ("b", "a")), MarkedGroup(2, ("c", "d"))
    marks = book(d=PhotoMarks("d", tags=frozenset({"dup"})))
    assert plan(marks, TAGS, of(2, "cd"), of(1, "ba")) == [
        AddTags(("a",), ("dup",), (one,)),
        AddTags(("b", "c"), ("dup", "dup-best"), (one, two)),
    ]


def test_tags_of_ours_that_no_longer_hold_are_taken_off_and_those_of_the_user_stay() -> None:
    marks = book(d=PhotoMarks("d", tags=frozenset({"dup", "dup-best"})))
    after(marks, TAGS, of(1, "abc"))
    actions = plan(marks, TAGS, of(1, "ba"))
    assert [one for one in actions if isinstance(one, RemoveTag)] == [
        RemoveTag(("c",), "dup"),
        RemoveTag(("a",), "dup-best"),
    ]


@pytest.mark.parametrize("seen", ["a", "abcd"])
def test_a_photo_loses_its_tag_only_when_its_group_was_seen(seen: str) -> None:
    """What is listed alone because the other is in another album is still a double."""
    marks = after(book(), TAGS, of(1, "ab"))
    assert bool(plan(marks, TAGS, seen=seen)) == (seen == "abcd")


def test_a_photo_whose_twin_is_gone_from_the_library_loses_its_tag() -> None:
    marks = after(book(), TAGS, of(1, "ab"))
    marks.delete("b")
    assert plan(marks, TAGS) == [RemoveTag(("a",), "dup"), RemoveTag(("a",), "dup-best")]


# Albums


def test_an_album_is_made_once_completed_and_found_again_under_any_name() -> None:
    marks = book()
    assert plan(marks, ALBUMS, of(7, "ba")) == [MakeAlbum(7, "Organized-0007", ("a", "b"))]
    after(marks, ALBUMS, of(7, "ba"))
    marks.albums["album-1"] = replace(marks.albums["album-1"], name="Beach")
    assert plan(marks, ALBUMS, of(7, "bac")) == [AddToAlbum("album-1", ("c",), 7)]


def test_an_album_loses_what_we_added_and_only_once_all_of_that_was_seen() -> None:
    marks = after(book(), ALBUMS, of(1, "abc"))
    marks.do(AddToAlbum("album-1", ("d",), None))
    assert plan(marks, ALBUMS, of(1, "ab")) == [RemoveFromAlbum("album-1", ("c",), 1)]
    assert plan(marks, ALBUMS, of(1, "ab"), seen="abd") == []
    assert plan(marks, ALBUMS, seen="cd") == []


def test_what_the_user_took_away_from_albums_is_not_put_back() -> None:
    marks = after(book(), ALBUMS, of(1, "ab"), of(2, "cd"))
    marks.do(RemoveFromAlbum("album-1", ("b",), 1))
    del marks.albums["album-2"]
    assert plan(marks, ALBUMS, of(1, "ab"), of(2, "cd")) == []


def test_an_album_of_the_right_name_is_taken_when_the_ledger_was_lost() -> None:
    marks = book("abc", Album("x", "Organized-0001", frozenset("ab")))
    assert plan(marks, ALBUMS, of(1, "abc")) == [AddToAlbum("x", ("c",), 1)]


# Favourites


def test_the_best_becomes_a_favourite_and_ours_is_taken_back_when_another_is_better() -> None:
    marks = after(book(c=PhotoMarks("c", is_favorite=True)), FAVORITE, of(1, "abc"))
    assert marks.photos["a"].is_favorite
    assert plan(marks, FAVORITE, of(1, "bac")) == [
        SetFavorite(("b",), True, (MarkedGroup(1, ("b", "a", "c")),)),
        SetFavorite(("a",), False),
    ]


def test_a_favourite_that_the_user_unmade_is_not_made_again() -> None:
    marks = after(book(), FAVORITE, of(1, "ab"))
    marks.do(SetFavorite(("a",), False))
    assert plan(marks, FAVORITE, of(1, "ab")) == []


# Stacks


def test_stacks_are_merged_with_all_their_members_and_the_best_on_top() -> None:
    stack = Stack("s", ("b", "d"))
    marks = book(b=PhotoMarks("b", stack=stack), d=PhotoMarks("d", stack=stack))
    assert plan(marks, STACK, of(1, "abc")) == [MakeStack(1, ("a", "b", "c", "d"), (stack,), ("d",))]


def test_another_best_means_another_stack_and_a_complete_one_stands() -> None:
    marks = after(book(), STACK, of(1, "abc"))
    assert plan(marks, STACK, of(1, "ab"), seen="ab") == []
    (action,) = plan(marks, STACK, of(1, "cab"))
    assert isinstance(action, MakeStack)
    assert action.keys == ("c", "a", "b")


def test_a_stack_of_ours_comes_apart_when_its_photos_are_no_longer_one_group() -> None:
    marks = after(book(), STACK, of(1, "abc"))
    stack = marks.photos["a"].stack
    assert stack is not None
    assert plan(marks, STACK) == [DissolveStack(1, stack)]
    assert plan(marks, STACK, of(1, "ab")) == [DissolveStack(1, stack), MakeStack(1, ("a", "b"))]
    assert plan(marks, STACK, seen="ab") == []
    marks.do(MakeStack(0, ("b", "a", "c")))
    assert plan(marks, STACK) == []


def test_a_stack_of_the_users_that_was_taken_in_never_comes_apart() -> None:
    """Not even when all of it was in the group, nor when ours was stacked anew since."""
    stack = Stack("s", ("b", "c"))
    marks = book(b=PhotoMarks("b", stack=stack), c=PhotoMarks("c", stack=stack))
    after(marks, STACK, of(1, "abc"))
    assert plan(marks, STACK) == []
    after(marks, STACK, of(1, "dabc"))
    assert plan(marks, STACK) == []


def test_what_the_user_did_to_our_stack_is_left() -> None:
    marks = after(book(), STACK, of(1, "ab"), of(2, "cd"))
    stack = marks.photos["a"].stack
    assert stack is not None
    marks.do(DissolveStack(1, stack))
    for key in "cd":
        marks.photos[key] = replace(marks.photos[key], stack=Stack("stack-2", ("d", "c")))
    assert plan(marks, STACK, of(1, "ab"), of(2, "cd")) == []


def test_a_stack_of_the_user_over_two_groups_is_left() -> None:
    stack = Stack("s", ("a", "c"))
    marks = book(a=PhotoMarks("a", stack=stack), c=PhotoMarks("c", stack=stack))
    assert plan(marks, STACK, of(1, "ab"), of(2, "cd")) == []


def test_a_stack_over_two_groups_is_left_also_when_one_of_them_is_absent() -> None:
    stack = Stack("s", ("a", "c"))
    marks = book(a=PhotoMarks("a", stack=stack), c=PhotoMarks("c", stack=stack))
    after(marks, TAGS, of(1, "ab"), of(2, "cd"))
    assert plan(marks, STACK, of(2, "cd"), seen="acd") == []


def test_nothing_is_stacked_under_an_archived_photo() -> None:
    assert plan(book(a=PhotoMarks("a", is_archived=True)), STACK, of(1, "ab")) == []


# The archive


def test_the_rest_leaves_the_timeline_but_for_favourites_of_the_user() -> None:
    marks = book(c=PhotoMarks("c", is_favorite=True))
    assert plan(marks, ARCHIVE, of(1, "abc")) == [
        SetArchived(("b",), True, ("a",), (MarkedGroup(1, ("a", "b", "c")),)),
    ]


def test_the_best_comes_back_before_the_others_leave() -> None:
    marks = after(book(), ARCHIVE, of(1, "ab"))
    assert plan(marks, ARCHIVE, of(1, "ba")) == [
        SetArchived(("b",), False),
        SetArchived(("a",), True, ("b",), (MarkedGroup(1, ("b", "a")),)),
    ]
    assert plan(marks, ARCHIVE, seen="b") == []


@pytest.mark.parametrize(
    "best",
    [PhotoMarks("a", is_archived=True), PhotoMarks("a", stack=Stack("s", ("d", "a")))],
    ids=["archived by the user", "under another photo"],
)
def test_nothing_leaves_while_the_best_is_not_in_sight(best: PhotoMarks) -> None:
    assert plan(book(a=best), ARCHIVE, of(1, "abc")) == []


def test_a_photo_on_top_of_strangers_stays_in_sight() -> None:
    stack = Stack("s", ("b", "d"))
    marks = book(b=PhotoMarks("b", stack=stack), d=PhotoMarks("d", stack=stack))
    assert [action.keys for action in plan(marks, ARCHIVE, of(1, "abc"))] == [("c",)]
    assert not archived(plan(marks, replace(ARCHIVE, stack=True), of(1, "abc"))), "they are below the best then"


def archived(actions: Sequence[MarkAction]) -> list[MarkAction]:
    return [action for action in actions if isinstance(action, SetArchived)]


def test_what_is_below_another_photo_in_a_stack_is_not_archived_so_that_the_stack_shows_it() -> None:
    both = replace(ARCHIVE, stack=True)
    assert not archived(plan(book(), both, of(1, "abc")))
    stack = Stack("s", ("a", "b"))
    marks = book(a=PhotoMarks("a", stack=stack), b=PhotoMarks("b", stack=stack))
    assert [action.keys for action in archived(plan(marks, ARCHIVE, of(1, "abc")))] == [("c",)]


def test_what_an_earlier_version_archived_in_a_stack_comes_back_into_it() -> None:
    marks = after(book(), ARCHIVE, of(1, "abc"))
    marks.do(SetArchived(("c",), value=False))
    actions = plan(marks, replace(ARCHIVE, stack=True), of(1, "abc"))
    assert archived(actions) == [SetArchived(("b",), value=False)]
    marks.carry_out(actions)
    assert not plan(marks, replace(ARCHIVE, stack=True), of(1, "abc"))


def test_a_photo_that_the_user_took_out_of_our_stack_stays_in_the_timeline() -> None:
    both = replace(ARCHIVE, stack=True)
    marks = after(book(), both, of(1, "abc"))
    stack = marks.photos["a"].stack
    assert stack is not None
    marks.do(DissolveStack(1, stack))
    assert not plan(marks, both, of(1, "abc"))


def test_a_photo_that_the_user_put_back_stays_in_the_timeline() -> None:
    marks = after(book(), ARCHIVE, of(1, "ab"))
    marks.do(SetArchived(("b",), False))
    assert plan(marks, ARCHIVE, of(1, "ab")) == []


# What the best inherits


def test_the_best_inherits_albums_favourite_rating_and_description_of_the_others() -> None:
    marks = book(
        "abc",
        Album("x", "Trip", frozenset("b")),
        b=PhotoMarks("b", rating=3, description="at sea"),
        c=PhotoMarks("c", is_favorite=True, rating=5, description="ashore"),
    )
    assert plan(marks, INHERIT, of(1, "abc")) == [
        AddToAlbum("x", ("a",), None),
        SetFavorite(("a",), True, (MarkedGroup(1, ("a", "b", "c")),)),
        SetRating("a", 5),
        SetDescription("a", "at sea"),
    ]


def test_what_was_inherited_is_handed_on_only_from_those_that_the_user_marked() -> None:
    marks = book(
        "abc", Album("x", "Trip", frozenset("c")), c=PhotoMarks("c", is_favorite=True, rating=5, description="ashore")
    )
    after(marks, INHERIT, of(1, "abc"))
    assert plan(marks, INHERIT, of(1, "ba"), seen="ab") == [
        RemoveFromAlbum("x", ("a",), None),
        SetFavorite(("a",), False),
        SetRating("a", None),
        SetDescription("a", ""),
    ]


def test_what_the_user_took_from_the_best_again_is_not_inherited_twice() -> None:
    other = PhotoMarks("b", is_favorite=True, rating=5, description="at sea")
    marks = after(book("ab", Album("x", "Trip", frozenset("b")), b=other), INHERIT, of(1, "ab"))
    marks.do(RemoveFromAlbum("x", ("a",), None))
    marks.photos["a"] = PhotoMarks("a")
    assert plan(marks, INHERIT, of(1, "ab")) == []


def test_group_albums_of_ours_are_not_inherited() -> None:
    marks = after(book(), ALBUMS, of(1, "ab"))
    assert plan(marks, INHERIT, of(1, "cab")) == []


# Wishes


def test_wishes_that_are_off_take_nothing_back() -> None:
    marks = after(book(), EVERYTHING, of(1, "abc"))
    assert plan(marks, MarkOptions()) == []
    assert len(plan(marks, EVERYTHING)) > 4


def test_photos_that_are_gone_since_the_listing_are_in_no_group() -> None:
    assert plan(book("b"), EVERYTHING, of(1, "ab")) == []


# Laws over several runs

KEYS = "abcdefg"


@st.composite
def users_deeds(draw: st.DrawFn) -> MarkAction | str:
    """A change that the user makes by hand; a text deletes: a photo, or all that is known under a name."""
    keys = tuple(draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=2, max_size=3)))
    flag = draw(st.booleans())
    deeds: list[MarkAction | str] = [
        AddTags(keys, (draw(st.sampled_from(["dup", "dup-best"])),)),
        RemoveTag(keys, draw(st.sampled_from(["dup", "dup-best"]))),
        MakeAlbum(0, draw(st.sampled_from(["Trip", "Organized-0001"])), keys),
        AddToAlbum(f"album-{draw(st.integers(1, 4))}", keys, None),
        RemoveFromAlbum(f"album-{draw(st.integers(1, 4))}", keys, None),
        SetFavorite(keys, flag),
        SetArchived(keys, flag),
        SetRating(keys[0], draw(st.sampled_from([None, 2, 4]))),
        LabelByRole(keys, draw(st.sampled_from([None, "Blue", "Red"]))),
        SetDescription(keys[0], draw(st.sampled_from(["", "sea", "shore"]))),
        MakeStack(0, keys),
        DissolveStack(0, Stack("", keys)),
        keys[0],
        f"album-{draw(st.integers(1, 4))}",
    ]
    return draw(st.sampled_from(deeds))


def meddle(marks: MarkBook, deed: MarkAction | str) -> None:
    """Do it as far as there still is something to do it to."""
    if isinstance(deed, str):
        marks.albums.pop(deed, None)
        if deed in marks.photos:
            marks.delete(deed)
    elif isinstance(deed, DissolveStack):
        stack = marks.photos[deed.stack.keys[0]].stack if deed.stack.keys[0] in marks.photos else None
        if stack is not None:
            marks.do(DissolveStack(0, stack))
    elif set(deed.keys) <= marks.photos.keys() and getattr(deed, "album", None) in {None, *marks.albums}:
        marks.do(deed)


def per_role(*values: str) -> st.SearchStrategy[PerRole | None]:
    """What is given by role: nothing in half of the runs."""
    given = st.none() | st.sampled_from(values)
    return st.none() | st.builds(PerRole, given, given, given)


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[MarkAction | str], MarkOptions, str, list[str]]:
    """What the user does before a run, and the run: its wishes, what it sees, and its groups, ranked."""
    deeds = draw(st.lists(users_deeds(), max_size=4))
    on = [draw(st.booleans()) for _ in range(6)]
    options = MarkOptions("dup" if on[0] else None, "Organized-" if on[1] else None, on[2], on[3], on[4], on[5])
    options = replace(options, rate=draw(per_role("5", "3", "-1")), label=draw(per_role("Green", "Red")))
    seen = [key for key in draw(st.permutations(KEYS)) if draw(st.integers(0, 4))]
    labels = [draw(st.integers(0, 2)) for _ in seen]
    parts = ["".join(key for key, label in zip(seen, labels, strict=True) if label == one) for one in (1, 2)]
    return deeds, options, "".join(seen), [part for part in parts if len(part) > 1]


def number(marks: MarkBook, parts: Sequence[str]) -> list[PlannedGroup]:
    ledger = marks.ledger
    remembered = {(ORIGIN, key): {last} for key, last in ledger.numbers.items()}
    groups = [group(*(photo(key) for key in part)) for part in parts]
    return [of(*pair) for pair in zip(number_groups(groups, remembered, ledger.last_number), parts, strict=True)]


def metadata(action: MarkAction) -> set[tuple[object, ...]]:
    """What an action sets or takes back, photo by photo, so that the one can be compared with the other."""
    match action:
        case AddTags(tags=tags):
            return {("tag", tag, key) for tag in tags for key in action.keys}
        case RemoveTag(tag=tag):
            return {("tag", tag, key) for key in action.keys}
        case AddToAlbum(album=album) | RemoveFromAlbum(album=album):
            return {("album", album, key) for key in action.keys}
        case _:
            return {(type(action), key) for key in action.keys}


def is_taking_back(action: MarkAction) -> bool:
    if isinstance(action, SetFavorite | SetArchived | RateByRole | LabelByRole):
        return not action.value
    return isinstance(action, RemoveTag | RemoveFromAlbum | DissolveStack)


def check_ownership(marks: MarkBook, actions: Sequence[MarkAction], seen: str) -> None:
    """Only what the tool once set is taken back, and only from photos that were seen."""
    ours: set[tuple[object, ...]] = set()
    for receipt in marks.receipts:
        ours |= metadata(receipt.action)
        if isinstance(receipt.action, MakeAlbum):
            ours |= {("album", receipt.effect.container, key) for key in receipt.action.keys}
    made = {receipt.effect.container for receipt in marks.receipts if isinstance(receipt.action, MakeStack)}
    for action in actions:
        if isinstance(action, DissolveStack):
            assert action.stack.id in made
        elif is_taking_back(action):
            assert metadata(action) <= ours
        if is_taking_back(action):
            assert set(action.keys) <= set(seen)
        if isinstance(action, MakeStack):
            assert {key for stack in action.merged for key in stack.keys} <= set(action.keys)


def check_users_values(marks: MarkBook, actions: Sequence[MarkAction]) -> None:
    """Stars and labels are given by role where there are none, or over those that the tool once gave."""
    gave = {(receipt.action.what, key) for receipt in marks.receipts for key in receipt.effect.changed}
    for action in actions:
        if isinstance(action, RateByRole | LabelByRole):
            assert all(action.value_on(marks.photos[key]) == action.over for key in action.keys)
            assert action.over is None or {(action.what, key) for key in action.keys} <= gave


def check_sight(marks: MarkBook, actions: Sequence[MarkAction], groups: Sequence[PlannedGroup]) -> None:
    """Whatever leaves the timeline by these actions, its best is there; strangers stay as visible as they were."""
    before = dict(marks.photos)
    best_of: dict[str, str] = {}
    for one in groups:
        there = [ranked.photo.key for ranked in one.verdict.ranking if ranked.photo.key in before]
        best_of |= dict.fromkeys(there, there[0]) if there else {}
    marks.carry_out(actions)
    for action in actions:
        if isinstance(action, SetArchived) and action.value:
            assert not set(action.keys) & set(best_of.values())
            assert all(in_sight(marks.photos[best_of[key]]) for key in action.keys)
            assert action.visible == tuple(best_of[key] for key in action.keys)
            assert not any(marks.photos[key].is_favorite for key in action.keys)
    for key, photo_before in before.items():
        if in_sight(photo_before) and not in_sight(marks.photos[key]):
            stack = marks.photos[key].stack
            top = marks.photos[best_of.get(key, stack.keys[0] if stack else key)]
            assert in_sight(top)


def in_sight(marked: PhotoMarks) -> bool:
    return not marked.is_archived and (marked.stack is None or marked.stack.keys[0] == marked.key)


def test_a_stack_of_ours_that_the_user_changed_is_left_once_it_came_along() -> None:
    """Else it would be taken apart and made again, run after run."""
    marks = book("abcdef")
    options = MarkOptions(stack=True)
    marks.carry_out(plan(marks, options, of(1, "bdf")))
    marks.do(MakeStack(0, ("a", "f")))
    marks.carry_out(plan(marks, options, of(2, "cd"), seen="bcdf"))
    assert plan(marks, options, of(2, "cd"), seen="bcdf") == []


@settings(deadline=None, max_examples=300)
@given(st.lists(runs(), min_size=1, max_size=4))
def test_whatever_happened_before_a_run_keeps_to_its_laws_and_a_second_one_plans_nothing(
    history: list[tuple[list[MarkAction | str], MarkOptions, str, list[str]]],
) -> None:
    marks = book(KEYS)
    for deeds, options, listed, parts in history:
        for deed in deeds:
            meddle(marks, deed)
        seen = "".join(key for key in listed if key in marks.photos)
        groups = number(marks, ["".join(key for key in part if key in marks.photos) for part in parts])
        groups = [one for one in groups if len(one.verdict.ranking) > 1]
        actions = plan(marks, options, *groups, seen=seen)
        assert plan(marks, options, *reversed(groups), seen=seen[::-1]) == actions
        check_ownership(marks, actions, seen)
        check_users_values(marks, actions)
        check_sight(marks, actions, groups)
        assert plan(marks, options, *groups, seen=seen) == []


def keys_in(one: PlannedGroup) -> str:
    return "".join(ranked.photo.key for ranked in one.verdict.ranking)


@settings(deadline=None, max_examples=200)
@given(runs(), runs(), st.sampled_from(KEYS))
@example(([MakeStack(0, ("a", "e", "b"))], EVERYTHING, KEYS, ["dbf", "eg"]), ([], EVERYTHING, KEYS, []), "b")
def test_what_is_merely_absent_is_never_a_reason_to_take_anything_back(
    first: tuple[list[MarkAction | str], MarkOptions, str, list[str]],
    second: tuple[list[MarkAction | str], MarkOptions, str, list[str]],
    absent: str,
) -> None:
    """A later run that sees the same groups but for one photo takes nothing back, and brings none back into sight.

    A photo that goes below another one in a stack is out of sight there: archived, it would not be shown in it.
    """
    wishes = second[1]
    marks, options = book(KEYS), replace(EVERYTHING, inherit=wishes.inherit, rate=wishes.rate, label=wishes.label)
    for deed in first[0]:
        meddle(marks, deed)
    parts = ["".join(key for key in part if key in marks.photos) for part in first[3]]
    groups = number(marks, [part for part in parts if len(part) > 1])
    marks.carry_out(plan(marks, options, *groups))
    left = [planned(one.number, *(photo(key) for key in keys_in(one) if key != absent)) for one in groups]
    seen = "".join(key for key in marks.photos if key != absent)
    actions = plan(marks, options, *(one for one in left if len(one.verdict.ranking) > 1), seen=seen)
    below = {key for action in actions if isinstance(action, MakeStack) for key in action.keys[1:]}
    assert not [
        action
        for action in actions
        if is_taking_back(action) and not (isinstance(action, SetArchived) and below.issuperset(action.keys))
    ]
    hidden = [key for key, marked in marks.photos.items() if not in_sight(marked)]
    marks.carry_out(actions)
    assert not [key for key in hidden if in_sight(marks.photos[key])]


@pytest.mark.parametrize("text", ["Minolta DSC", "OLYMPUS DIGITAL CAMERA  ", "DCIM\\100MEDIA\\DJI_0001.JPG", "dav"])
def test_what_a_camera_writes_into_each_photo_is_nobodys_description(text: str) -> None:
    assert not plan(book(b=PhotoMarks("b", description=text)), INHERIT, of(1, "ab"))
    marks = book(a=PhotoMarks("a", description=text), b=PhotoMarks("b", description="At the lake"))
    (action,) = plan(marks, INHERIT, of(1, "ab"))
    assert action == SetDescription("a", "At the lake", text)


def test_what_the_user_changed_by_hand_is_told_with_what_it_is() -> None:
    options = replace(EVERYTHING, stack=False)
    groups = [marked_group(of(1, "abc"), lambda photo: (photo.key,))]
    marks = after(book(c=PhotoMarks("c", description="At sea")), options, of(1, "abc"))
    assert not left_as_changed(groups, "abcd", marks.marks, marks.ledger, options)
    (album,) = marks.albums
    marks.do(SetFavorite(("a",), value=False))
    marks.do(SetDescription("a", "Ashore"))
    marks.do(SetArchived(("b",), value=False))
    marks.do(RemoveFromAlbum(album, ("c",), 1))
    told = left_as_changed(groups, "abcd", marks.marks, marks.ledger, options)
    assert {(one.what, one.why) for one in told} == {
        ("a", "no longer favourite"),
        ("a", "described otherwise"),
        ("b", "back in the timeline"),
        ("c", "taken out of its album"),
    }
