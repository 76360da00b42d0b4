"""The command line: its flags, and how they are explained."""

import argparse
import difflib
import os
import re
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, NoReturn

from bestshot import __version__
from bestshot.cli.completion import SHELLS, PrintCompletion
from bestshot.errors import UsageError
from bestshot.journal.runs import LATEST
from bestshot.settings.declaration import DONE, GROUPS, IMMICH, PHOTOS, RESULT, RUNNING, Setting, SettingGroup
from bestshot.settings.settings import SETTINGS, called_as

_EXAMPLES = """\
examples:
  try it on photos that it draws:
    %(prog)s --demo
  look, change nothing:
    %(prog)s ~/Photos
  look, decide, apply and undo in a browser:
    %(prog)s ~/Photos --review
  write the groups as a page to share:
    %(prog)s ~/Photos --report report.html
  lay the groups out in folders:
    %(prog)s ~/Photos -o ~/Organized
  show what that would do:
    %(prog)s ~/Photos -o ~/Organized --dry-run --verbose
  lay them out without using more disk:
    %(prog)s ~/Photos -o ~/Organized --link hardlink
  undo the last run:
    %(prog)s --undo
  record the decisions:
    %(prog)s ~/Photos --plan plan.json
  several folders, a wider net:
    %(prog)s ~/Photos ~/Scans --exclude '*.png' -t 8
  from cron, silent if all is well:
    %(prog)s ~/Photos -o ~/Organized --quiet
  every night at three, as long as it is not stopped:
    %(prog)s ~/Photos -o ~/Organized --at 03:00
  an Immich server:
    %(prog)s http://nas:2283
  can it be reached, with IMMICH_URL and IMMICH_API_KEY set?
    %(prog)s --source-type immich --check
  tag the groups there:
    %(prog)s --source-type immich --tag-only

exit codes:
  0 done   1 done, but something new failed   2 wrong usage
  3 source not reachable   4 another run holds the library   130 interrupted
"""

_COMMAND_INDENT = 4

_TAKES_AWAY: Final = re.compile(
    r"--(\w+-)*(bin|clean|cleanup|dedupe?|del|delete|discard|erase|move|mv|prune|purge|recycle|remove|rm|trash|unlink|wipe)"
    r"(-\w+)*$"
)
"""What users of other programs try, in a flag of one word or of several, such as `--delete-duplicates`."""

_NEVER: Final = (
    "this program never deletes or moves a photo. With --list-rest rest.txt --null it lists all but the best, each with"
    " its RAW file, sidecars and video, for a program that does, as in: xargs -0 gio trash < rest.txt."
    " docs/free-space.md walks through it."
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command line: the settings that were given, and what is not a setting."""

    flags: Mapping[str, object]
    config: Path | None = None
    demo: bool = False
    check: bool = False
    apply: Sequence[Path] = ()
    forget_decisions: bool = False
    history: int | None = None
    undo: int | None = None
    review: bool = False
    review_only: bool = False
    no_open: bool = False
    listen: str = ""
    health: bool = False
    job: Sequence[str] = ()
    once: bool = False

    def check_alone(self) -> None:
        """Raise UsageError if two kinds of run are asked for at once, of which one would be passed over."""
        kinds = ("apply", "check", "demo", "forget_decisions", "health", "history", "undo", "review", "review_only")
        given = [field for field in fields(self) if getattr(self, field.name) is not field.default]
        named = sorted(f"--{field.name.replace('_', '-')}" for field in given if field.name in kinds)
        if len(named) > 1 and named not in (["--demo", "--review"], ["--demo", "--review-only"]):
            raise UsageError(f"{' and '.join(named)} cannot be combined: give only one of them.")
        if (self.no_open or self.listen) and not self.is_review:
            raise UsageError("--no-open and --listen say how a review is served: give --review as well.")
        self._check_repeated()

    def _check_repeated(self) -> None:
        for name in ("every", "at"):
            if name in self.flags and not self.is_run:
                raise UsageError(f"--{name} repeats a run, and is for nothing else: leave it out.")
            if name in self.flags and self.once:
                raise UsageError(f"--{name} and --once contradict each other: give only one of them.")
        if len(self.job) > 1 and not (self.is_run or self.check or self.health):
            raise UsageError("Several jobs are for a run, --check or --health: name one --job.")

    @property
    def is_run(self) -> bool:
        """Whether this looks at photos and ends by itself, so that it can be repeated."""
        is_other = self.check or self.forget_decisions or self.health or self.is_review
        return not (is_other or self.history is not None or self.undo is not None)

    @property
    def is_review(self) -> bool:
        """Whether the groups are to be reviewed on a page that is served."""
        return self.review or self.review_only


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help texts without the backticks around code, and examples whose lines are folded only if they are too long."""

    def _get_help_string(self, action: argparse.Action) -> str:
        return (action.help or "").replace("`", "")

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)

    def _format_usage(self, *of_parser: Any) -> str:
        return self._fill_text(super()._format_usage(*of_parser), self._width, "")

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + _folded(line, width - len(indent)) for line in text.split("\n"))


