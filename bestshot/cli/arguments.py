"""The command line: what can be said, and how it is explained."""

import argparse
import difflib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from bestshot import __version__
from bestshot.errors import UsageError

_EXAMPLES = """\
examples:
  see it work on photos that it draws:
    photo_organizer.py --demo
  look, change nothing:
    photo_organizer.py ~/Photos
  see the groups in a browser:
    photo_organizer.py ~/Photos --report report.html
  lay the groups out in folders:
    photo_organizer.py ~/Photos -o ~/Organized
  see what that would do:
    photo_organizer.py ~/Photos -o ~/Organized --dry-run --verbose
  the same without using more disk:
    photo_organizer.py ~/Photos -o ~/Organized --link hardlink
  take the last run back:
    photo_organizer.py --undo
  record the decisions:
    photo_organizer.py ~/Photos --plan plan.json
  several folders, a wider net:
    photo_organizer.py ~/Photos ~/Scans --exclude '*.png' -t 8
  from cron, silent if all is well:
    photo_organizer.py ~/Photos -o ~/Organized --quiet
  an Immich server:
    photo_organizer.py --source-type immich --immich-url http://nas:2283
  can it be reached, with IMMICH_URL and IMMICH_API_KEY set?
    photo_organizer.py --source-type immich --check
  tag the groups there:
    photo_organizer.py --source-type immich --tag-only

exit codes:
  0 done   1 done, but something new failed   2 wrong usage
  3 source not reachable   4 another run holds the library   130 interrupted
"""


LATEST: Final = 0
"""The number that stands for the latest run, where none is named to be undone."""


@dataclass(frozen=True, slots=True)
class Command:
    """What the command line said: the settings that were given, and what is no setting."""

    flags: dict[str, object]
    config: Path | None = None
    demo: bool = False
    check: bool = False
    apply: tuple[Path, ...] = ()
    forget_decisions: bool = False
    history: bool = False
    undo: int | None = None

    def check_alone(self) -> None:
        """Raise UsageError if two runs are asked for at once, of which one would be passed over."""
        asked = {
            "--apply": bool(self.apply),
            "--check": self.check,
            "--demo": self.demo,
            "--forget-decisions": self.forget_decisions,
            "--history": self.history,
            "--undo": self.undo is not None,
        }
        named = [flag for flag, is_given in asked.items() if is_given]
        if len(named) > 1:
            raise UsageError(f"{' and '.join(named)} are runs of their own: give one of them.")


class _Parser(argparse.ArgumentParser):
    """A parser that explains a mistake in a sentence: a list of all flags before it would hide it."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, with the flag that was probably meant, and leave with exit code 2."""
        flags = [flag for action in self._actions for flag in action.option_strings]
        unknown = [word for word in re.findall(r"--[\w-]+", message) if word not in flags]
        near = [match for word in unknown for match in difflib.get_close_matches(word, flags, n=1)]
        meant = f"Did you mean {near[0]}? " if near else ""
        self.exit(2, f"{message[:1].upper()}{message[1:]}. {meant}See --help.\n")


def parse_command(argv: Sequence[str] | None) -> Command:
    """Read the command line; a mistake is explained, and leaves with exit code 2."""
    arguments, after = _split_at_dashes(sys.argv[1:] if argv is None else argv)
    given = vars(build_parser().parse_intermixed_args(arguments))
    config = given.pop("config", None)
    plans = tuple(map(Path, given.pop("apply", ())))
    demo, check, forget = (given.pop(name, False) for name in ("demo", "check", "forget_decisions"))
    history, undo = given.pop("history", False), given.pop("undo", None)
    named = [*given.pop("folders", []), *given.pop("source", []), *after]
    flags = {**given, "source": named} if named else given
    return Command(flags, Path(config) if config else None, demo, check, plans, forget, history, undo)


