"""What the drawing of the house says a new kind of mark takes is true: its module alone is planned, kept and undone."""

import re
from dataclasses import dataclass
from typing import Any

from bestshot.journal.runs import KeptItem
from bestshot.marks.actions import MarkedGroup, MarkEffect, MarkOptions, MarkReceipt, Words
from bestshot.marks.context import PlanningContext
from bestshot.marks.ledger import LedgerEntry, MarkLedger
from bestshot.marks.registry import MARKS
from bestshot.marks.state import LibraryMarks, PhotoMarks
from bestshot.marks.undo import plan_mark_undo
from bestshot.marks.undo_context import MarkHistory
from bestshot.marks.wording import action_line
from tests.support.paths import ROOT


@dataclass(frozen=True)
class Flagged(PhotoMarks):
    """What stands on a photo once that has flags."""

    flag: str | None = None


@dataclass(frozen=True)
class FlagOptions(MarkOptions):
    """What the user may want once there are flags."""

    flag: str | None = None


def shown_module() -> dict[str, Any]:
    """The module that the page shows."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"^```py\n(.*?)^```", page.partition("## A new kind of mark")[2], re.MULTILINE | re.DOTALL)
    module: dict[str, Any] = {"__name__": "bestshot.marks.kinds.flags"}
    exec(compile(source, "flags.py", "exec", dont_inherit=True), module)
    return module


def library(**flags: str | None) -> LibraryMarks:
    return LibraryMarks({key: Flagged(key, flag=flag) for key, flag in flags.items()})


def test_a_kind_is_planned_from_what_stands_and_what_is_ours() -> None:
    module = shown_module()
    groups, ledger = [MarkedGroup(1, ("a", "b")), MarkedGroup(2, ("c", "d"))], MarkLedger()
    marks = library(a=None, b=None, c="red", d=None)
    planned = module["FLAGS"].plan(PlanningContext.of(groups, "abcd", marks, ledger, FlagOptions(flag="blue")), [])
    assert planned == [module["SetFlag"](("a",), "blue")], "the flag of the user stays"
    ledger = MarkLedger.of([MarkReceipt(planned[0], MarkEffect(("a",)))])
    groups, marks = [MarkedGroup(1, ("b", "a"))], library(a="blue", b=None)
    planned = module["FLAGS"].plan(PlanningContext.of(groups, "ab", marks, ledger, FlagOptions(flag="blue")), [])
    assert planned == [module["SetFlag"](("b",), "blue"), module["SetFlag"](("a",), None)]


def test_a_kind_is_kept_undone_and_worded_by_its_class_alone() -> None:
    set_flag = shown_module()["SetFlag"]
    made = MarkReceipt(set_flag(("a", "b", "c"), "blue"), MarkEffect(("a", "b", "c")))
    assert MarkLedger.of([made]).settings("flag") == dict.fromkeys("abc", LedgerEntry("blue"))
    actions, left = plan_mark_undo(MarkHistory((made,)), library(a="blue", b="red", c=None))
    assert actions == [set_flag(("a",), None)]
    assert left == [KeptItem("b", "It was changed since and stays as it is.")]
    assert MarkLedger.of([made, MarkReceipt(actions[0], MarkEffect(("a", "b", "c")))]) == MarkLedger()
    assert action_line(made.action, with_keys=False) == "  would flag 3 photos as blue"
    assert set(made.action.counted(made.effect)) <= set(shown_module()["FLAGS"].counted)


def test_whatever_a_change_is_said_to_have_done_is_told() -> None:
    """Else a receipt of it would be passed over in silence."""
    for kind in MARKS:
        for action in kind.actions:
            said = [getattr(action, name) for name in ("words", "set_words", "unset_words") if hasattr(action, name)]
            deeds = {words.done for words in said if isinstance(words, Words)}
            assert deeds
            assert deeds <= {*kind.counted, *kind.taken_back}
