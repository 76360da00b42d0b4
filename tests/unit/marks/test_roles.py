"""Claims about stars and labels by role: what the user gave stays, what changes its role changes, a set gets none."""

from dataclasses import replace

import pytest

from bestshot.errors import UsageError
from bestshot.journal.runs import KeptItem
from bestshot.marks.actions import MarkAction, MarkedGroup, MarkOptions
from bestshot.marks.kinds.archive import SetArchived
from bestshot.marks.kinds.roles import LabelByRole, RateByRole
from bestshot.marks.kinds.values import SetFavorite, SetRating, without_ours
from bestshot.marks.plan import left_as_changed, plan_marks
from bestshot.marks.roles import PerRole
from bestshot.marks.state import PhotoMarks
from bestshot.marks.undo import plan_mark_undo
from bestshot.marks.undo_context import MarkHistory
from bestshot.marks.wording import action_line
from tests.support.builders import metadata_with
from tests.support.marks.book import MarkBook

RATE = MarkOptions(rate=PerRole("5", "4", "1"))
LABEL = MarkOptions(label=PerRole(best="Green", rest="Red"))
GROUP = MarkedGroup(1, ("a", "b", "c", "d"), keepers=1)


def book(**marked: PhotoMarks) -> MarkBook:
    return MarkBook(*(marked.get(key, PhotoMarks(key)) for key in "abcdef"))


def plan(marks: MarkBook, options: MarkOptions, *groups: MarkedGroup, seen: str | None = None) -> list[MarkAction]:
    return plan_marks(groups, [*(seen or marks.photos)], marks.marks, marks.ledger, options)


def after(marks: MarkBook, options: MarkOptions, *groups: MarkedGroup) -> MarkBook:
    marks.carry_out(plan(marks, options, *groups))
    return marks


def ratings(marks: MarkBook) -> dict[str, int]:
    return {key: one.rating for key, one in marks.photos.items() if one.rating is not None}


def labels(marks: MarkBook) -> dict[str, str]:
    return {key: one.label for key, one in marks.photos.items() if one.label is not None}


def undone(marks: MarkBook, first: int) -> tuple[list[MarkAction], list[KeptItem]]:
    """The undo of the receipts from this one on, carried out."""
    history = MarkHistory(tuple(marks.receipts[first:]), now=marks.ledger)
    actions, left = plan_mark_undo(history, marks.marks)
    marks.carry_out(actions)
    return actions, left


def test_best_keepers_and_rest_get_what_they_are_to_have_once() -> None:
    marks = book()
    options = replace(RATE, label=LABEL.label)
    assert plan(marks, options, GROUP) == [
        LabelByRole(("a",), "Green", groups=(GROUP,)),
        LabelByRole(("c", "d"), "Red", groups=(GROUP,)),
        RateByRole(("c", "d"), 1, groups=(GROUP,)),
        RateByRole(("b",), 4, groups=(GROUP,)),
        RateByRole(("a",), 5, groups=(GROUP,)),
    ]
    after(marks, options, GROUP)
    assert ratings(marks) == {"a": 5, "b": 4, "c": 1, "d": 1}
    assert plan(marks, options, GROUP) == []


def test_a_raw_file_of_its_own_gets_what_its_picture_gets() -> None:
    marks = after(book(), RATE, MarkedGroup(1, ("a", "b", "c", "d"), kept=2))
    assert ratings(marks) == {"a": 5, "b": 5, "c": 1, "d": 1}


def test_what_the_user_rated_or_labelled_is_not_touched() -> None:
    marks = book(a=PhotoMarks("a", rating=2, label="Blue"), c=PhotoMarks("c", rating=-1), d=PhotoMarks("d", label="x"))
    after(marks, replace(RATE, label=LABEL.label), GROUP)
    assert ratings(marks) == {"a": 2, "b": 4, "c": -1, "d": 1}
    assert labels(marks) == {"a": "Blue", "c": "Red", "d": "x"}


def test_no_photo_of_a_set_gets_anything() -> None:
    assert plan(book(), replace(RATE, label=LABEL.label), replace(GROUP, is_set=True)) == []


