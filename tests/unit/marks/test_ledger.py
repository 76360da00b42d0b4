"""Claims about the ledger of marks: it holds what this tool set, as long as this tool has not taken it back."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestshot.marks.actions import MarkAction, MarkedGroup, MarkEffect, MarkReceipt
from bestshot.marks.kinds.albums import AddToAlbum, DeleteAlbum, MakeAlbum, RemoveFromAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.roles import LabelByRole, RateByRole, given_by_role
from bestshot.marks.kinds.stacks import DissolveStack, MakeStack, RestoreStack
from bestshot.marks.kinds.tags import AddTags, DeleteTag, RemoveTag, RemoveTags
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.marks.ledger import LedgerEntry, MarkLedger, OurAlbum, OurStack
from bestshot.marks.state import ALBUM, ARCHIVED, DESCRIPTION, FAVORITE, LABEL, RATING, STACK, TAG, Stack
from tests.support.marks.ledger_reference import FilledAlbum, Reference, Written


def done(action: MarkAction, changed: str | None = None, **left: str) -> MarkReceipt:
    """An action that changed these photos, or all that it touches."""
    return MarkReceipt(action, MarkEffect(action.keys if changed is None else tuple(changed), **left))


def test_nothing_was_set_in_a_new_library() -> None:
    assert MarkLedger.of([]) == MarkLedger()


def test_tags_are_ours_on_the_photos_that_lacked_them_until_taken_off() -> None:
    receipts = [done(AddTags(("a", "b", "c"), ("dup", "best")), "ab"), done(RemoveTag(("a",), "best"))]
    ledger = MarkLedger.of(receipts)
    assert (ledger.photos(TAG, "dup"), ledger.photos(TAG, "best")) == (frozenset("ab"), frozenset("b"))


def test_an_album_is_known_by_its_id_with_what_we_put_in() -> None:
    receipts = [
        done(MakeAlbum(3, "Organized-0003", ("a", "b")), container="x"),
        done(AddToAlbum("x", ("c", "d"), 3), "c"),
        done(RemoveFromAlbum("x", ("a",), 3)),
        done(AddToAlbum("found", ("e",), 4)),
    ]
    ledger = MarkLedger.of(receipts)
    assert ledger.albums == {"x": OurAlbum(3, "Organized-0003"), "found": OurAlbum(4, "")}
    assert (ledger.photos(ALBUM, "x"), ledger.photos(ALBUM, "found")) == (frozenset("bc"), frozenset("e"))


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
    assert (ledger.photos(FAVORITE), ledger.photos(ARCHIVED)) == (frozenset("a"), frozenset("c"))


def test_a_newer_stack_of_the_same_photos_replaces_the_older() -> None:
    receipts = [
        done(MakeStack(1, ("a", "b")), container="old"),
        done(MakeStack(1, ("b", "a", "w"), (Stack("users", ("w", "a")),), ("w",)), container="new"),
        done(MakeStack(2, ("c", "d")), container="gone"),
        done(DissolveStack(2, Stack("gone", ("c", "d")))),
    ]
    ledger = MarkLedger.of(receipts)
    assert ledger.stacks == {"new": OurStack(1, ("b", "a", "w"), took_in=True)}
    assert ledger.settings(STACK) == dict.fromkeys("abw", LedgerEntry("new"))


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
    assert ledger.settings(RATING) == {"a": LedgerEntry("5")}
    assert ledger.settings(DESCRIPTION) == {"a": LedgerEntry("at sea")}


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


# A law over random histories

PHOTOS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=4, unique=True).map(tuple)
GROUPS = st.lists(st.builds(MarkedGroup, st.integers(1, 4), PHOTOS), max_size=2).map(tuple)
TAG_NAMES = st.lists(st.sampled_from(["dup", "best", "x"]), min_size=1, max_size=2, unique=True).map(tuple)
STACK_IDS = st.sampled_from(["s1", "s2", "s3", "s4"])
STACKS = st.builds(Stack, STACK_IDS, PHOTOS)
STARS = st.sampled_from([None, 1, 5])
# No album is both a group's and one that photos joined: the plan sees to that.
OWN, USERS = st.sampled_from(["own-1", "own-2", "own-3"]), st.sampled_from(["trip", "home"])
ACTIONS: st.SearchStrategy[MarkAction] = st.one_of(
    st.builds(AddTags, PHOTOS, TAG_NAMES, GROUPS),
    st.builds(RemoveTag, PHOTOS, st.sampled_from(["dup", "best"])),
    st.builds(RemoveTags, PHOTOS, TAG_NAMES),
    st.builds(MakeAlbum, st.integers(1, 4), st.sampled_from(["Organized-1", "Organized-2"]), PHOTOS),
    st.builds(AddToAlbum, OWN, PHOTOS, st.integers(1, 4)),
    st.builds(RemoveFromAlbum, OWN, PHOTOS, st.integers(1, 4)),
    st.builds(AddToAlbum, USERS, PHOTOS, st.none()),
    st.builds(RemoveFromAlbum, USERS, PHOTOS, st.none()),
    st.builds(DeleteAlbum, OWN, st.just("Organized-1"), PHOTOS),
    st.builds(DeleteTag, PHOTOS, st.just("dup")),
    st.builds(SetFavorite, PHOTOS, st.booleans(), GROUPS),
    st.builds(SetArchived, PHOTOS, st.booleans(), st.just(()), GROUPS),
    st.builds(SetRating, st.sampled_from("abc"), STARS),
    st.builds(RateByRole, PHOTOS, STARS, STARS, GROUPS),
    st.builds(LabelByRole, PHOTOS, st.sampled_from([None, "Red"]), st.none(), GROUPS),
    st.builds(SetDescription, st.sampled_from("abc"), st.sampled_from(["", "sea", "shore"])),
    st.builds(MakeStack, st.integers(1, 4), PHOTOS, st.lists(STACKS, max_size=2).map(tuple), PHOTOS),
    st.builds(DissolveStack, st.integers(1, 4), STACKS),
    st.builds(RestoreStack, STACK_IDS, PHOTOS),
)


@st.composite
def receipts_of_anything(draw: st.DrawFn) -> MarkReceipt:
    """Any change, on some of its photos, with what it made and what stood there before as such a change tells it."""
    action = draw(ACTIONS)
    changed = tuple(key for key in action.keys if draw(st.integers(0, 4)))
    container = before = None
    if isinstance(action, MakeAlbum):
        container = draw(OWN) if changed else None
    elif isinstance(action, MakeStack | RestoreStack):
        container = draw(st.none() | STACK_IDS)
    elif isinstance(action, SetRating):
        before = draw(st.sampled_from([None, "1", "5"]))
    elif isinstance(action, SetDescription):
        before = draw(st.sampled_from([None, "", "sea"]))
    return MarkReceipt(action, MarkEffect(changed, container, before))


def by_which(ledger: MarkLedger, what: str) -> dict[str, frozenset[str]]:
    return {which: frozenset(photos) for (kind, which), photos in ledger.marks.items() if kind == what}


def written(settings_: Mapping[str, LedgerEntry]) -> dict[str, Written]:
    return {key: Written(one.value, one.before) for key, one in settings_.items() if not isinstance(one.value, bool)}


@settings(deadline=None, max_examples=1000)
@given(st.lists(receipts_of_anything(), max_size=14))
def test_the_fold_over_aspects_answers_what_is_told_kind_by_kind(history: list[MarkReceipt]) -> None:
    """Whatever was done in whatever order; the number of a photo and the highest number too."""
    ledger, reference = MarkLedger.of(history), Reference.of(history)
    assert by_which(ledger, TAG) == reference.tags
    assert {
        id_: FilledAlbum(album.number, album.name, ledger.photos(ALBUM, id_)) for id_, album in ledger.albums.items()
    } == reference.albums
    assert ledger.joined == reference.joined
    assert ledger.photos(FAVORITE) == reference.favorites
    assert ledger.photos(ARCHIVED) == reference.archived
    assert ledger.stacks == reference.stacks
    assert {key: setting.value for key, setting in ledger.settings(STACK).items()} == reference.stacked
    assert written(ledger.settings(RATING)) == reference.ratings
    assert written(ledger.settings(DESCRIPTION)) == reference.descriptions
    assert given_by_role(ledger, RATING) == reference.rated_by_role
    assert given_by_role(ledger, LABEL) == reference.labelled_by_role
    assert (ledger.numbers, ledger.last_number) == (reference.numbers, reference.last_number)