def _folded(line: str, width: int) -> str:
    """A line in as many as it needs, with a backslash before the break of a command."""
    if len(line) <= width:
        return line
    margin = line[: len(line) - len(line.lstrip())]
    end = " \\" if len(margin) == _COMMAND_INDENT else ""
    words = textwrap.TextWrapper(
        width - len(end), initial_indent=margin, subsequent_indent=margin + "  ", break_on_hyphens=False
    )
    return f"{end}\n".join(words.wrap(line.strip()))


class _Parser(argparse.ArgumentParser):
    """A parser that explains a mistake in a sentence: a list of all flags before it would hide it."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, with the flag that was probably meant, and leave with exit code 2."""
        flags = [flag for action in self._actions for flag in action.option_strings]
        unknown = [word for word in re.findall(r"--[\w-]+", message) if word not in flags]
        if taking := next(filter(_TAKES_AWAY.match, unknown), None):
            self.exit(2, f"{taking}: {_NEVER}\n")
        near = [match for word in unknown for match in difflib.get_close_matches(word, flags, n=1)]
        meant = f"Did you mean {near[0]}? " if near else ""
        self.exit(2, f"{message[:1].upper()}{message[1:]}. {meant}See --help.\n")


def parse_command(argv: Sequence[str] | None) -> Command:
    """Read the command line; a mistake is explained, and leaves with exit code 2."""
    arguments, after = _split_at_dashes(sys.argv[1:] if argv is None else argv)
    given = vars(build_parser().parse_intermixed_args(arguments))
    sources = [*given.pop("folders", []), *given.pop("source", []), *after]
    for name in ("history", "undo"):
        if isinstance(folder := given.get(name), str):
            sources, given[name] = [folder, *sources], LATEST
    flags = {name: given.pop(name) for name in SETTINGS if name in given}
    config = given.pop("config", "")  # empty where a script's variable is not set
    return Command(flags | ({"source": sources} if sources else {}), Path(config) if config else None, **given)


def _run_or_folder(text: str) -> int | str:
    """What stands after `--undo` or `--history`: the number of a run, or the folder of photos that it was about."""
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    if os.sep in text or Path(text).is_dir():
        return text
    raise argparse.ArgumentTypeError(f"invalid int value: {text!r}")