def _split_at_dashes(argv: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """What stands before `--` and after it; intermixed parsing would take names after it for flags."""
    cut = argv.index("--") if "--" in argv else len(argv)
    return argv[:cut], argv[cut + 1 :]


def build_parser() -> argparse.ArgumentParser:
    """The parser; what was not given does not appear in its result, so that other settings show through."""
    parser = _Parser(
        prog="photo_organizer.py",
        usage="photo_organizer.py [SOURCE ...] [OPTION ...]",
        description="Group near-identical photos, pick the best shot of each group, say why.\nNothing is ever deleted.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    _add_photos(parser.add_argument_group("which photos"))
    _add_immich(parser.add_argument_group("an Immich server"))
    _add_grouping(parser.add_argument_group("what belongs together"))
    _add_judging(parser.add_argument_group("which one is best"))
    _add_result(parser.add_argument_group("what to do with the groups"))
    _add_marks(parser.add_argument_group("marks on the photos"))
    _add_going_back(parser.add_argument_group("what was done"))
    _add_running(parser.add_argument_group("how to run"))
    return parser


def _add_photos(group: argparse._ArgumentGroup) -> None:
    group.add_argument("folders", nargs="*", metavar="SOURCE", help="folder of photos; several may be given")
    group.add_argument("-s", "--source", action="append", metavar="DIR", help="the same, as a flag")
    group.add_argument("--source-type", metavar="{local,immich}", help="where the photos are (default: local)")
    group.add_argument(
        "--exclude",
        action="append",
        metavar="GLOB",
        help="pass over matching names, such as '*.png', or paths if it holds a slash, such as 'Scans/*'; in any case",
    )
    group.add_argument("--limit", metavar="N", help="look at no more than the first N photos")
    group.add_argument(
        "--demo", action="store_true", help="draw a small library into ./photo-organizer-demo and use it"
    )


def _add_immich(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--immich-url", metavar="URL", help="the server's address, or IMMICH_URL")
    group.add_argument("--immich-api-key-file", metavar="FILE", help="a file that holds only the API key")
    group.add_argument(
        "--immich-api-key", metavar="KEY", help="the key itself; better IMMICH_API_KEY, which is not seen"
    )
    group.add_argument("--immich-album", metavar="NAME|ID", help="look at one album only")
    group.add_argument("--include-archived", action="store_true", help="look at archived photos too")
    group.add_argument("--use-full-resolution", action="store_true", help="fetch originals instead of previews: slow")
    group.add_argument("--immich-cache-dir", metavar="DIR", help="where its pictures are kept (default: in the cache)")
    group.add_argument("--immich-cache-size", metavar="MB", help="most room for them (default: 5000)")
    group.add_argument("--immich-ca", metavar="FILE", help="certificate authorities to trust")
    group.add_argument("--no-verify-ssl", action="store_true", help="trust any certificate")
    group.add_argument("--check", action="store_true", help="test the connection and the key, and do nothing else")


def _add_grouping(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-t",
        "--threshold",
        metavar="N",
        help="bits of 64 in which the hashes of two photos may differ: 3 strict, 10 generous (default: 5)",
    )
    group.add_argument(
        "--time-window",
        metavar="SECONDS",
        help="longest pause between neighbours of a group (default: 300)",
    )
    group.add_argument(
        "--no-time-window",
        action="store_true",
        help="compare by picture alone, for wrong clocks and old copies",
    )
    group.add_argument("--rotations", action="store_true", help="join turned and mirrored copies too")
    group.add_argument("--min-group-size", metavar="N", help="photos that make a group (default: 2)")


def _add_judging(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--no-faces", action="store_true", help="judge without looking for faces: faster")
    group.add_argument(
        "--face-model",
        metavar="{hog,cnn}",
        help="how faces are found: cnn finds turned ones too, and takes many times as long (default: hog)",
    )
    group.add_argument(
        "--prefer",
        action="append",
        metavar="RULE",
        help="what goes before the score: raw, largest or folder:PATH; of several the first that decides",
    )


def _add_result(group: argparse._ArgumentGroup) -> None:
    group.add_argument("-o", "--output", metavar="DIR", help="lay the groups out here; without it, only look")
    group.add_argument(
        "--link",
        metavar="{copy,hardlink,symlink}",
        help="how photos get into the output (default: copy)",
    )
    group.add_argument("--plan", metavar="FILE", help="write the decisions as JSON; - is standard output")
    group.add_argument("--csv", metavar="FILE", help="write the groups as a table; - is standard output")
    group.add_argument("--list-rest", metavar="FILE", help="write the paths or ids of all but the best, one a line")
    group.add_argument("--null", action="store_true", help="end each of them with a NUL instead of a line break")
    group.add_argument(
        "--apply", action="extend", nargs="+", metavar="PLAN", help="carry out a plan, or several, perhaps amended"
    )
    group.add_argument("--forget-decisions", action="store_true", help="forget what amended plans decided")
    group.add_argument("-y", "--yes", action="store_true", help="do not ask before many changes")
    group.add_argument("--report", metavar="FILE", help="write a page to look at the groups and change the choices")
    group.add_argument("--dry-run", action="store_true", help="decide and tell, but change nothing")


def _add_marks(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--tag-only", action="store_true", help="tag every photo of a group, and the best as such")
    group.add_argument(
        "--tag", metavar="NAME", help="the tag (default: photo-organizer-duplicate; the best: NAME-best)"
    )
    group.add_argument("--create-albums", action="store_true", help="an album for each group")
    group.add_argument("--album-prefix", metavar="TEXT", help="how their names begin (default: Organized-)")
    group.add_argument("--mark-best-favorite", action="store_true", help="make the best a favourite")
    group.add_argument("--stack", action="store_true", help="stack each group, the best on top")
    group.add_argument("--archive-rest", action="store_true", help="take all but the best out of the timeline")
    group.add_argument(
        "--inherit", action="store_true", help="the best joins its group's albums, is favourite, rated, described"
    )


def _add_going_back(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--history", action="store_true", help="list all runs that changed anything, the latest first")
    group.add_argument(
        "--undo",
        nargs="?",
        type=int,
        const=LATEST,
        metavar="RUN",
        help="take back what a run changed, and nothing else (default: the latest that stands)",
    )


def _add_running(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--workers", metavar="N", help="processes that read pictures (default: one per core)")
    group.add_argument("--dask", metavar="SCHEDULER", help="read them on a Dask cluster, such as tcp://host:8786")
    group.add_argument("--cache-dir", metavar="DIR", help="where measurements and previews are kept")
    group.add_argument("--cache-size", metavar="MB", help="most room for previews (default: 5000)")
    group.add_argument("--state-dir", metavar="DIR", help="where the journal of changes is kept")
    group.add_argument("--config", metavar="FILE", help="settings as TOML (default: in your config folder)")
    group.add_argument("--log-file", metavar="FILE", help="write what happens to this file as well")
    group.add_argument("-v", "--verbose", action="store_true", help="tell every group with its reasons")
    group.add_argument("-q", "--quiet", action="store_true", help="print nothing unless the exit code is not 0")
    group.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
