"""Claims about wording that hold for any group and any run, without a photo on disk."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bestshot.cli.wording import group_lines, note_lines, summary
from bestshot.layout.actions import Action, Receipt
from bestshot.marks.actions import MarkOptions
from bestshot.model.groups import PlannedGroup
from bestshot.model.photo import Metadata, Photo, Skipped
from bestshot.plans.metadata_text import metadata_text
from bestshot.plans.options import OutputOptions
from bestshot.plans.plan import Plan
from tests.support.builders import copy_of, guess_at, metadata_with, photo, planned, trace_of, verdict, wall_at

A, B = (photo(f"{name}.jpg", size=3_400_000) for name in "ab")
PAIR = planned(1, A, B)
OUTPUT = OutputOptions("/out")
COPIES: tuple[Action, ...] = (copy_of(A), copy_of(B))


def text_of(one: Photo, metadata: Metadata) -> str:
    return metadata_text(1, verdict(one), {one.id: metadata})


def test_what_is_not_known_of_a_photo_is_left_out() -> None:
    assert metadata_text(12, verdict(A), {A.id: metadata_with(width=None, height=None)}) == (
        "Group 12: 1 photo of one shot (burst), best first.\n"
        "Best: a.jpg\n"
        "\n"
        "1. a.jpg\n"
        "   path:        /photos/a.jpg\n"
        "   size:        3.4 MB\n"
        "   time:        2024-01-31T12:00:00\n"
        "   why:         sharpest picture\n"
        "   score:       1.000\n"
        "                sharpness: sharpest picture\n"
    )


def test_a_guessed_time_is_called_one() -> None:
    assert "2024-01-31T12:00:00 (a guess: date of the file)\n" in text_of(A, metadata_with(guess_at(0)))


def test_what_the_user_said_of_a_photo_is_told_with_it() -> None:
    assert "rating:      3 stars from you\n" in text_of(A, metadata_with(rating=3))
    assert "rating:      your favourite\n" in text_of(A, metadata_with(is_favorite=True))
    assert "rating:      rejected by you\n" in text_of(A, metadata_with(rating=-1))


def test_a_place_on_the_equator_is_a_place() -> None:
    assert "GPS:         0.000000, 0.000000\n" in text_of(A, metadata_with(latitude=0.0, longitude=0.0))


@pytest.mark.parametrize(
    ("seconds", "words"), [(1 / 8000, "1/8000 s"), (1 / 3, "1/3 s"), (0.4, "0.4 s"), (1.0, "1 s"), (30.0, "30 s")]
)
def test_an_exposure_is_told_as_cameras_do(seconds: float, words: str) -> None:
    assert f"exposure:    {words}\n" in text_of(A, metadata_with(exposure_seconds=seconds))


@given(st.text(st.characters(codec=None, categories=None), min_size=1, max_size=20))
def test_no_name_can_add_a_line_or_speak_to_the_terminal(name: str) -> None:
    """A name may hold line ends, escape sequences and bytes that are no text."""
    one = photo(name, name + ".xmp")
    plain = text_of(photo("a", "a.xmp"), metadata_with())
    for text in (text_of(one, metadata_with()), "\n".join(group_lines(planned(1, one), with_reasons=True))):
        assert all(line.isprintable() for line in text.split("\n"))
    assert text_of(one, metadata_with()).count("\n") == plain.count("\n")


def test_the_order_in_which_facts_were_read_changes_no_text() -> None:
    metadata = {A.id: metadata_with(), B.id: metadata_with(wall_at(1))}
    assert metadata_text(1, verdict(A, B), metadata) == metadata_text(
        1, verdict(A, B), dict(reversed(metadata.items()))
    )


def test_a_group_is_told_with_a_star_for_the_best_and_with_reasons_if_asked() -> None:
    assert list(group_lines(PAIR, with_reasons=False)) == [
        "Group 1: 2 photos (burst), best first",
        "  * a.jpg",
        "    b.jpg",
    ]
    assert list(group_lines(PAIR, with_reasons=True))[2] == "      sharpest picture"


def told(
    *groups: PlannedGroup,
    photos: int,
    options: OutputOptions = OUTPUT,
    actions: tuple[Action, ...] = (),
    done: int | None = None,
    skipped: int = 0,
) -> str:
    """The line about a run that did the first `done` of its actions, or only looked."""
    plan = Plan(options, groups, actions, (Skipped("x", "broken"),) * skipped, photos)
    receipts = [Receipt(action, trace_of(action)) for action in actions[: done or 0]]
    failed = 0 if done is None else len(actions) - done
    return summary(plan, receipts, known_skipped=0, acted=done is not None, failed=failed)


def test_a_run_is_told_in_one_line_that_can_be_shown() -> None:
    line = told(PAIR, photos=3, options=replace(OUTPUT, output="o\nu\udce9t"), actions=COPIES, done=2, skipped=2)
    assert line.isprintable()
    assert line.endswith(".")


@pytest.mark.parametrize("done", [None, 0])
def test_nobody_may_take_the_output_for_the_whole_library(done: int | None) -> None:
    """Whether or not anything was done, the number of photos that are not in the output is said plainly."""
    assert "1 single photo is NOT in the output" in told(PAIR, photos=3, done=done)
    assert "9 single photos are NOT in the output" in told(PAIR, photos=11, done=done)


def test_a_run_that_only_looks_speaks_of_no_output() -> None:
    assert told(PAIR, photos=3, options=OutputOptions()) == (
        "3 photos: 1 group with 2 photos, 3.4 MB in the 1 that is not the best; 1 single photo."
    )
    assert told(photos=2, options=OutputOptions()).startswith("2 photos: no groups")


@pytest.mark.parametrize(
    ("output", "ending"),
    [
        (
            "/out",
            "no single photos; 1 more photo was not looked at and is NOT in the output; "
            "2 could not be read and are NOT in the output; nothing to do, everything is in place.",
        ),
        (None, "0 single photos; 1 more photo was not looked at; 2 could not be read."),
    ],
)
def test_photos_that_were_not_looked_at_or_not_read_are_told(output: str | None, ending: str) -> None:
    plan = Plan(OutputOptions(output), (PAIR,), (), (), 2, beyond_limit=1, unread_count=2)
    assert summary(plan, (), known_skipped=0, acted=False).endswith(ending)
    nothing = replace(plan, groups=(), photo_count=0, beyond_limit=0)
    assert summary(nothing, (), known_skipped=0, acted=False).startswith("No usable photos found; 2 could not be read")


def test_what_was_done_is_told_and_what_was_only_planned_is_not_said_to_be_done() -> None:
    assert "2 files (6.8 MB) brought into /out" in told(PAIR, photos=3, actions=COPIES, done=2)
    assert "2 changes planned, none made" in told(PAIR, photos=3, actions=COPIES)
    assert "everything is in place" in told(PAIR, photos=3, done=0)


def test_what_failed_is_not_kept_quiet() -> None:
    assert "1 change FAILED" in told(PAIR, photos=3, actions=COPIES, done=1)
    assert told(PAIR, photos=2, actions=COPIES, done=0).endswith("; 2 changes FAILED.")
    assert "FAILED" not in told(PAIR, photos=3, actions=COPIES, done=2)


def test_that_what_is_stacked_is_not_archived_is_said_where_both_were_asked_for() -> None:
    both = OutputOptions(marks=MarkOptions(stack=True, archive_rest=True))
    (told,) = note_lines(Plan(both, (PAIR,), (), (), photo_count=2))
    assert "is not archived" in told
    alone = OutputOptions(marks=MarkOptions(archive_rest=True))
    assert not [*note_lines(Plan(alone, (PAIR,), (), (), photo_count=2))]
