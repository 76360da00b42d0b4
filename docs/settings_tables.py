"""The tables of docs/settings.md, as the settings declare them; `python -m docs.settings_tables` writes them anew."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from bestshot.cli.arguments import build_parser

PAGE = Path(__file__).with_name("settings.md")
_VALUES = {"?": "[{}]", "+": "{} ..."}
"""How a value is written that may be left out, or given several times."""


def with_tables(page: str) -> str:
    """The page with its introduction as it is, and a table for each group of flags below it."""
    introduction = page.partition("\n## ")[0].rstrip("\n")
    groups = (group for group in build_parser()._action_groups if group._group_actions)
    return "\n\n".join([introduction, *map(_section, groups)]) + "\n"


def _section(group: argparse._ArgumentGroup) -> str:
    heading = f"## {(group.title or '')[:1].upper()}{(group.title or '')[1:]}"
    rows = ["| flag | what it does | default |", "| --- | --- | --- |", *map(_row, group._group_actions)]
    return "\n".join([heading, "", *rows])


def _row(action: argparse.Action) -> str:
    explained, _, default = (action.help or "").partition(" (default: ")
    cells = (", ".join(_spellings(action)), explained, default.removesuffix(")"))
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in escaped)


def _spellings(action: argparse.Action) -> Iterator[str]:
    """The flags, the last one with its value."""
    *others, last = action.option_strings or [str(action.metavar)]
    yield from (f"`{flag}`" for flag in others)
    has_value = bool(action.option_strings) and action.nargs != 0
    value = _VALUES.get(str(action.nargs), "{}").format(action.metavar)
    yield f"`{last} {value}`" if has_value else f"`{last}`"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
