"""The sentences that a run prints about its groups and its work."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bestshot.cli.paint import PLAIN, Paint
from bestshot.journal.runs import KeptItem
from bestshot.layout.actions import CopyFile, Receipt, RemoveFile, RestoreFile, RetireBest
from bestshot.marks.actions import MarkAction, MarkReceipt
from bestshot.marks.wording import action_line, action_lines, done_in_words
from bestshot.model.groups import PlannedGroup
from bestshot.model.phases import PHASES, Begun
from bestshot.model.photo import Photo, Skipped, SourceType
from bestshot.plans.document import counts, size_of
from bestshot.plans.plan import Plan
from bestshot.settings.settings import Settings
from bestshot.text import after_colon, count, format_size, printable
from bestshot.traffic import take_fetched

if TYPE_CHECKING:
    from bestshot.pipeline.outcome import Outcome
    from bestshot.undo.commands import Undone
    from bestshot.undo.undo import Result

_SHOWN = 5
"""So many names are shown where many share a reason."""


def group_lines(group: PlannedGroup, *, with_reasons: bool, paint: Paint = PLAIN) -> Iterator[str]:
    """A group for the terminal: the best marked with a star, what is kept beside it with a plus, the rest below."""
    verdict = group.verdict
    order = "kept whole" if verdict.kind.is_set else "best first"
    yield paint.heading(f"Group {group.number}: {count(len(verdict.ranking), 'photo')} ({verdict.kind.value}), {order}")
    for place, ranked in enumerate(verdict.ranking):
        photo = ranked.photo
        # A server's ids say nothing to a person.
        name = "" if photo.id.endswith(photo.name) else f"{printable(photo.name)}  "
        sign = "*" if place == 0 else "+" if photo.id in verdict.keepers else " "
        reference = " (reference)" if photo.is_reference else ""
        line = f"  {sign} {name}{paint.link(printable(photo.id), _file_of(photo))}{reference}"
        yield paint.best(line) if place == 0 else line
        if with_reasons:
            yield f"      {printable('; '.join(ranked.why))}"


def _file_of(photo: Photo) -> str:
    """The path of a photo, if it is a file here."""
    return photo.files[0].path if photo.files and photo.origin.startswith("folder:") else ""


def summary(
    plan: Plan, receipts: Sequence[Receipt | MarkReceipt], *, known_skipped: int, acted: bool, failed: int = 0
) -> str:
    """The run in one line; `failed` is the number of changes that could not be made."""
    parts = [*_groups_in_words(plan, receipts, failed, acted=acted)]
    if plan.skipped:
        parts.append(f"{len(plan.skipped):,} skipped or in doubt{_known(known_skipped, len(plan.skipped))}")
    return "; ".join(parts) + "."


def note_lines(plan: Plan, *, with_all: bool = False) -> Iterator[str]:
    """What the user should know of what was asked for."""
    marks = plan.options.marks
    if with_all:
        yield from (f"  left as you changed it: {printable(one.what)} ({after_colon(one.why)})" for one in plan.left)
    if plan.groups and marks.stack and marks.archive_rest:
        yield (
            "With --stack, what is below the best in a stack is out of the timeline already and is not archived:"
            " Immich would no longer show it in the stack."
        )


def changes_in_words(plan: Plan, settings: Settings) -> str:
    """How much a plan changes, and where."""
    files, marks = len(plan.file_actions), sum(len(action.keys) for action in plan.mark_actions)
    parts = [f"{count(files, 'change')} in {printable(str(settings.output))}"] if files else []
    if marks:
        parts.append(f"{count(marks, 'mark')} {_marked_in_words(settings)}")
    return " and ".join(parts)


def _marked_in_words(settings: Settings) -> str:
    if settings.source_type == SourceType.IMMICH:
        return f"on {printable(str(settings.immich_url))}"
    places = f"photos in {', '.join(map(printable, settings.source))}"
    return f"of {places}" if settings.output is None else f"of {places}, with albums in {printable(settings.output)}"


def report_line(files: Sequence[Path]) -> str:
    """Where the report is."""
    more = f", and {count(len(files) - 1, 'more page')} beside it" if files[1:] else ""
    return f"The report is {printable(str(files[0]))}{more}."


def phase_in_words(phase: Begun) -> str:
    """What a run is doing, and how far that is."""
    if not phase.total:
        return phase.title
    return f"{phase.title}: {phase.done:,} of {count(phase.total, _unit(phase))}"


def phase_over(phase: Begun, seconds: float) -> str:
    """What came of a phase, for the log."""
    of = f" of {phase.total:,}" if phase.done < phase.total else ""
    done = f"{phase.done:,}{of} {count(phase.total or phase.done, _unit(phase)).partition(' ')[2]} in "
    return f"{phase.title}: {done if phase.total or phase.done else ''}{seconds:.1f} s."


def _unit(phase: Begun) -> str:
    return PHASES[phase.title].unit if phase.title in PHASES else "change"


def time_left(seconds: float) -> str:
    """How long something will still take, as precisely as that can be known."""
    if not seconds:
        return ""
    return f"{_roughly(seconds) or 'less than a minute'} left"


def _roughly(seconds: float) -> str:
    """How long something takes; empty for less than a minute."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return ""
    return f"about {count(minutes, 'minute')}" if minutes < 100 else f"about {round(minutes / 60)} hours"