def test_what_changes_its_role_changes() -> None:
    marks = after(book(), replace(RATE, label=LABEL.label), GROUP)
    after(marks, replace(RATE, label=LABEL.label), MarkedGroup(1, ("c", "a", "b", "d")))
    assert ratings(marks) == {"a": 1, "b": 1, "c": 5, "d": 1}
    assert labels(marks) == {"a": "Red", "b": "Red", "c": "Green", "d": "Red"}


def test_what_becomes_a_set_or_is_in_no_group_any_more_loses_it() -> None:
    for groups in ([replace(GROUP, is_set=True)], []):
        marks = after(book(), replace(RATE, label=LABEL.label), GROUP)
        after(marks, replace(RATE, label=LABEL.label), *groups)
        assert (ratings(marks), labels(marks)) == ({}, {})


def test_a_role_that_is_given_nothing_loses_what_it_had_unless_photos_are_merely_absent() -> None:
    wishes, best_only = RATE, MarkOptions(rate=PerRole(best="5"))
    marks = after(book(), wishes, GROUP)
    assert plan(marks, best_only, replace(GROUP, keys=("b", "c", "d")), seen="bcd") == [
        RateByRole(("b",), 5, over=4, groups=(MarkedGroup(1, ("b", "c", "d"), keepers=1),))
    ]
    assert plan(marks, best_only, GROUP) == [RateByRole(("c", "d"), None, over=1), RateByRole(("b",), None, over=4)]


def test_what_is_not_asked_for_is_not_changed() -> None:
    marks = after(book(), replace(RATE, label=LABEL.label), GROUP)
    assert plan(marks, MarkOptions(archive_rest=True), replace(GROUP, is_set=True)) == []
    assert [type(one) for one in plan(marks, MarkOptions(inherit=True, archive_rest=True), GROUP)] == [SetArchived]


def test_what_the_user_changed_or_took_off_stays_so_and_is_told() -> None:
    options = replace(RATE, label=LABEL.label)
    marks = after(book(), options, GROUP)
    marks.do(SetRating("a", 3))
    marks.do(SetRating("c", None))
    marks.do(LabelByRole(("d",), "Green, Red"))
    assert plan(marks, options, GROUP) == []
    assert plan(marks, options, MarkedGroup(1, ("b", "a", "c", "d"))) == [
        LabelByRole(("b",), "Green", groups=(MarkedGroup(1, ("b", "a", "c", "d")),)),
        LabelByRole(("a",), "Red", over="Green", groups=(MarkedGroup(1, ("b", "a", "c", "d")),)),
        RateByRole(("b",), 5, over=4, groups=(MarkedGroup(1, ("b", "a", "c", "d")),)),
    ]
    told = left_as_changed([GROUP], [*marks.photos], marks.marks, marks.ledger, options)
    assert told == [
        KeptItem("a", "rated otherwise"),
        KeptItem("c", "rated otherwise"),
        KeptItem("d", "labelled otherwise"),
    ]


def test_an_undo_leaves_what_was_there_and_what_was_changed_since() -> None:
    options = replace(RATE, label=LABEL.label)
    marks = after(book(b=PhotoMarks("b", rating=3)), options, GROUP)
    first = len(marks.receipts)
    before = dict(marks.photos)
    after(marks, options, MarkedGroup(1, ("c", "a", "b", "d")))
    undone(marks, first)
    assert marks.photos == before
    marks.do(SetRating("d", 2))
    marks.receipts = marks.receipts[:first]
    _, left = undone(marks, 0)
    assert left == [KeptItem("d", "It was changed since and stays as it is.")]
    assert (ratings(marks), labels(marks)) == ({"b": 3, "d": 2}, {})


def test_stars_by_role_say_nothing_of_the_user() -> None:
    ledger = after(book(), MarkOptions(rate=PerRole("5", rest="-1")), GROUP).ledger
    unrated = metadata_with(rating=None)
    for key, rating in (("a", 5), ("c", -1)):
        assert without_ours(ledger, metadata_with(rating=rating), key) == unrated
    assert without_ours(ledger, metadata_with(rating=3), "a").rating == 3