def _split_at_dashes(argv: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """What stands before `--` and after it; intermixed parsing would take names after it for flags."""
    cut = argv.index("--") if "--" in argv else len(argv)
    return argv[:cut], argv[cut + 1 :]


def build_parser() -> argparse.ArgumentParser:
    """The parser; what was not given does not appear in its result, so that other settings show through."""
    parser = _Parser(
        prog=called_as(),
        usage="%(prog)s [SOURCE ...] [OPTION ...]",
        description="Group near-identical photos, pick the best shot of each group, say why.\nNothing is ever deleted.",
        epilog=_EXAMPLES,
        formatter_class=_Formatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
        add_help=False,
    )
    groups = {group: parser.add_argument_group(group.heading) for group in GROUPS}
    groups[PHOTOS].add_argument(
        "folders", nargs="*", metavar="SOURCE", help="folder of photos, or several, or the address of an Immich server"
    )
    for setting in SETTINGS.values():
        if not setting.about.is_file_only:
            _add_setting(groups[setting.about.group], setting)
    _add_runs(groups)
    _add_led(groups[RUNNING])
    groups[RUNNING].add_argument("--config", metavar="FILE", help="settings as TOML (default: in your config folder)")
    groups[RUNNING].add_argument("-h", "--help", action="help", help="show this help and exit")
    groups[RUNNING].add_argument(
        "--print-completion",
        action=PrintCompletion,
        choices=SHELLS,
        metavar="SHELL",
        help=f"print what lets a shell complete this command, and exit: {', '.join(SHELLS)}",
    )
    groups[RUNNING].add_argument(
        "--version", action="version", version=f"%(prog)s {__version__}", help="show the version and exit"
    )
    return parser


def _add_setting(group: argparse._ArgumentGroup, setting: Setting) -> None:
    names = [name for name in (setting.about.short, setting.flag) if name]
    if setting.kind is bool:
        group.add_argument(*names, action="store_true", help=setting.explanation)
    else:
        action = "append" if setting.is_list else "store"
        group.add_argument(*names, action=action, metavar=setting.metavar, help=setting.explanation)


def _add_runs(groups: Mapping[SettingGroup, argparse._ArgumentGroup]) -> None:
    """Add the flags that are not settings, but ask for another kind of run."""
    groups[PHOTOS].add_argument(
        "--demo", action="store_true", help="draw a small library into `photo-organizer-demo` and use it"
    )
    groups[IMMICH].add_argument(
        "--check", action="store_true", help="test the connection and the key, and do nothing else"
    )
    _add_review(groups[RESULT])
    groups[RESULT].add_argument(
        "--apply",
        action="extend",
        nargs="+",
        type=Path,
        metavar="PLAN",
        help="carry out a plan, amended or not; several may be given",
    )
    groups[RESULT].add_argument(
        "--forget-decisions",
        action="store_true",
        help="forget what amended plans decided, and what was learned from it",
    )
    groups[DONE].add_argument(
        "--history",
        nargs="?",
        type=_run_or_folder,
        const=LATEST,
        metavar="RUN",
        help="list the runs that changed anything, the latest first, or each change of one (default: all runs, with"
        " SOURCE, `-o` or `--source-type` those about that)",
    )
    groups[DONE].add_argument(
        "--undo",
        nargs="?",
        type=_run_or_folder,
        const=LATEST,
        metavar="RUN",
        help="take back what a run changed, and nothing else (default: the latest that stands, with SOURCE, `-o` or"
        " `--source-type` the latest about that)",
    )


def _add_led(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--job",
        action="append",
        metavar="NAME",
        help="run this `[[job]]` of the configuration file; several may be given (default: all in turn, where there are"
        " any and no SOURCE is named)",
    )
    group.add_argument("--once", action="store_true", help="run once, whatever `--every` or `--at` is set to elsewhere")
    group.add_argument(
        "--health",
        action="store_true",
        help="tell whether what `--every` or `--at` repeats has run in time and well: exit code 0, or 1 and why not",
    )


def _add_review(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--review",
        action="store_true",
        help="look, then serve a page on this machine on which to decide, apply and undo, and open it",
    )
    group.add_argument("--review-only", action="store_true", help="serve that page only to look at")
    group.add_argument("--no-open", action="store_true", help="print its address, and open no browser")
    group.add_argument(
        "--listen",
        metavar="ADDRESS:PORT",
        help="serve it there, for other machines too (default: `127.0.0.1` and a free port)",
    )
