"""The figures by which grouping is judged are those that their definitions say."""

import json
from pathlib import Path

import pytest

from benchmarks._contact_sheet import mistakes
from benchmarks._scores import Labels, Score, joined, score, split


def labels(tmp_path: Path) -> Labels:
    told = {"groups": [["a", "b", "c"], ["d", "e"]], "singletons": ["s", "t"], "ambiguous": [["s", "t"], ["a", "b"]]}
    (tmp_path / "labels.json").write_text(json.dumps(told))
    return Labels.read(tmp_path)


def found(*groups: str) -> list[frozenset[str]]:
    return [frozenset(group) for group in groups]


def test_the_labels_themselves_are_a_perfect_answer(tmp_path: Path) -> None:
    perfect = score(found("abc", "de"), labels(tmp_path))
    assert (perfect.precision, perfect.recall, perfect.f1) == (1, 1, 1)
    assert perfect.cubed_f1 == pytest.approx(1)
    assert (perfect.joined, perfect.split) == (0, 0)


def test_finding_nothing_is_precise_and_misses_every_pair(tmp_path: Path) -> None:
    nothing = score([], labels(tmp_path))
    assert (nothing.right, nothing.wrong, nothing.missed, nothing.split) == (0, 0, 4, 2)
    assert (nothing.precision, nothing.recall, nothing.f1) == (1, 0, 0)


def test_an_ambiguous_pair_counts_neither_way_unless_a_group_holds_it(tmp_path: Path) -> None:
    mine = score(found("ab", "st"), labels(tmp_path))
    assert (mine.right, mine.wrong, mine.missed, mine.joined) == (1, 0, 3, 0)


def test_a_photo_put_with_another_group_is_as_many_wrong_pairs(tmp_path: Path) -> None:
    mine = score(found("abcd", "es"), labels(tmp_path))
    assert (mine.right, mine.wrong, mine.missed) == (3, 4, 1)
    assert joined(found("abcd", "es"), labels(tmp_path)) == found("abcd", "es")
    assert split(found("abcd", "es"), labels(tmp_path)) == found("de")
    # Of seven photos: a, b, c 3/4 and all; d 1/4 and 1/2; e and s 1/2; t alone.
    assert mine.cubed_precision == pytest.approx(3 * 0.75 + 0.25 + 0.5 + 0.5 + 1)
    assert mine.cubed_recall == pytest.approx(3 + 0.5 + 0.5 + 2)


def test_counts_are_added_up_before_ratios_are_made(tmp_path: Path) -> None:
    one = score(found("abc"), labels(tmp_path))
    assert (one + one).recall == one.recall == 0.75
    assert (Score() + one) == one


def test_a_mistake_is_shown_in_the_parts_that_belong_together(tmp_path: Path) -> None:
    assert [strip.parts for strip in mistakes(found("abcd"), labels(tmp_path))] == [
        (("a", "b", "c"), ("d",)),
        (("d",), ("e",)),
    ]
