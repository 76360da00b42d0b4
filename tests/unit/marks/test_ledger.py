"""Claims about the ledger of marks: it holds what this tool set, as long as this tool has not taken it back."""

import pytest

from bestshot.marks.actions import (
    AddTags,
    AddToAlbum,
    DissolveStack,
    MakeAlbum,
    MakeStack,
    MarkAction,
    MarkedGroup,
    MarkEffect,
    MarkReceipt,
    RemoveFromAlbum,
    RemoveTag,
    SetArchived,
    SetDescription,
    SetFavorite,
    SetRating,
    Stack,
    keys_of,
)
from bestshot.marks.ledger import MarkLedger, OurAlbum, OurStack, Written


def done(action: MarkAction, changed: str | None = None, **left: str) -> MarkReceipt:
    """An action that changed these photos, or all that it touches."""
    return MarkReceipt(action, MarkEffect(keys_of(action) if changed is None else tuple(changed), **left))


def test_nothing_was_set_in_a_new_library() -> None:
    assert MarkLedger.of([]) == MarkLedger()


def test_tags_are_ours_on_the_photos_that_lacked_them_until_taken_off() -> None:
    receipts = [done(AddTags(("a", "b", "c"), ("dup", "best")), "ab"), done(RemoveTag(("a",), "best"))]
    assert MarkLedger.of(receipts).tags == {"dup": frozenset("ab"), "best": frozenset("b")}


def test_an_album_is_known_by_its_id_with_what_we_put_in() -> None:
    receipts = [
        done(MakeAlbum(3, "Organized-0003", ("a", "b")), container="x"),
        done(AddToAlbum("x", ("c", "d"), 3), "c"),
        done(RemoveFromAlbum("x", ("a",), 3)),
        done(AddToAlbum("found", ("e",), 4)),
    ]
    assert MarkLedger.of(receipts).albums == {
        "x": OurAlbum(3, "Organized-0003", frozenset("bc")),
        "found": OurAlbum(4, "", frozenset("e")),
    }


def test_albums_of_the_user_that_photos_joined_are_told_from_ours() -> None:
    receipts = [done(AddToAlbum("trip", ("a", "b"), None)), done(RemoveFromAlbum("trip", ("a",), None))]
    ledger = MarkLedger.of(receipts)
    assert (ledger.joined, ledger.albums) == ({"trip": frozenset("b")}, {})
    assert ledger.album_ids == {"trip"}


def test_favourites_and_archived_photos_are_ours_until_we_take_that_back() -> None:
    receipts = [
        done(SetFavorite(("a", "b", "c"), True), "ab"),
        done(SetFavorite(("b",), False)),
        done(SetArchived(("c", "d"), True)),
        done(SetArchived(("d",), False)),
    ]
    ledger = MarkLedger.of(receipts)
    assert (ledger.favorites, ledger.archived) == (frozenset("a"), frozenset("c"))


def test_a_newer_stack_of_the_same_photos_replaces_the_older() -> None:
    receipts = [
        done(MakeStack(1, ("a", "b")), container="old"),
        done(MakeStack(1, ("b", "a", "w"), (Stack("users", ("w", "a")),), ("w",)), container="new"),
        done(MakeStack(2, ("c", "d")), container="gone"),
        done(DissolveStack(2, Stack("gone", ("c", "d")))),
    ]
    ledger = MarkLedger.of(receipts)
    assert ledger.stacks == {"new": OurStack(1, ("b", "a", "w"), took_in=True)}
    assert ledger.stacked == dict.fromkeys("abw", "new")


def test_ratings_and_descriptions_are_kept_with_what_stood_there_first() -> None:
    receipts = [
        done(SetRating("a", 4)),
        done(SetRating("a", 5), before="4"),
        done(SetRating("b", 3)),
        done(SetRating("b", None), before="3"),
        done(SetRating("c", 3), ""),
        done(SetDescription("a", "at sea"), before=""),
    ]
    ledger = MarkLedger.of(receipts)
    assert ledger.ratings == {"a": Written("5", None)}
    assert ledger.descriptions == {"a": Written("at sea", None)}


def test_a_photo_has_the_number_of_its_group_when_that_was_last_marked() -> None:
    receipts = [
        done(AddTags(("a",), ("dup",), (MarkedGroup(1, ("b", "a")),))),
        done(MakeAlbum(2, "Organized-0002", ("c", "d")), container="x"),
        done(MakeStack(5, ("a", "w"), (), ("w",)), container="s"),
        done(RemoveFromAlbum("x", ("d",), 2)),
        done(MakeStack(9, ("e", "f")), container="t"),
        done(DissolveStack(9, Stack("t", ("e", "f")))),
    ]
    ledger = MarkLedger.of(receipts)
    assert ledger.numbers == {"a": 5, "b": 1, "c": 2}
    assert ledger.last_number == 9
    assert ledger.keys == set("abcw")


@pytest.mark.parametrize("action", [MakeAlbum(1, "Organized-0001", ("a",)), MakeStack(1, ("a", "b"))])
def test_an_album_or_stack_that_came_to_nothing_is_not_ours(action: MarkAction) -> None:
    ledger = MarkLedger.of([done(action, "")])
    assert (ledger.albums, ledger.stacks) == ({}, {})