def found_line(groups: int, photos: int, room: int, unjudged: int, seconds: float) -> str:
    """The groups before they are judged, with what that will take if it is more than a moment."""
    which = "them" if unjudged == photos else f"{unjudged:,} of them"
    judging = f"; judging {which} takes {_roughly(seconds)}" if _roughly(seconds) else ""
    space = space_in_words(room, photos - groups)
    return f"{count(groups, 'group')} with {count(photos, 'photo')}, about {space}{judging}."


def _groups_in_words(
    plan: Plan, receipts: Sequence[Receipt | MarkReceipt], failed: int, *, acted: bool
) -> Iterator[str]:
    numbers = counts(plan)
    left_out = list(_left_out(plan))
    if not numbers["photos"]:
        yield from _nothing_found(plan, left_out)
        return
    groups = f"{count(numbers['groups'], 'group')} with {count(numbers['grouped'], 'photo')}{_rest_in_words(plan)}"
    yield f"{count(numbers['photos'], 'photo')}: {groups if numbers['groups'] else 'no groups'}"
    singles = count(numbers["singles"], "single photo")
    if plan.options.layout is None:
        yield singles
    elif numbers["singles"]:
        yield f"{singles} {_be(numbers['singles'])} NOT in the output"
    else:
        yield "no single photos"
    yield from left_out
    if plan.options.is_looking:
        return
    if not plan.actions:
        yield "nothing to do, everything is in place"
    elif not acted:
        yield f"{count(numbers['actions'], 'change')} planned, none made"
    else:
        yield from _done(receipts, plan.options.layout)
        if failed:
            yield f"{count(failed, 'change')} FAILED"


def _rest_in_words(plan: Plan) -> str:
    rest = plan.rest
    return f", {space_in_words(sum(map(size_of, rest)), len(rest))}" if rest else ""


def space_in_words(size: int, photos: int) -> str:
    """How much room photos take that are not the best."""
    return f"{format_size(size)} in the {photos:,} that {_be(photos)} not the best"


def facts_of(plan: Plan, failed: Sequence[Skipped] = ()) -> dict[str, int]:
    """A run in numbers, as other programs want them."""
    return {**counts(plan), "failed": len(failed)}


def done_facts(outcome: "Outcome") -> dict[str, int]:
    """What a run did, in numbers: marks are counted photo by photo."""
    copies = sum(isinstance(one, Receipt) and isinstance(one.action, CopyFile) for one in outcome.receipts)
    marks = sum(len(one.effect.changed) for one in outcome.receipts if isinstance(one, MarkReceipt))
    return {"copies": copies, "marks": marks, "fetched_bytes": take_fetched()}


def more_line(hidden: int, whole: str) -> Iterator[str]:
    """How to see those of a list that are not shown."""
    if hidden:
        yield f"{hidden:,} more: {whole}"


def declined_line(plan: Plan) -> str:
    """What is said of a run whose question was not answered with yes."""
    return f"Nothing was changed: {count(len(plan.actions), 'change')} planned, none made."


def next_step(plan: Plan, *, acted: bool) -> str:
    """What to do next, for somebody at the terminal; empty where there is nothing to be done."""
    if acted:
        return "Take it back: --undo." if plan.actions else ""
    if not plan.groups:
        return ""
    return "Look: --review. Lay out: -o DIR." if plan.options.is_looking else "Do it: leave out --dry-run."


def _nothing_found(plan: Plan, left_out: Sequence[str]) -> Iterator[str]:
    yield "No usable photos found" if left_out else "No photos found"
    yield from left_out
    if plan.passed_over:
        yield f"passed over: {', '.join(map(printable, plan.passed_over))}"