@pytest.mark.parametrize(
    "options", [RATE, replace(RATE, inherit=True), MarkOptions(rate=PerRole(rest="1"), inherit=True)]
)
def test_inheriting_and_rating_by_role_agree(options: MarkOptions) -> None:
    """A best that is rated by role inherits no stars; stars that we gave are never handed on."""
    marks = after(book(b=PhotoMarks("b", rating=3)), options, GROUP)
    assert ratings(marks) == {"a": 5 if options.rate == RATE.rate else 3, "b": 3, "c": 1, "d": 1}
    assert plan(marks, options, GROUP) == []
    after(marks, options, MarkedGroup(1, ("d", "a", "b", "c")))
    assert ratings(marks) == {"a": 1, "b": 3, "c": 1, "d": 5 if options.rate == RATE.rate else 3}
    assert plan(marks, options, MarkedGroup(1, ("d", "a", "b", "c"))) == []


def test_stars_that_were_inherited_are_changed_by_role_and_given_back_by_the_undo() -> None:
    marks = after(book(b=PhotoMarks("b", rating=3)), MarkOptions(inherit=True), GROUP)
    assert ratings(marks) == {"a": 3, "b": 3}
    first = len(marks.receipts)
    after(marks, RATE, GROUP)
    assert ratings(marks) == {"a": 5, "b": 3, "c": 1, "d": 1}
    undone(marks, first)
    assert ratings(marks) == {"a": 3, "b": 3}


def test_stars_of_a_favourite_of_ours_are_changed_by_role() -> None:
    """In folders a favourite has five stars: whoever gave that up for --rate has them under its rule."""
    marks = after(book(), MarkOptions(favorite_best=True), GROUP)
    marks.do(SetRating("a", 5))
    there = replace(marks.marks, rates_favorites=True)
    actions = plan_marks([MarkedGroup(1, ("b", "a", "c"))], [*marks.photos], there, marks.ledger, RATE)
    assert [(one.keys, one.value, one.over) for one in actions if isinstance(one, RateByRole)] == [
        (("c",), 1, None),
        (("a",), 1, 5),
        (("b",), 5, None),
    ]


@pytest.mark.parametrize("ledger_of", [RateByRole(("a",), 1), SetRating("a", 1), SetFavorite(("a",), True)])
def test_a_rating_is_one_for_an_undo_whoever_gave_it(ledger_of: MarkAction) -> None:
    marks = MarkBook(PhotoMarks("a"))
    marks.carry_out([RateByRole(("a",), 5)])
    marks.carry_out([ledger_of])
    there = replace(marks.marks, rates_favorites=True)
    first, later = marks.receipts
    actions, left = plan_mark_undo(MarkHistory((first,), since=(later,)), there)
    assert actions == []
    assert [one.why for one in left] == ["A later run has changed it since: undo that one first."]


def test_what_is_given_is_read_and_written_alike() -> None:
    assert PerRole.parse("best=5, rest=-1") == PerRole(best="5", rest="-1")
    assert str(PerRole.parse("rest=Red,best=Green")) == "best=Green,rest=Red"
    with pytest.raises(UsageError, match="names a role twice"):
        PerRole.parse("best=5,best=4")


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (RateByRole(("a", "b"), 5), "would rate 2 photos with 5 stars"),
        (RateByRole(("a",), 1), "would rate 1 photo with 1 star"),
        (RateByRole(("a",), -1), "would rate 1 photo as rejected"),
        (RateByRole(("a",), None, over=5), "would take the rating off 1 photo"),
        (LabelByRole(("a",), "To Do\x1b"), "would label 1 photo To Do\\x1b"),
        (LabelByRole(("a",), None, over="Red"), "would take the label off 1 photo"),
    ],
)
def test_what_would_be_done_is_said(action: MarkAction, said: str) -> None:
    assert action_line(action, with_keys=False) == f"  {said}"
