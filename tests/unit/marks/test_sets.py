"""Claims about the marks on sets that are kept whole, and on photos kept beside the best."""

from dataclasses import replace

import pytest

from bestshot.marks.actions import MarkAction, MarkOptions
from bestshot.marks.kinds.albums import MakeAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.stacks import MakeStack
from bestshot.marks.kinds.tags import AddTags
from bestshot.marks.plan import marked_group, plan_marks
from bestshot.marks.state import Album, PhotoMarks
from bestshot.model.groups import GroupKind, PlannedGroup
from tests.support.builders import photo, planned
from tests.support.marks.book import MarkBook

EVERYTHING = MarkOptions("dup", "Organized-", True, True, True, True)
HIDES = MarkOptions("dup", favorite_best=True, archive_rest=True, inherit=True)
SETS = [kind for kind in GroupKind if kind.is_set]


def of(keys: str, *, kind: GroupKind = GroupKind.BURST, keepers: str = "") -> PlannedGroup:
    """A group of the photos with these letters, the best or the representative first."""
    group = planned(1, *map(photo, keys))
    return replace(group, verdict=replace(group.verdict, kind=kind, keepers=tuple(keepers)))


def plan(book: MarkBook, options: MarkOptions, group: PlannedGroup) -> list[MarkAction]:
    marked = [marked_group(group, lambda photo: (photo.key,))]
    return plan_marks(marked, [*book.photos], book.marks, book.ledger, options)


@pytest.mark.parametrize("kind", SETS)
def test_of_a_set_no_photo_is_tagged_archived_or_made_a_favourite(kind: GroupKind) -> None:
    book = MarkBook(PhotoMarks("a"), PhotoMarks("b", is_favorite=True, rating=4, description="x"), PhotoMarks("c"))
    assert plan(book, HIDES, of("abc", kind=kind)) == []


@pytest.mark.parametrize("kind", SETS)
def test_a_set_may_have_an_album_and_a_stack_with_its_representative_on_top(kind: GroupKind) -> None:
    book = MarkBook(*map(PhotoMarks, "abc"))
    album, stack = plan(book, EVERYTHING, of("bac", kind=kind))
    assert isinstance(album, MakeAlbum)
    assert album.keys == ("a", "b", "c")
    assert isinstance(stack, MakeStack)
    assert stack.keys[0] == "b"


def test_the_representative_of_a_set_joins_no_albums_of_the_others() -> None:
    book = MarkBook(*map(PhotoMarks, "abc"), albums=[Album("x", "Holidays", frozenset("b"))])
    assert plan(book, HIDES, of("abc", kind=GroupKind.BRACKET)) == []


def test_what_an_earlier_run_hid_of_a_set_comes_back_and_loses_its_marks() -> None:
    """Earlier versions took a bracket for a burst."""
    book = MarkBook(*map(PhotoMarks, "abc"))
    book.carry_out(plan(book, HIDES, of("abc")))
    assert [key for key, one in book.photos.items() if one.is_archived] == ["b", "c"]
    book.carry_out(plan(book, HIDES, of("abc", kind=GroupKind.BRACKET)))
    assert list(book.photos.values()) == [PhotoMarks("a"), PhotoMarks("b"), PhotoMarks("c")]
    assert plan(book, HIDES, of("abc", kind=GroupKind.BRACKET)) == []


def test_keepers_stay_in_the_timeline_and_the_second_tag_is_the_bests_alone() -> None:
    book = MarkBook(*map(PhotoMarks, "abcd"))
    actions = plan(book, MarkOptions("dup", archive_rest=True), of("acbd", keepers="c"))
    assert [one.keys for one in actions if isinstance(one, SetArchived)] == [("b", "d")]
    tags = {key: one.tags for one in actions if isinstance(one, AddTags) for key in one.keys}
    assert tags == {"a": ("dup", "dup-best"), "b": ("dup",), "c": ("dup",), "d": ("dup",)}


def test_what_becomes_a_keeper_comes_back() -> None:
    archive = MarkOptions(archive_rest=True)
    book = MarkBook(*map(PhotoMarks, "abc"))
    book.carry_out(plan(book, archive, of("abc")))
    assert plan(book, archive, of("abc", keepers="c")) == [SetArchived(("c",), value=False)]


def test_without_its_best_a_group_has_its_keeper_in_its_place() -> None:
    book = MarkBook(*map(PhotoMarks, "bcd"))
    (action,) = plan(book, MarkOptions(archive_rest=True), of("abcd", keepers="b"))
    assert isinstance(action, SetArchived)
    assert (action.keys, action.visible) == (("c", "d"), ("b", "b"))