def passed_over_lines(plan: Plan) -> Iterator[str]:
    """What was there and is not looked at: how much of it, and by name what a user may miss."""
    if plan.passed_over and plan.photo_count:  # without photos, the summary says so
        yield f"passed over: {', '.join(map(printable, plan.passed_over))}"
    yield from (f"  {printable(name)}" for name in plan.named)


def _left_out(plan: Plan) -> Iterator[str]:
    """The photos that are not part of this run, and so neither in a group nor single."""
    if number := plan.reference_count:
        yield f"compared with {count(number, 'photo')} for reference"
    if number := plan.beyond_limit:
        past = "was" if number == 1 else "were"
        yield f"{count(number, 'more photo')} {past} not looked at{_not_in_output(plan, number)}"
    if number := plan.unread_count:
        yield f"{number:,} could not be read{_not_in_output(plan, number)}"


def _not_in_output(plan: Plan, number: int) -> str:
    return f" and {_be(number)} NOT in the output" if plan.options.layout is not None else ""


def _be(number: int) -> str:
    return "is" if number == 1 else "are"


def _done(receipts: Sequence[Receipt | MarkReceipt], output: str | None) -> Iterator[str]:
    laid = [receipt for receipt in receipts if isinstance(receipt, Receipt)]
    copies = [receipt.action.size for receipt in laid if isinstance(receipt.action, CopyFile)]
    if output is not None and copies:
        made = sum(not isinstance(receipt.action, RetireBest) for receipt in laid)
        whole = f", {made:,} with each best and metadata.txt" if made > len(copies) else ""
        yield f"{count(len(copies), 'file')} ({format_size(sum(copies))}) brought into {printable(output)}{whole}"
    elif output is not None and laid:
        yield f"{count(len(laid), 'change')} made in {printable(output)}"
    yield from done_in_words(receipt for receipt in receipts if isinstance(receipt, MarkReceipt))


def failure_lines(failed: Sequence[Skipped], *, with_all: bool) -> Iterator[str]:
    """What could not be changed, and why: those that share a reason in one line, with the first few names or all."""
    by_reason: dict[str, list[str]] = {}
    for change in failed:
        by_reason.setdefault(change.error, []).append(printable(change.id))
    for reason, names in by_reason.items():
        shown = names if with_all else names[:_SHOWN]
        more = f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else ""
        yield f"{', '.join(shown)}{more}: {after_colon(reason)}"


def _known(known: int, total: int) -> str:
    if not known:
        return ""
    return " (known from earlier)" if known == total else f" ({known:,} of them known from earlier)"


def undo_lines(undone: "Undone", *, with_all: bool, whole: bool = True) -> Iterator[str]:
    """What an undo did, in one line, after a line for each change if they are wanted; what it left is listed apart.

    The photos of a change of marks have a line each in the `whole`, else the first few of them are named.
    """
    if with_all:
        yield from (line for one in undone.results for line in _reversal_lines(one, acted=undone.acted, whole=whole))
    yield f"{'; '.join(_undone(undone.results, acted=undone.acted)) or 'nothing was left to undo'}."


def _reversal_lines(one: "Result", *, acted: bool, whole: bool) -> Iterator[str]:
    match one:
        case RemoveFile(destination=file):
            yield f"  {'removed' if acted else 'would remove'} {printable(file)}"
        case RestoreFile(destination=file):
            yield f"  {'restored' if acted else 'would restore'} {printable(file)}"
        case MarkReceipt(action=action):
            yield from action_lines(action, lead="done:")
        case MarkAction():
            yield from action_lines(one, lead="would") if whole else [action_line(one, with_keys=True, few=True)]


def _undone(results: Iterable["Result"], *, acted: bool) -> Iterator[str]:
    done = list(results)
    will = "" if acted else " to be"
    if number := sum(isinstance(one, RemoveFile) for one in done):
        yield f"{count(number, 'file')}{will} removed"
    if number := sum(isinstance(one, RestoreFile) for one in done):
        yield f"{count(number, 'file')}{will} restored"
    yield from done_in_words(one for one in done if isinstance(one, MarkReceipt))
    if number := sum(isinstance(one, MarkAction) for one in done):
        yield f"{count(number, 'change')} of marks to be undone"
    if number := len({one.what for one in done if isinstance(one, KeptItem)}):
        yield f"{count(number, 'thing')} left alone"


def left_line(left: KeptItem) -> str:
    """What was left alone, and why."""
    return f"{printable(left.what)}: {after_colon(left.why)}"
