"""Claims about what is said of marks, before and after they are made."""

import pytest

from bestshot.cli.wording import failure_lines
from bestshot.marks.actions import MarkAction, MarkEffect, MarkReceipt
from bestshot.marks.kinds.albums import AddToAlbum, DeleteAlbum, MakeAlbum, RemoveFromAlbum
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.stacks import DissolveStack, MakeStack
from bestshot.marks.kinds.tags import AddTags, DeleteTag, RemoveTag, RemoveTags
from bestshot.marks.kinds.values import SetDescription, SetFavorite, SetRating
from bestshot.marks.state import Stack
from bestshot.marks.wording import action_line, done_in_words
from bestshot.model.photo import Skipped

TWO = ("a", "b")
SAID: list[tuple[MarkAction, str, str]] = [
    (AddTags(TWO, ("dup",)), "put the tag dup on 2 photos", "not tagged"),
    (AddTags(("a",), ("dup", "dup-best")), "put the tags dup and dup-best on 1 photo", "not tagged"),
    (RemoveTag(TWO, "dup"), "take the tag dup off 2 photos", "still tagged"),
    (MakeAlbum(1, "Organized-0001", TWO), "make the album Organized-0001 with 2 photos", "not added to its album"),
    (AddToAlbum("x", TWO, 7), "add 2 photos to the album x of group 7", "not added to its album"),
    (AddToAlbum("x", ("a",), None), "add 1 photo to the album x", "not added to its album"),
    (RemoveFromAlbum("x", ("a",), 7), "take 1 photo out of the album x of group 7", "not taken out of its album"),
    (SetFavorite(TWO, value=True), "make 2 photos favourite", "not made favourite"),
    (SetFavorite(TWO, value=False), "make 2 photos no longer favourite", "still favourite"),
    (SetRating("a", 4), "give 1 photo 4 stars", "not rated"),
    (SetRating("a", None), "take the stars off 1 photo", "still rated"),
    (SetDescription("a", "Anna jumps"), "describe 1 photo", "not described"),
    (SetDescription("a", ""), "take the description off 1 photo", "still described"),
    (MakeStack(3, TWO), "stack 2 photos for group 3", "not stacked"),
    (DissolveStack(3, Stack("s", TWO)), "take apart the stack of group 3 with 2 photos", "still stacked"),
    (SetArchived(TWO, value=True), "archive 2 photos", "not archived"),
    (SetArchived(TWO, value=False), "bring 2 photos back into the timeline", "not back in the timeline"),
]


@pytest.mark.parametrize(("action", "wanted", "undone"), SAID)
def test_an_action_is_told_in_words(action: MarkAction, wanted: str, undone: str) -> None:
    assert action_line(action, with_keys=False) == f"  would {wanted}"
    assert action_line(action, with_keys=True) == f"  would {wanted}: {', '.join(action.keys)}"
    assert action.words.failed == undone


def test_what_was_taken_away_is_not_told_as_given() -> None:
    actions: list[MarkAction] = [
        SetRating("a", None),
        SetDescription("a", ""),
        SetRating("b", 3),
        SetDescription("b", "x"),
    ]
    receipts = [MarkReceipt(action, MarkEffect(action.keys)) for action in actions]
    told = ["1 photo rated", "1 photo no longer rated", "1 photo described", "1 photo no longer described"]
    assert list(done_in_words(receipts)) == told


def test_what_an_undo_took_away_comes_last_and_the_albums_before_the_tags() -> None:
    actions: list[MarkAction] = [DeleteTag(TWO, "dup"), DeleteAlbum("x", "Trip", TWO), RemoveTags(TWO, ("dup",))]
    receipts = [MarkReceipt(action, MarkEffect(TWO)) for action in actions]
    assert list(done_in_words(receipts)) == [
        "2 photos no longer tagged",
        "1 album taken away",
        "1 tag no longer needed",
    ]


def test_a_photo_that_got_two_tags_was_tagged_once() -> None:
    receipts = [MarkReceipt(AddTags(TWO, (tag,)), MarkEffect(TWO)) for tag in ("dup", "dup-best")]
    assert list(done_in_words(receipts)) == ["2 photos tagged"]


def test_failures_of_one_reason_are_one_line() -> None:
    failed = [Skipped(str(number), "not tagged: no.") for number in range(1200)] + [
        Skipped("x\n", "still stacked: so.")
    ]
    assert list(failure_lines(failed, with_all=False)) == [
        "0, 1, 2, 3, 4 and 1,195 more: not tagged: no.",
        "x\\n: still stacked: so.",
    ]
    everything, _ = failure_lines(failed, with_all=True)
    assert everything.startswith("0, 1,")
    assert everything.endswith(", 1199: not tagged: no.")
